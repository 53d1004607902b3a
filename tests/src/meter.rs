//! What requests to the database cost: how many, and the capacity that they consume.

use crate::in_process;
use access::{TokenKey, hash_key};
use aws_sdk_dynamodb::Client;
use call::{
    Policy,
    ids::{CallId, CarrierCallId},
    time::Timestamp,
};
use dynoxide::Database;
use functions::App;
use functions::config::ApiConfig;
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::clock::ManualClock;
use store::{CallStore, calls::Calls};
use webhooks::{Notice, Notifier, NotifyError};

/// The API key that opens a metered system.
pub const API_KEY: &str = "metered";

/// The API key of another client, who may do as much.
pub const OTHER_API_KEY: &str = "other";

/// The API key of a client who may only read.
pub const READ_API_KEY: &str = "reader";

/// The moment at which the clock of a metered system stands at first.
const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

/// What some requests cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Requests, by operation.
    pub requests: BTreeMap<String, u64>,
    /// Items that queries and reads gave back.
    pub items: u64,
    /// Read request units, those of indexes included.
    pub read_units: f64,
    /// Write request units, those of indexes included.
    pub write_units: f64,
}

impl Cost {
    /// Requests of any kind.
    #[must_use]
    pub fn total_requests(&self) -> u64 {
        self.requests.values().sum()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reads, writes) = (self.read_units, self.write_units);
        write!(f, "{} requests", self.total_requests())?;
        let kinds = self.requests.iter().map(|(kind, n)| format!("{n} {kind}"));
        let kinds: Vec<_> = kinds.collect();
        write!(f, " ({}), ", kinds.join(", "))?;
        write!(f, "{reads} read units, {writes} write units")
    }
}

/// An embedded database in memory that keeps count.
#[derive(Clone)]
pub struct Meter {
    database: Arc<Database>,
    cost: Arc<Mutex<Cost>>,
}

impl Default for Meter {
    fn default() -> Self {
        let database = Database::memory().expect("memory suffices");
        Self {
            database: Arc::new(database),
            cost: Arc::default(),
        }
    }
}

impl Meter {
    /// One on a disk: the database takes none of the memory that is measured.
    ///
    /// # Panics
    /// If the file cannot be opened.
    #[must_use]
    pub fn on_disk(file: &str) -> Self {
        let database = Database::new(file).expect("a file that can be written");
        Self {
            database: Arc::new(database),
            cost: Arc::default(),
        }
    }

    /// A client whose requests are counted.
    #[must_use]
    pub fn client(&self) -> Client {
        let meter = self.clone();
        in_process::client(move |operation, body| {
            let reply = meter.ask(&operation, body);
            Box::pin(async move { Some(reply) })
        })
    }

    /// What was spent since the last time this was asked.
    ///
    /// # Panics
    /// If a request panicked.
    #[must_use]
    pub fn take(&self) -> Cost {
        std::mem::take(&mut *self.cost.lock().expect("no request panics"))
    }

    /// Every item of the table `calls`, as DynamoDB writes it in JSON.
    ///
    /// # Panics
    /// If there are too many for one answer.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        let scan = json!({ "TableName": "calls", "ConsistentRead": true });
        let (_, answer) = in_process::execute(&self.database, "Scan", &scan);
        let mut answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
        assert!(answer["LastEvaluatedKey"].is_null(), "a page is not all");
        let items = answer["Items"].as_array_mut().map(std::mem::take);
        items.expect("a scan gives items")
    }

    /// Has the database erase what expired, by the machine's own clock, as DynamoDB's TTL does; how
    /// many items that were.
    ///
    /// # Panics
    /// If the database fails.
    #[must_use]
    pub fn expire(&self) -> usize {
        self.database.sweep_ttl().expect("the database runs")
    }

    /// Has the database do one operation, and counts it.
    ///
    /// # Panics
    /// If it is none that the store asks for.
    #[must_use]
    pub fn ask(&self, operation: &str, mut body: Value) -> in_process::Reply {
        if operation != "CreateTable" && operation != "UpdateTimeToLive" {
            body["ReturnConsumedCapacity"] = json!("TOTAL");
        }
        let reply = in_process::execute(&self.database, operation, &body);
        let answer: Value = serde_json::from_str(&reply.1).unwrap_or_default();
        let mut cost = self.cost.lock().expect("no request panics");
        *cost.requests.entry(operation.to_owned()).or_default() += 1;
        cost.items += match operation {
            "GetItem" => u64::from(answer["Item"].is_object()),
            "BatchGetItem" => {
                let tables = answer["Responses"].as_object().into_iter().flatten();
                let items = tables.filter_map(|(_, items)| items.as_array());
                items.map(|items| items.len() as u64).sum()
            }
            _ => answer["Count"].as_u64().unwrap_or(0),
        };
        // A transaction gives a list, one entry for each table.
        let consumed = &answer["ConsumedCapacity"];
        let consumed = consumed
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![consumed.clone()]);
        let units: f64 = consumed
            .iter()
            .filter_map(|table| table["CapacityUnits"].as_f64())
            .sum();
        match operation {
            "GetItem" | "BatchGetItem" | "Query" => cost.read_units += units,
            _ => cost.write_units += units,
        }
        reply
    }
}

