//! What each function really asks of the table, seen on the wire, is what its role allows.

use super::{
    Template,
    rights::{allowed, part_of_the_table},
    same,
};
use access::hash_key;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use axum::{Router, body::Body, http::Request};
use call::{
    CallEvent, Policy,
    ids::{CallId, ConversationId},
    time::Timestamp,
};
use elevenlabs::{AgentError, Conversations};
use functions::config::ApiConfig;
use functions::{
    App, channels, dialling, list, mcp, opt_outs, patients, post_call, replay, reports, status,
    sweep, tools, trigger, unknown, webhook,
};
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use local::{database::Database, system::LOCAL_KEY};
use serde_json::{Value, json};
use settings::Env;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::clock::ManualClock;
use store::{CallStore, calls::Calls};
use tower::ServiceExt;
use webhooks::{Notice, Notifier, NotifyError};

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

/// What signs the post-call webhook.
const SECRET: &str = "wsec_test";

/// Longer than every deadline of a call that is being dialled.
const A_WHILE: Duration = Duration::from_secs(600);

/// Part of the table and action of everything that was asked.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<BTreeSet<(String, String)>>>);

impl Asked {
    fn note(&self, operation: &str, request: &Value) {
        let part = request["IndexName"]
            .as_str()
            .map_or_else(|| "table".to_owned(), |index| format!("index/{index}"));
        let mut asked = self.0.lock().unwrap();
        if operation != "TransactWriteItems" {
            asked.insert((part, operation.to_owned()));
            return;
        }
        for write in request["TransactItems"].as_array().unwrap() {
            let action = match write.as_object().unwrap().keys().next().unwrap().as_str() {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                kind => format!("{kind}Item"),
            };
            asked.insert((part.clone(), action));
        }
    }

    fn take(&self) -> BTreeSet<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Intercept for Asked {
    fn name(&self) -> &'static str {
        "asked"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.rsplit('.').next().unwrap();
        let body = request.body().bytes().unwrap();
        self.note(operation, &serde_json::from_slice(body)?);
        Ok(())
    }
}

/// Takes every dial and remembers none.
struct Forgetful;

impl Carrier for Forgetful {
    fn dial<'a>(&'a self, _: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        Box::pin(async {
            Ok(Dialed {
                carrier_call_id: None,
            })
        })
    }

    fn look_up<'a>(
        &'a self,
        _: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(async { Ok(None) })
    }
}

/// A receiver that wants nothing, so that every outcome is given up.
struct Deaf;

impl Notifier for Deaf {
    fn post<'a>(&'a self, _: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(async { Err(NotifyError::Gone) })
    }
}

/// A platform that knows every conversation, each with an age of its own.
struct Knowing;

impl Conversations for Knowing {
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, AgentError>> {
        let report = json!({
            "conversation_id": id, "status": "done",
            "analysis": { "data_collection_results": { "age": { "value": 42 } } },
        });
        Box::pin(async move { Ok(report.to_string().into_bytes()) })
    }

    fn delete<'a>(&'a self, _: &'a ConversationId) -> BoxFuture<'a, Result<(), AgentError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The functions over one table, and what they asked of it since they were last looked at.
struct World {
    app: Arc<App>,
    asked: Asked,
    clock: ManualClock,
    _database: Database,
}

impl World {
    async fn new() -> Self {
        crate::privacy::watch();
        let listen = "127.0.0.1:0".parse().unwrap();
        let database = Database::start(listen, None).await.unwrap();
        database.store("calls").await.unwrap();
        let (asked, clock) = (Asked::default(), ManualClock::new(START));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(database.url())
            .interceptor(asked.clone());
        let policy = Policy {
            retries_max: 0,
            dials_per_second: Some(100),
            reports_outcomes: true,
            ..Policy::default()
        };
        let store = CallStore::new(Client::from_conf(config.build()), "calls");
        let env = Env::from_reader(|name| match name {
            "API_KEYS" => Some(format!("local:admin:{}", hash_key(LOCAL_KEY))),
            "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
            _ => None,
        });
        let api = ApiConfig::from_env(&env).unwrap();
        let calls = Calls::new(store, Arc::new(clock.clone()), policy);
        let mut app = App::new(calls, Arc::new(Forgetful), api);
        app.notifier = Some(Arc::new(Deaf));
        app.monitoring_url = Some("https://monitoring.example.org".to_owned());
        app.conversations = Some(Arc::new(Knowing));
        app.post_call_secret = Some(SECRET.into());
        Self {
            app: Arc::new(app),
            asked,
            clock,
            _database: database,
        }
    }

