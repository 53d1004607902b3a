//! The HTTP API with real requests against a running system.

mod cancel;
mod complaints;
mod dialling;
mod dnd_list;
pub(crate) mod failures;
mod hours;
mod keyed;
mod keys;
mod limits;
mod opt_outs;
mod request_key;
mod requests;
mod stop_list;
mod webhooks;

use crate::support::patient;
use access::hash_key;
use call::Policy;
use functions::App;
use functions::config::ApiConfig;
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use local::system::{LOCAL_KEY, Options, System};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use settings::Env;
use simulators::knowlarity::Dial;
use std::{sync::Arc, time::Duration};
use store::clock::SystemClock;
use store::{CallStore, calls::Calls};

const NUMBER: &str = "+911234567890";

/// Longest wait for a call to reach a state.
const WAIT: Duration = Duration::from_secs(30);

/// A running system and a client with the local key.
struct Api {
    system: System,
    client: reqwest::Client,
}

struct Answer {
    status: StatusCode,
    retry_after: Option<String>,
    is_replayed: bool,
    content_type: String,
    body: Value,
}

impl Answer {
    /// Says what is wrong in its `error`.
    #[track_caller]
    fn says(&self, status: u16, code: &str) {
        let found = (self.status.as_u16(), self.body["error"]["code"].as_str());
        assert_eq!(found, (status, Some(code)), "{}", self.body);
    }

    /// Is nothing but what is wrong, in `error` and as problem details (RFC 9457).
    #[track_caller]
    fn is_error(&self, status: u16, code: &str) {
        self.says(status, code);
        let (problem, error) = (&self.body, &self.body["error"]);
        assert_eq!(problem["type"], format!("/api/problems/{code}"));
        assert_eq!(problem["status"], status);
        assert_eq!(
            (&problem["code"], &problem["detail"]),
            (&error["code"], &error["message"])
        );
        assert_eq!(self.content_type, "application/problem+json");
    }

    #[track_caller]
    fn names(&self, field: &str) {
        self.is_error(422, "invalid_field");
        assert_eq!(self.body["error"]["field"], field);
    }
}