/// The functions on a database that keeps count, with a clock that stands still, a carrier that
/// takes every dial and receivers that take every outcome. A repeated run costs the same.
pub struct Metered {
    /// What is spent.
    pub meter: Meter,
    /// What time it is.
    pub clock: ManualClock,
    /// The functions.
    pub app: Arc<App>,
}

impl Metered {
    /// Sets it up; nothing is spent yet.
    ///
    /// # Panics
    /// If the table cannot be created.
    pub async fn start(policy: Policy) -> Self {
        Self::start_on(Meter::default(), policy).await
    }

    /// Sets it up on this database; nothing is spent yet.
    ///
    /// # Panics
    /// If the table cannot be created.
    pub async fn start_on(meter: Meter, policy: Policy) -> Self {
        let clock = ManualClock::new(START);
        let store = CallStore::new(meter.client(), "calls");
        store.ensure_table().await.expect("a new database");
        let calls = Calls::new(store, Arc::new(clock.clone()), policy);
        let mut app = App::new(calls, Arc::new(TakesAll), api_config());
        app.notifier = Some(Arc::new(TakesAll));
        let ids = AtomicU64::new(1);
        app.new_id = Arc::new(move || numbered(ids.fetch_add(1, Ordering::Relaxed)));
        let app = Arc::new(app);
        let _ = meter.take();
        Self { meter, clock, app }
    }

    /// The settings that its functions were started with.
    #[must_use]
    pub fn api_config(&self) -> ApiConfig {
        api_config()
    }
}

/// Ids that differ in their first bytes, as random ones do, so that shards fill evenly.
fn numbered(n: u64) -> CallId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    CallId::from_bytes(bytes)
}

fn api_config() -> ApiConfig {
    let secret = SecretString::from("0123456789abcdef0123456789abcdef");
    let clients = [
        ("crm:admin", API_KEY),
        ("other:admin", OTHER_API_KEY),
        ("reader:read", READ_API_KEY),
    ];
    let clients = clients.map(|(client, key)| format!("{client}:{}", hash_key(key)));
    ApiConfig {
        keys: clients.join(",").parse().expect("keys"),
        tokens: TokenKey::new(&secret).expect("32 bytes"),
        webhook_secrets: Vec::new(),
        rate_per_minute: 1_000_000,
        questionnaire: call::answers::Questionnaire::default(),
        report_zone: "Asia/Kolkata".parse().expect("a zone"),
        prices: call::report::Prices::default(),
        sweep_duration: Duration::from_secs(55),

        languages: vec!["hi".to_owned(), "en".to_owned()],
    }
}

struct TakesAll;

impl Carrier for TakesAll {
    fn dial<'a>(&'a self, request: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        let carrier_call_id = Some(CarrierCallId::new(&request.call_id.to_string()));
        Box::pin(async move { Ok(Dialed { carrier_call_id }) })
    }

    fn look_up<'a>(
        &'a self,
        _: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(async { Ok(None) })
    }
}

impl Notifier for TakesAll {
    fn post<'a>(&'a self, _: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(async { Ok(()) })
    }
}
