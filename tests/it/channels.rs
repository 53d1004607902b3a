//! The channel counter is set right on demand, and keeps no call from ending.

use crate::{
    http::NoCarrier,
    support::{answer_of, request_for},
    template::fires,
};
use access::hash_key;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    types::AttributeValue,
};
use axum::{body::Body, http::Request};
use call::{CallEvent, CallState, Policy, ids::CallId};
use functions::config::ApiConfig;
use functions::{App, channels, sweep};
use local::database::Database;
use logging::metrics::Noted;
use serde_json::{Value, json};
use settings::Env;
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::clock::SystemClock;
use store::{
    calls::{Applied, Calls},
    item,
};
use tokio::time::{sleep, timeout};
use tracing::subscriber::DefaultGuard;

/// The functions over a table that a test may put its hand into.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    table: Client,
    _database: Database,
}

impl World {
    pub(crate) async fn start() -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let database = Database::start(listen, None).await.unwrap();
        let store = database.store("calls").await.unwrap();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(database.url())
            .build();
        let calls = Calls::new(store, Arc::new(SystemClock), Policy::default());
        let keys = [("operator", "admin"), ("crm", "write"), ("desk", "read")];
        let keys = keys.map(|(name, scope)| format!("{name}:{scope}:{}", hash_key(name)));
        let env = Env::from_reader(move |name| match name {
            "API_KEYS" => Some(keys.join(",")),
            "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
            _ => None,
        });
        let api = ApiConfig::from_env(&env).unwrap();
        Self {
            app: Arc::new(App::new(calls, Arc::new(NoCarrier), api)),
            table: Client::from_conf(config),
            _database: database,
        }
    }

    /// A call that is being dialled, so that it holds a channel.
    async fn dialing(&self, n: u32) -> CallId {
        let request = request_for(&format!("+91123456{n:04}"));
        let calls = &self.app.calls;
        calls.create(&request, None).await.unwrap();
        let applied = calls.apply(request.id, &CallEvent::DialDue).await.unwrap();
        assert!(matches!(applied, Applied::Changed { .. }), "{applied:?}");
        request.id
    }

    async fn end(&self, id: CallId) {
        let applied = self.app.calls.apply(id, &CallEvent::Cancelled).await;
        let Applied::Changed { session, .. } = applied.unwrap() else {
            panic!("the call did not end");
        };
        assert_eq!(session.state, CallState::Failed);
    }

    /// Somebody's hand in the table.
    async fn set_counter(&self, value: Option<AttributeValue>) {
        let key = item::key(item::CHANNELS, item::COUNTER);
        let Some(value) = value else {
            let delete = self.table.delete_item().table_name("calls");
            delete.set_key(Some(key)).send().await.unwrap();
            return;
        };
        let update = self.table.update_item().table_name("calls");
        let update = update.set_key(Some(key));
        let update = update.update_expression("SET inUse = :value");
        let update = update.expression_attribute_values(":value", value);
        update.send().await.unwrap();
    }

    async fn add_to_counter(&self, change: i32) {
        let update = self.table.update_item().table_name("calls");
        let update = update.set_key(Some(item::key(item::CHANNELS, item::COUNTER)));
        let update = update.update_expression("ADD inUse :change");
        let update = update.expression_attribute_values(":change", item::number(change));
        update.send().await.unwrap();
    }

    async fn ask(&self, method: &str, key: &str) -> (u16, Value) {
        let request = Request::builder().method(method).uri(channels::PATH);
        let request = request.header("x-api-key", key);
        answer_of(&self.app, request.body(Body::empty()).unwrap()).await
    }

    /// Calls that hold a channel, and what the counter says.
    async fn counts(&self) -> (usize, u32) {
        let store = &self.app.calls.store;
        let live = store.live_calls().await.unwrap();
        (live, store.channels_in_use().await.unwrap())
    }
}

/// What this thread logs.
#[derive(Default)]
struct Log(Mutex<Vec<u8>>);

impl io::Write for &Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn log() -> (Arc<Log>, DefaultGuard) {
    let log = Arc::new(Log::default());
    let lines = tracing_subscriber::fmt().json().with_writer(log.clone());
    (log, tracing::subscriber::set_default(lines.finish()))
}