impl Api {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let mut options = Options::default();
        for (name, value) in settings {
            options
                .settings
                .insert((*name).to_owned(), (*value).to_owned());
        }
        Self::with(options).await
    }

    async fn with(options: Options) -> Self {
        crate::privacy::watch();
        let system = System::start(options).await.unwrap();
        Self {
            system,
            client: reqwest::Client::new(),
        }
    }

    /// A system whose phones ring for ever and never report.
    async fn ringing(settings: &[(&str, &str)]) -> Self {
        let api = Self::start(settings).await;
        api.dials([Dial::NeverReports; 20]);
        api
    }

    fn dials<const N: usize>(&self, dials: [Dial; N]) {
        self.system.knowlarity.as_ref().unwrap().behave(dials);
    }

    fn dialled(&self) -> usize {
        self.system.knowlarity.as_ref().unwrap().dials().len()
    }

    /// Waits until the carrier was asked for that many dials.
    async fn wait_dials(&self, count: usize) {
        for _ in 0..WAIT.as_millis() / 50 {
            if self.dialled() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} dials of {count}", self.dialled())
    }

    /// Places a call whose dial is due at `moment`, and waits for that dial, the `nth` of all:
    /// what was due before then has had its chance.
    async fn outlast(&self, moment: &Value, nth: usize) {
        let mut body = patient("+911234567899");
        body["notBefore"] = moment.clone();
        assert_eq!(self.post(&body).await.status, 202);
        self.wait_dials(nth).await;
        let dials = self.system.knowlarity.as_ref().unwrap().dials();
        assert!(dials[nth - 1].number.ends_with("1234567899"));
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.system.api_url))
    }

    async fn ask(&self, method: Method, path: &str) -> Answer {
        answer(self.request(method, path).header("x-api-key", LOCAL_KEY)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    async fn post(&self, body: &Value) -> Answer {
        self.post_raw(body.to_string(), "application/json").await
    }

    async fn post_raw(&self, body: impl Into<reqwest::Body>, kind: &str) -> Answer {
        let request = self
            .request(Method::POST, "/api/outbound-call")
            .header("content-type", kind);
        answer(request.header("x-api-key", LOCAL_KEY).body(body)).await
    }

    /// Places a call; its id.
    async fn call(&self, number: &str) -> String {
        let answer = self.post(&patient(number)).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        assert_eq!(answer.body["success"], true);
        answer.body["sessionId"].as_str().unwrap().to_owned()
    }

    async fn record(&self, id: &str) -> Value {
        self.get(&format!("/api/outbound-call/{id}")).await.body
    }

    async fn wait_until(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..WAIT.as_millis() / 50 {
            let record = self.record(id).await;
            if is_so(&record) {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("still {}", self.record(id).await)
    }

    async fn report(&self, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
        let path = format!("/api/knowlarity/webhook{path}");
        answer(
            self.request(Method::POST, &path)
                .header("content-type", kind)
                .body(body),
        )
        .await
    }

    async fn carrier_id(&self, id: &str) -> String {
        let record = self.record(id).await;
        record["attempts"][0]["carrierCallId"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let reply = request.send().await.unwrap();
    let header = |name: &str| {
        let value = reply.headers().get(name);
        value.map(|v| v.to_str().unwrap().to_owned())
    };
    let retry_after = header("retry-after");
    let is_replayed = header("idempotency-replayed").is_some_and(|value| value == "true");
    let content_type = header("content-type").unwrap_or_default();
    let status = reply.status();
    let body = reply.bytes().await.unwrap();
    Answer {
        status,
        retry_after,
        is_replayed,
        content_type,
        body: if status == StatusCode::NO_CONTENT {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        },
    }
}

#[tokio::test]
async fn the_list_shows_unfinished_calls_page_by_page() {
    let api = Api::ringing(&[]).await;
    let mut placed = Vec::new();
    for n in 0..5 {
        placed.push(api.call(&format!("+91123456780{n}")).await);
    }
    api.ask(
        Method::DELETE,
        &format!("/api/outbound-call/{}", placed.pop().unwrap()),
    )
    .await;
    let mut listed = Vec::new();
    let mut path = "/api/outbound-calls?limit=3&status=dialing".to_owned();
    loop {
        let page = api.get(&path).await.body;
        let calls = page["calls"].as_array().unwrap();
        listed.extend(
            calls
                .iter()
                .map(|call| call["sessionId"].as_str().unwrap().to_owned()),
        );
        assert_eq!(page["stats"]["byState"]["dialing"], 4);
        assert_eq!(page["stats"]["byState"]["failed"], 1);
        assert_eq!(page["stats"]["channelsInUse"], 4);
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/outbound-calls?limit=3&status=dialing&cursor={cursor}");
    }
    listed.sort();
    placed.sort();
    assert_eq!(listed, placed);
    api.get("/api/outbound-calls?limit=0").await.names("limit");
    api.get("/api/outbound-calls?status=completed")
        .await
        .names("status");
    api.get("/api/outbound-calls?cursor=nonsense")
        .await
        .names("cursor");
}

#[tokio::test]
async fn a_patients_calls_are_found_by_the_crms_id_finished_ones_too() {
    let api = Api::ringing(&[]).await;
    let mut placed = Vec::new();
    for (id, number) in [
        ("p 1", "+911234567801"),
        ("p 1", "+911234567802"),
        ("p-2", "+911234567803"),
        ("p 1", "+911234567804"),
    ] {
        let mut body = patient(number);
        body["patientData"]["id"] = json!(id);
        let call = api.post(&body).await.body["sessionId"]
            .as_str()
            .unwrap()
            .to_owned();
        if id == "p 1" {
            placed.insert(0, call);
        }
    }
    let oldest = format!("/api/outbound-call/{}", placed[2]);
    assert_eq!(api.ask(Method::DELETE, &oldest).await.status, 200);
    let mut listed = Vec::new();
    let mut path = "/api/outbound-calls?patientId=p%201&limit=2".to_owned();
    loop {
        let page = api.get(&path).await.body;
        for call in page["calls"].as_array().unwrap() {
            assert_eq!(call["patientData"]["id"], "p 1");
            listed.push((
                call["sessionId"].as_str().unwrap().to_owned(),
                call["cause"].clone(),
            ));
        }
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/outbound-calls?patientId=p%201&limit=2&cursor={cursor}");
    }
    let ended = [Value::Null, Value::Null, json!("cancelled")];
    assert_eq!(listed, placed.into_iter().zip(ended).collect::<Vec<_>>());
    let nobody = api.get("/api/outbound-calls?patientId=p-3").await.body;
    assert_eq!(
        (&nobody["calls"], &nobody["nextCursor"]),
        (&json!([]), &Value::Null)
    );
}

/// A carrier that must not be asked.
pub(crate) struct NoCarrier;

impl Carrier for NoCarrier {
    fn dial<'a>(&'a self, _: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        panic!("nothing is dialled without a store")
    }

    fn look_up<'a>(
        &'a self,
        _: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        panic!("nothing is looked up without a store")
    }
}