    /// One request to one function, which must be answered with this status.
    async fn ask(
        &self,
        function: fn(Arc<App>) -> Router,
        request: (&str, &str, Value),
        expected: u16,
    ) -> Value {
        let (method, path, body) = request;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", LOCAL_KEY)
            .header("content-type", "application/json")
            .header("idempotency-key", "once")
            .body(Body::from(body))
            .unwrap();
        let answer = function(self.app.clone()).oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        let body = body.unwrap();
        assert_eq!(
            status,
            expected,
            "{method} {path}: {}",
            String::from_utf8_lossy(&body)
        );
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// Asks with the answer token of the call's first attempt.
    async fn ask_as_agent(
        &self,
        id: CallId,
        function: fn(Arc<App>) -> Router,
        path: &str,
        body: Value,
    ) {
        let request = Request::post(path)
            .header("host", "api.example.org")
            .header("authorization", crate::support::answer_token(&self.app, id))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = function(self.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Stores a call for later without the trigger; its id.
    async fn call(&self, number: &str) -> String {
        let mut request = crate::support::request_for(number);
        request.not_before = Some(self.app.calls.now() + A_WHILE);
        self.app.calls.create(&request, None).await.unwrap();
        request.id.to_string()
    }

    /// Compares what was asked with what the function's role allows.
    #[track_caller]
    fn compare(&self, function: &str) {
        let template = Template::read();
        let role = &template.resource(template.functions()[function])["Properties"]["Role"];
        let role = role["Fn::GetAtt"][0].as_str().unwrap();
        let rights = allowed(&template)
            .into_iter()
            .filter(|(owner, _, _)| owner == role)
            .filter_map(|(_, resource, action)| {
                let action = action.strip_prefix("dynamodb:")?;
                Some((part_of_the_table(&resource), action.to_owned()))
            });
        same(
            &format!("rights of {function}"),
            rights.collect(),
            self.asked.take(),
        );
    }
}

#[tokio::test]
async fn trigger_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let call = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": "+911234567890" } });
    let request = ("POST", trigger::PATH, call);
    let first = world.ask(trigger::router, request.clone(), 202).await;
    let again = world.ask(trigger::router, request, 202).await;
    assert_eq!(first["sessionId"], again["sessionId"]);
    world.compare("trigger");
}

#[tokio::test]
async fn status_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let id = world.call("+911234567890").await;
    let path = format!("/api/outbound-call/{id}");
    world.asked.take();
    for request in [
        ("GET", "/health", Value::Null),
        ("GET", &path, Value::Null),
        ("DELETE", &path, Value::Null),
    ] {
        world.ask(status::router, request, 200).await;
    }
    world.compare("status");
}

#[tokio::test]
async fn list_asks_for_what_its_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let request = ("GET", list::PATH, Value::Null);
    let page = world.ask(list::router, request, 200).await;
    assert_eq!(page["calls"].as_array().unwrap().len(), 1);
    world.compare("list");
}

#[tokio::test]
async fn channels_asks_for_what_its_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.clock.advance(A_WHILE);
    assert_eq!(sweep::tick(&world.app).await.dials, 1);
    // A counter that says less than there is.
    let store = &world.app.calls.store;
    let mut count = store.count_channels().await.unwrap().unwrap();
    count.live = 0;
    assert!(store.set_channels(&count).await.unwrap());
    world.asked.take();
    let request = ("POST", channels::PATH, Value::Null);
    let answer = world.ask(channels::router, request, 200).await;
    assert_eq!(answer, json!({ "before": 0, "after": 1 }));
    world.compare("channels");
}

#[tokio::test]
async fn unknown_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let request = ("GET", unknown::PATH, Value::Null);
    world.ask(unknown::router, request, 200).await;
    world.compare("unknown");
}

#[tokio::test]
async fn opt_outs_ask_for_what_their_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let number = json!({ "phoneNumber": "+911234567890" });
    for (method, body, expected) in [
        ("POST", &number, 201),
        ("POST", &number, 200),
        ("GET", &Value::Null, 200),
        ("DELETE", &number, 204),
    ] {
        let request = (method, opt_outs::PATH, body.clone());
        world.ask(opt_outs::router, request, expected).await;
    }
    world.compare("opt_outs");
}

/// Both forms of the tools, with the token of a call that is being talked in.
#[tokio::test]
async fn the_agents_tools_ask_for_what_their_roles_allow() {
    let world = World::new().await;
    let id = world.call("+911234567890").await.parse().unwrap();
    world.clock.advance(A_WHILE);
    sweep::tick(&world.app).await;
    let opened = CallEvent::StreamOpened {
        attempt: 1,
        carrier_call_id: None,
    };
    world.app.calls.apply(id, &opened).await.unwrap();
    world.asked.take();
    let answers = |age: u8| json!({ "age": age, "city": "जयपुर" });
    let call = |age| {
        json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "save_patient_data", "arguments": answers(age) },
        })
    };
    for age in [42, 43] {
        world
            .ask_as_agent(id, mcp::router, mcp::PATH, call(age))
            .await;
    }
    let figures = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "get_conversation_analytics", "arguments": {} },
    });
    let request = Request::post(mcp::PATH)
        .header("host", "api.example.org")
        .header("x-api-key", LOCAL_KEY)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(Body::from(figures.to_string()))
        .unwrap();
    let answer = mcp::router(world.app.clone()).oneshot(request).await;
    assert_eq!(answer.unwrap().status(), 200);
    world.compare("mcp");
    let path = "/api/tools/save_patient_data";
    for age in [44, 45] {
        world
            .ask_as_agent(id, tools::router, path, answers(age))
            .await;
    }
    world.compare("tools");
}