#[tokio::test]
async fn a_counter_that_drifted_is_set_to_the_live_calls() {
    let world = World::start().await;
    let (log, _guard) = log();
    let first = world.dialing(1).await;
    world.dialing(2).await;
    for wrong in [item::number(7), item::number(-3), item::text("many")] {
        world.set_counter(Some(wrong.clone())).await;
        let before = wrong.as_n().map_or(0, |text| text.parse().unwrap());
        let answer = world.ask("POST", "operator").await;
        assert_eq!(answer, (200, json!({ "before": before, "after": 2 })));
        assert_eq!(world.counts().await, (2, 2));
    }
    let again = world.ask("POST", "operator").await;
    assert_eq!(again, (200, json!({ "before": 2, "after": 2 })));
    world.end(first).await;
    assert_eq!(world.counts().await, (1, 1));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let found: Vec<Value> = lines
        .filter(|line: &Value| line["fields"]["channels_reconciled"] == 1)
        .map(|line| {
            json!([
                line["fields"]["by"],
                line["fields"]["before"],
                line["fields"]["after"]
            ])
        })
        .collect();
    let by_operator = |before| json!(["operator", before, 2]);
    assert_eq!(found, [7, -3, 0, 2].map(by_operator));
}

#[tokio::test]
async fn the_sweep_tells_of_a_counter_that_drifted() {
    let world = World::start().await;
    let (log, _guard) = log();
    world.add_to_counter(3).await;
    let is_reported = async {
        loop {
            let said = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
            if said.contains("\"channel_drift\":3") {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let give_up = timeout(Duration::from_secs(30), is_reported);
    let report = sweep::run_until(&world.app, async { give_up.await.unwrap() }).await;
    assert_eq!(report.channel_drift, 3);
    // Its own repair silences it.
    world.ask("POST", "operator").await;
    assert_eq!(world.counts().await, (0, 0));
}

#[tokio::test]
async fn a_counter_that_drifted_raises_an_alarm() {
    let world = World::start().await;
    let (noted, _guard) = Noted::start();
    world.add_to_counter(3).await;
    sweep::run_for(&world.app, Duration::from_millis(1_500)).await;
    fires("ChannelDriftAlarm", &noted);
}

#[tokio::test]
async fn only_an_operator_sets_the_counter() {
    let world = World::start().await;
    world.add_to_counter(5).await;
    for (key, status) in [("crm", 403), ("desk", 403), ("stranger", 401)] {
        assert_eq!(world.ask("POST", key).await.0, status, "{key}");
    }
    assert_eq!(world.ask("GET", "operator").await.0, 405);
    assert_eq!(world.counts().await, (0, 5));
}

#[tokio::test]
async fn the_counter_is_set_right_while_calls_start_and_end() {
    let world = Arc::new(World::start().await);
    world.dialing(9_999).await;
    for drift in [3, -1] {
        world.add_to_counter(drift).await;
        let stop = Arc::new(AtomicBool::new(false));
        let churn = tokio::spawn({
            let (world, stop) = (world.clone(), stop.clone());
            async move {
                for n in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let call = world.dialing(n).await;
                    sleep(Duration::from_millis(250)).await;
                    world.end(call).await;
                    sleep(Duration::from_millis(250)).await;
                }
            }
        });
        let (status, answer) = world.ask("POST", "operator").await;
        assert_eq!(status, 200, "{answer}");
        stop.store(true, Ordering::Relaxed);
        churn.await.unwrap();
        assert_eq!(world.counts().await, (1, 1), "after {drift}: {answer}");
    }
}

#[tokio::test]
async fn a_call_ends_whatever_became_of_the_counter() {
    let world = World::start().await;
    for wrong in [
        None,
        Some(item::number(0)),
        Some(item::number(-4)),
        Some(item::text("many")),
    ] {
        let (ends, goes_on) = (world.dialing(1).await, world.dialing(2).await);
        world.set_counter(wrong.clone()).await;
        world.end(ends).await;
        let counted = world.app.calls.store.count_channels().await.unwrap();
        let counted = counted.unwrap();
        assert_eq!(counted.live, 1, "{wrong:?}");
        let left = wrong.as_ref().and_then(|wrong| wrong.as_n().ok());
        let left = left.map_or(0, |text| text.parse().unwrap());
        assert_eq!(counted.counted, left, "{wrong:?}: nothing was given back");
        world.end(goes_on).await;
        world.set_counter(None).await;
    }
}
