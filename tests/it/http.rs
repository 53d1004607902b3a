//! The HTTP API with real requests against a running system.

mod cancel;
mod dialling;
mod hours;
mod limits;
mod opt_outs;
mod request_key;

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
    body: Value,
}

impl Answer {
    #[track_caller]
    fn is_error(&self, status: u16, code: &str) {
        let found = (self.status.as_u16(), self.body["error"]["code"].as_str());
        assert_eq!(found, (status, Some(code)), "{}", self.body);
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
    let status = reply.status();
    let body = reply.bytes().await.unwrap();
    Answer {
        status,
        retry_after,
        is_replayed,
        body: if status == StatusCode::NO_CONTENT {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        },
    }
}

fn patient(number: &str) -> Value {
    json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": number } })
}

#[tokio::test]
async fn the_body_of_the_users_document_is_accepted_and_given_back() {
    let api = Api::ringing(&[]).await;
    let patient_data = json!({
        "id": "patient_123", "name": "राहुल शर्मा", "phoneNumber": NUMBER,
        "treatmentType": "heart surgery consultation",
        "crmData": { "lastVisit": "2024-01-15", "doctor": "Dr. Smith", "department": "Cardiology" },
    });
    let accepted = api.post(&json!({ "patientData": patient_data })).await;
    assert_eq!(accepted.status, 202);
    assert_eq!(
        (&accepted.body["success"], &accepted.body["queued"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(accepted.body["status"], "dialing");
    let record = api
        .record(accepted.body["sessionId"].as_str().unwrap())
        .await;
    assert_eq!(
        (&record["patientData"], &record["status"]),
        (&patient_data, &json!("dialing"))
    );
}

#[tokio::test]
async fn keys_and_tokens_open_what_they_are_for() {
    let keys = format!(
        "local:admin:{},reader:read:{}",
        hash_key(LOCAL_KEY),
        hash_key("reader-key")
    );
    let api = Api::ringing(&[("API_KEYS", &keys)]).await;
    let first = api.post(&patient(NUMBER)).await.body;
    let second = api.post(&patient("+911234567891")).await.body;
    let path = format!(
        "/api/outbound-call/{}",
        first["sessionId"].as_str().unwrap()
    );
    let with = |method, token: &Value| {
        answer(
            api.request(method, &path)
                .bearer_auth(token.as_str().unwrap()),
        )
    };
    assert_eq!(with(Method::GET, &first["sessionToken"]).await.status, 200);
    with(Method::GET, &second["sessionToken"])
        .await
        .is_error(403, "forbidden");
    for (wrong, message) in [
        (
            json!("wrong"),
            "a valid API key is required, as Authorization: Bearer or X-API-Key",
        ),
        (
            json!(format!("{}x", second["sessionToken"].as_str().unwrap())),
            "the session token is not of this call",
        ),
        (json!("ans_1.1.x"), "the answer token is malformed"),
    ] {
        let refused = with(Method::GET, &wrong).await;
        refused.is_error(401, "unauthorized");
        assert_eq!(refused.body["error"]["message"], message);
    }
    answer(api.request(Method::GET, &path))
        .await
        .is_error(401, "unauthorized");
    assert_eq!(with(Method::GET, &json!("reader-key")).await.status, 200);
    with(Method::DELETE, &json!("reader-key"))
        .await
        .is_error(403, "forbidden");
    assert_eq!(
        with(Method::DELETE, &first["sessionToken"]).await.status,
        200
    );
}

#[tokio::test]
async fn what_does_not_exist_is_told_apart() {
    let api = Api::start(&[]).await;
    let nobody = "/api/outbound-call/07070707-0707-0707-0707-070707070707";
    api.get(nobody).await.is_error(404, "no_such_call");
    api.get("/api/outbound-call/session-id-here")
        .await
        .is_error(404, "no_such_call");
    api.get("/api/nothing").await.is_error(404, "no_such_route");
    api.ask(Method::PUT, nobody)
        .await
        .is_error(405, "method_not_allowed");
}

#[tokio::test]
async fn bad_input_is_named_and_never_repeated() {
    let api = Api::start(&[]).await;
    api.post_raw("{", "application/json")
        .await
        .is_error(400, "invalid_json");
    api.post_raw(&b"{\"a\":\"\xff\"}"[..], "application/json")
        .await
        .is_error(400, "invalid_utf8");
    api.post_raw("{}", "text/plain")
        .await
        .is_error(415, "unsupported_content_type");
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    api.post_raw(large, "application/json")
        .await
        .is_error(413, "body_too_large");

    let with = |pointer: &str, value: Value| {
        let mut body = patient(NUMBER);
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[key] = value;
        body
    };
    for (body, field) in [
        (
            json!({ "patientData": { "phoneNumber": NUMBER } }),
            "patientData.name",
        ),
        (with("/patientData/name", json!(7)), "patientData.name"),
        (
            with("/patientData/phoneNumber", json!("secret-12")),
            "patientData.phoneNumber",
        ),
        (
            with("/patientData/shoeSize", json!(42)),
            "patientData.shoeSize",
        ),
        (with("/retries", json!(42)), "retries"),
        (
            with("/expiresAt", json!("2020-01-01T00:00:00Z")),
            "expiresAt",
        ),
        (
            with("/callbackUrl", json!("ftp://secret-12")),
            "callbackUrl",
        ),
    ] {
        let answer = api.post(&body).await;
        answer.names(field);
        assert!(!answer.body.to_string().contains("secret-12"));
    }
    assert_eq!(api.dialled(), 0);
}

#[tokio::test]
async fn what_the_service_was_not_set_up_for_is_refused() {
    let api = Api::ringing(&[("CALLBACK_HOSTS", "crm.example.org,127.0.0.1")]).await;
    let with = |name: &str, value: &str| {
        let mut body = patient(NUMBER);
        body[name] = json!(value);
        body
    };
    for language in ["fr", "hi-IN", "EN"] {
        let answer = api.post(&with("language", language)).await;
        answer.names("language");
        let expected = "language: expected one of hi, en";
        assert_eq!(answer.body["error"]["message"], expected);
    }
    let elsewhere = "https://crm.example.org.evil.example/";
    api.post(&with("callbackUrl", elsewhere))
        .await
        .names("callbackUrl");
    assert_eq!(api.dialled(), 0);
    let mut body = with("language", "en");
    body["callbackUrl"] = json!("http://127.0.0.1:9/");
    assert_eq!(api.post(&body).await.status, 202);
}

#[tokio::test]
async fn a_number_has_one_live_call() {
    let api = Api::ringing(&[]).await;
    let first = api.call(NUMBER).await;
    let second = api.post(&patient("01234567890")).await;
    second.is_error(409, "phone_busy");
    assert_eq!(second.body["error"]["sessionId"], first.as_str());
    assert_eq!(
        api.ask(Method::DELETE, &format!("/api/outbound-call/{first}"))
            .await
            .status,
        200
    );
    api.call(NUMBER).await;
    assert_eq!(api.dialled(), 2);
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let api = Api::ringing(&[("RATE_LIMIT_PER_MINUTE", "2")]).await;
    // The limit counts in minutes of the clock: within three requests it may turn over once.
    let mut refused = None;
    for n in 0..6 {
        let answer = api.post(&patient(&format!("+91123456780{n}"))).await;
        if answer.status == 429 {
            refused = Some(answer);
        }
    }
    let refused = refused.expect("six triggers in a row pass a limit of two a minute");
    refused.is_error(429, "rate_limited");
    let wait: u64 = refused.retry_after.unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
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
async fn every_form_of_webhook_ends_its_attempt_once() {
    let api = Api::ringing(&[]).await;
    let json_type = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (n, kind) in [json_type, form, "query"].into_iter().enumerate() {
        let number = format!("123456780{n}");
        let id = api.call(&format!("+91{number}")).await;
        let carrier_id = api.carrier_id(&id).await;
        let send = || async {
            match kind {
                "application/json" => {
                    let body = json!({ "call_uuid": carrier_id, "call_status": "Busy",
                        "called_number": format!("%2b91{number}"), "agent_number": "False" });
                    api.report("", kind, body.to_string()).await
                }
                "query" => {
                    let path =
                        format!("/api/knowlarity/webhook?uuid={carrier_id}&call_status=busy");
                    answer(api.request(Method::GET, &path)).await
                }
                _ => {
                    let body = format!("status=user_busy&customer_number=%2B91{number}");
                    api.report("", kind, body).await
                }
            }
        };
        let first = send().await;
        let expected = json!({ "received": true, "matched": true, "applied": true });
        assert_eq!(
            (first.status.as_u16(), first.body),
            (200, expected),
            "{kind}"
        );
        let record = api.record(&id).await;
        assert_eq!(record["attempts"][0]["outcome"], "busy", "{kind}");
        assert_eq!(record["status"], "initiating");
        let again = send().await;
        assert_eq!(
            (again.status.as_u16(), &again.body["applied"]),
            (200, &json!(false))
        );
        assert_eq!(api.record(&id).await["attempts"], record["attempts"]);
    }
}

#[tokio::test]
async fn webhooks_about_nobody_and_without_sense_are_answered() {
    let api = Api::start(&[("KNOWLARITY_WEBHOOK_SECRET", "webhook-secret")]).await;
    let kind = "application/json";
    let unknown = json!({ "call_uuid": "nobody", "call_status": "busy" }).to_string();
    api.report("", kind, unknown.clone())
        .await
        .is_error(401, "unauthorized");
    api.report("/wrong", kind, unknown.clone())
        .await
        .is_error(401, "unauthorized");
    let taken = api.report("/webhook-secret", kind, unknown).await;
    let expected = json!({ "received": true, "matched": false, "applied": false });
    assert_eq!((taken.status.as_u16(), taken.body), (200, expected));
    api.report("/webhook-secret", kind, "{")
        .await
        .is_error(400, "invalid_json");
    api.report("/webhook-secret", kind, "x".repeat(70_000))
        .await
        .is_error(413, "body_too_large");
}

#[tokio::test]
async fn each_fault_of_the_carrier_has_its_answer() {
    #[track_caller]
    fn check(record: &Value, status: &str, cause: Value) {
        assert_eq!(
            (&record["status"], &record["cause"]),
            (&json!(status), &cause)
        );
        assert_eq!(record["attempts"].as_array().unwrap().len(), 1);
    }
    let api = Api::start(&[("DIAL_TIMEOUT", "300ms")]).await;
    api.dials([Dial::InvalidNumber, Dial::Status(503), Dial::TimesOut]);
    let mut records = Vec::new();
    for n in 0..3 {
        let answer = api.post(&patient(&format!("+91123456780{n}"))).await;
        let id = answer.body["sessionId"].as_str().unwrap().to_owned();
        records.push(api.record(&id).await);
    }
    check(&records[0], "failed", json!("invalid_number"));
    for unknown in &records[1..] {
        check(unknown, "dialing", Value::Null);
        assert_eq!(unknown["attempts"][0]["state"], "unknown");
    }
    assert_eq!(api.dialled(), 3);

    api.dials([Dial::RateLimited(1), Dial::NeverReports]);
    let id = api.call("+911234567805").await;
    let sent = api
        .wait_until(&id, |record| record["attempts"][0]["state"] == "accepted")
        .await;
    check(&sent, "dialing", Value::Null);
    assert_eq!(api.dialled(), 5);
}

#[tokio::test]
async fn a_dial_that_failed_at_once_is_no_success() {
    let api = Api::start(&[]).await;
    api.dials([Dial::InvalidNumber]);
    let place = || {
        let request = api.request(Method::POST, "/api/outbound-call");
        let request = request.header("x-api-key", LOCAL_KEY);
        let request = request.header("idempotency-key", "a-key");
        answer(request.json(&patient(NUMBER)))
    };
    let first = place().await;
    first.is_error(422, "call_failed");
    let body = &first.body;
    assert_eq!(
        (&body["success"], &body["status"], &body["cause"]),
        (&json!(false), &json!("failed"), &json!("invalid_number"))
    );
    // The call is there to be read, by the token too, and the key stands for it.
    let id = body["sessionId"].as_str().unwrap();
    assert_eq!(api.record(id).await["cause"], "invalid_number");
    let again = place().await;
    assert!(again.is_replayed);
    assert_eq!((again.status, &again.body), (first.status, body));
    assert_eq!(api.dialled(), 1);
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

#[tokio::test]
async fn a_store_that_is_down_is_503_and_nothing_is_dialled() {
    let env = Env::from_reader(|name| match name {
        "API_KEYS" => Some(format!("local:admin:{}", hash_key(LOCAL_KEY))),
        "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
        _ => None,
    });
    let store = CallStore::local("http://127.0.0.1:9", "calls");
    let calls = Calls::new(store, Arc::new(SystemClock), Policy::default());
    let app = App::new(
        calls,
        Arc::new(NoCarrier),
        ApiConfig::from_env(&env).unwrap(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/api/outbound-call",
        listener.local_addr().unwrap()
    );
    let router = functions::router(Arc::new(app));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let request = reqwest::Client::new()
        .post(url)
        .header("x-api-key", LOCAL_KEY);
    let down = answer(request.json(&patient(NUMBER))).await;
    down.is_error(503, "unavailable");
    assert!(down.retry_after.is_some());
}