/// A call of which somebody picked up, and an agent is ready.
async fn talked_in(world: &World) -> CallId {
    let id = world.call("+911234567890").await.parse().unwrap();
    world.clock.advance(A_WHILE);
    sweep::tick(&world.app).await;
    for event in [
        CallEvent::StreamOpened {
            attempt: 1,
            carrier_call_id: None,
        },
        CallEvent::AgentReady {
            attempt: 1,
            stream: 1,
            conversation_id: ConversationId::new("conv_1"),
        },
    ] {
        world.app.calls.apply(id, &event).await.unwrap();
    }
    id
}

#[tokio::test]
async fn patients_asks_for_what_its_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let hold = patients::HOLD_PATH.replace("{id}", "patient_123");
    let patient = patients::PATH.replace("{id}", "patient_123");
    for (method, path, expected) in [
        ("PUT", hold.as_str(), 200),
        ("DELETE", &hold, 204),
        ("DELETE", &patient, 202),
        ("GET", patients::ERASURES_PATH, 200),
    ] {
        let request = (method, path, Value::Null);
        world.ask(patients::router, request, expected).await;
    }
    world.compare("patients");
}

#[tokio::test]
async fn reports_ask_for_what_their_roles_allow() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let request = ("GET", reports::analytics::PATH, Value::Null);
    let figures = world.ask(reports::analytics::router, request, 200).await;
    assert_eq!(figures["calls"], 1);
    world.compare("analytics");
    let request = ("GET", reports::export::PATH, Value::Null);
    let page = world.ask(reports::export::router, request, 200).await;
    assert_eq!(page["rows"].as_array().unwrap().len(), 1);
    world.compare("export");
}

#[tokio::test]
async fn post_call_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let id = talked_in(&world).await;
    world.asked.take();
    let body = json!({
        "type": "post_call_transcription",
        "data": { "conversation_id": "conv_1", "user_id": id },
    });
    let body = body.to_string();
    let signature = crate::post_call::signature(SECRET, world.app.calls.now(), body.as_bytes());
    let request = Request::post(post_call::PATH)
        .header("elevenlabs-signature", signature)
        .body(Body::from(body))
        .unwrap();
    let answer = post_call::router(world.app.clone()).oneshot(request).await;
    assert_eq!(answer.unwrap().status(), 200);
    world.compare("post_call");
}

#[tokio::test]
async fn webhook_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let id = world.call("+911234567890").await;
    world.clock.advance(A_WHILE);
    sweep::tick(&world.app).await;
    world.asked.take();
    let report = json!({
        "callSessionId": id, "uuid": "carrier-1", "customer_number": "+911234567890",
        "call_status": "busy",
    });
    let request = ("POST", webhook::PATH, report);
    let answer = world.ask(webhook::router, request, 200).await;
    assert_eq!(answer["applied"], true);
    world.compare("webhook");
}

#[tokio::test]
async fn dialling_asks_for_what_its_role_allows() {
    let world = World::new().await;
    for (path, status) in [
        (dialling::PAUSE_PATH, "paused"),
        (dialling::RESUME_PATH, "running"),
    ] {
        let request = ("POST", path, json!({}));
        let answer = world.ask(dialling::router, request, 200).await;
        assert_eq!(answer["status"], status);
    }
    let request = ("GET", dialling::PATH, Value::Null);
    world.ask(dialling::router, request, 200).await;
    world.compare("dialling");
}

#[tokio::test]
async fn sweep_and_replay_ask_for_what_their_roles_allow() {
    let world = World::new().await;
    let id = world.call("+911234567890").await;
    world.asked.take();
    // The dial, the deadlines of a phone that nobody tells of, and the outcome that nobody wants.
    let mut total = sweep::SweepReport::default();
    for _ in 0..4 {
        world.clock.advance(A_WHILE);
        total += sweep::tick(&world.app).await;
    }
    assert_eq!((total.dials, total.outcomes, total.errors), (1, 1, 0));
    // A conversation whose post-call report nobody brings, and which is then asked for and read.
    talked_in(&world).await;
    for _ in 0..4 {
        world.clock.advance(A_WHILE);
        total += sweep::tick(&world.app).await;
    }
    assert!(total.conversations > 1 && total.errors == 0, "{total:?}");
    // So many outcomes that their receivers could be in each other's way.
    for n in 0..5 {
        let mut request = crate::support::request_for(&format!("+91123456780{n}"));
        request.callback_url = Some("https://crm.example.org/hook".to_owned());
        let calls = &world.app.calls;
        calls.create(&request, None).await.unwrap();
        let applied = calls.apply(request.id, &CallEvent::Cancelled).await;
        applied.unwrap();
    }
    assert_eq!(sweep::tick(&world.app).await.outcomes, 10);
    world.compare("sweep");

    for (body, queued) in [
        (json!({ "parked": true }), 12),
        (json!({ "sessionId": id }), 1),
    ] {
        let request = ("POST", replay::PATH, body);
        let answer = world.ask(replay::router, request, 202).await;
        assert_eq!(answer["queued"], queued);
    }
    world.compare("replay");
}
