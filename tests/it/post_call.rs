//! Records complete themselves: by the platform's webhook, or by asking when it never comes.

mod asked;
mod power_cut;

use crate::support::answer_of;
use axum::{body::Body, http::Request};
use call::{
    CallEvent, HungUpBy, Policy,
    answers::{Given, Source},
    ids::{CallId, ConversationId},
    time::Timestamp,
};
use elevenlabs::{AgentError, Conversations};
use functions::{App, sweep};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{CallStore, calls::Calls};
use tests::{
    in_process,
    meter::{API_KEY, Metered},
};

const SECRET: &str = "wsec_test_0123456789abcdef";
const MINUTE: Duration = Duration::from_secs(60);

/// `ElevenLabs-Signature` of a body.
pub(crate) fn signature(secret: &str, at: Timestamp, body: &[u8]) -> String {
    simulators::elevenlabs::sign(secret, at.as_secs(), body)
}

/// What the platform says when it is asked, and how often it was.
#[derive(Default)]
struct Platform {
    says: Mutex<Option<Result<Value, AgentError>>>,
    asked: AtomicUsize,
}

impl Platform {
    fn says(&self, answer: Result<Value, AgentError>) {
        *self.says.lock().unwrap() = Some(answer);
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

impl Conversations for Platform {
    fn conversation<'a>(
        &'a self,
        _: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, AgentError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let says = self.says.lock().unwrap().clone();
        let says = says.unwrap_or(Err(AgentError::Refused(404)));
        Box::pin(async move { says.map(|report| report.to_string().into_bytes()) })
    }

    fn delete<'a>(&'a self, _: &'a ConversationId) -> BoxFuture<'a, Result<(), AgentError>> {
        Box::pin(async { Err(AgentError::Unavailable) })
    }
}

/// A call in which somebody is talking.
struct World {
    system: Metered,
    app: Arc<App>,
    platform: Arc<Platform>,
    call: CallId,
}

/// The functions as the settings of these tests have them, on any connection to the database.
fn functions_on(system: &Metered, store: CallStore, platform: &Arc<Platform>) -> Arc<App> {
    let clock = Arc::new(system.clock.clone());
    let calls = Calls::new(store, clock, Policy::default());
    let mut app = App::new(calls, system.app.carrier.clone(), system.api_config());
    app.post_call_secret = Some(SECRET.into());
    app.conversations = Some(platform.clone());
    Arc::new(app)
}

impl World {
    async fn start() -> Self {
        crate::privacy::watch();
        let system = Metered::start(Policy::default()).await;
        let platform = Arc::new(Platform::default());
        let app = functions_on(&system, system.app.calls.store.clone(), &platform);
        let mut request = crate::support::request_for("+911234567890");
        request.callback_url = Some("https://crm.example.com/hook".to_owned());
        app.calls.create(&request, None).await.unwrap();
        let world = Self {
            system,
            app,
            platform,
            call: request.id,
        };
        world.sweep().await;
        world
            .apply(CallEvent::StreamOpened {
                attempt: 1,
                carrier_call_id: None,
            })
            .await;
        world.ready("conv_1").await;
        world
    }

    async fn ready(&self, conversation: &str) {
        let conversation_id = ConversationId::new(conversation);
        self.apply(CallEvent::AgentReady {
            attempt: 1,
            stream: 1,
            conversation_id,
        })
        .await;
    }

    async fn hang_up(&self) {
        let by = HungUpBy::Callee;
        self.apply(CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by,
        })
        .await;
    }

    async fn apply(&self, event: CallEvent) {
        self.app.calls.apply(self.call, &event).await.unwrap();
    }

    async fn sweep(&self) {
        sweep::tick(&self.app).await;
    }

    async fn after(&self, wait: Duration) {
        self.system.clock.advance(wait);
        self.sweep().await;
    }

    async fn save(&self, field: &str, value: Value) {
        let given = Given {
            value,
            at: self.app.calls.now(),
            attempt: 1,
            source: Source::Mcp,
            conversation: None,
            turn: None,
        };
        let store = &self.app.calls.store;
        store
            .save_patient_answer(self.call, field, &given)
            .await
            .unwrap();
    }

    /// What the platform tells of this call's conversation.
    fn report(&self, collected: &Value) -> Value {
        let results = collected.as_object().unwrap().iter();
        let results = results.map(|(field, value)| (field.clone(), json!({ "value": value })));
        json!({
            "agent_id": "agent_x", "conversation_id": "conv_1", "status": "done",
            "transcript": [{ "role": "user", "message": "मैं बयालीस साल का हूँ", "time_in_call_secs": 4 }],
            "metadata": { "call_duration_secs": 181, "termination_reason": "end_call tool was called" },
            "analysis": {
                "data_collection_results": results.collect::<serde_json::Map<_, _>>(),
                "evaluation_criteria_results": { "consent": { "result": "success" } },
                "call_successful": "success", "transcript_summary": "Age collected.",
            },
            "conversation_initiation_client_data": {
                "dynamic_variables": { "call_id": self.call, "attempt": 1 },
            },
        })
    }

    /// Brings it as the webhook does; status and answer.
    async fn brought(&self, data: &Value) -> (u16, Value) {
        let body = json!({ "type": "post_call_transcription", "event_timestamp": 1, "data": data });
        let body = body.to_string();
        let signature = signature(SECRET, self.app.calls.now(), body.as_bytes());
        self.post(&signature, body).await
    }

    async fn post(&self, signature: &str, body: String) -> (u16, Value) {
        let request = Request::post("/api/elevenlabs/webhook")
            .header("elevenlabs-signature", signature)
            .header("content-type", "application/json")
            .body(Body::from(body));
        answer_of(&self.app, request.unwrap()).await
    }

    async fn record(&self) -> Value {
        let request = Request::get(format!("/api/outbound-call/{}", self.call))
            .header("x-api-key", API_KEY)
            .body(Body::empty());
        let (status, record) = answer_of(&self.app, request.unwrap()).await;
        assert_eq!(status, 200);
        record
    }
}

#[tokio::test]
async fn the_webhook_completes_the_record() {
    let world = World::start().await;
    world.hang_up().await;
    let report =
        world.report(&json!({ "age": "बयालीस", "city": "जयपुर", "gender": null, "hobby": "chess" }));
    let (status, receipt) = world.brought(&report).await;
    assert_eq!((status, &receipt["matched"]), (200, &json!(true)));
    world.sweep().await;
    let record = world.record().await;
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["answers"]["age"]["source"], "post_call");
    assert_eq!(record["answers"]["city"]["value"], "जयपुर");
    assert_eq!(record["summary"]["value"], "Age collected.");
    assert_eq!(record["dataComplete"], false);
    let conversation = &record["conversations"][0];
    assert_eq!(conversation["conversationId"], "conv_1");
    assert_eq!(conversation["source"], "webhook");
    assert_eq!(conversation["unread"], json!(["hobby"]));
    let digest = &conversation["digest"];
    assert_eq!(digest["terminationReason"], "end_call tool was called");
    assert_eq!(digest["evaluation"]["consent"]["result"], "success");
    assert_eq!(digest["transcript"][0]["role"], "callee");
    // Nobody asks for what has come.
    for _ in 0..30 {
        world.after(60 * MINUTE).await;
    }
    assert_eq!(world.platform.asked(), 0);
}

#[tokio::test]
async fn what_was_saved_live_stands_and_the_other_reading_is_flagged() {
    let world = World::start().await;
    world.save("age", json!(42)).await;
    world.save("city", json!("जयपुर")).await;
    world.save("_summary", json!("By the agent.")).await;
    world.hang_up().await;
    let report = world.report(&json!({ "age": 24, "city": "जयपुर", "severity": 7 }));
    world.brought(&report).await;
    world.sweep().await;
    let record = world.record().await;
    let (age, city) = (&record["answers"]["age"], &record["answers"]["city"]);
    assert_eq!((&age["value"], &age["source"]), (&json!(42), &json!("mcp")));
    assert_eq!(age["conflict"]["value"], 24);
    assert_eq!(age["conflict"]["source"], "post_call");
    assert_eq!(
        (&city["source"], &city["conflict"]),
        (&json!("mcp"), &Value::Null)
    );
    assert_eq!(record["answers"]["severity"]["value"], 7);
    assert_eq!(record["summary"]["value"], "By the agent.");
    assert_eq!(
        record["conversations"][0]["digest"]["summary"],
        "Age collected."
    );
}

#[tokio::test]
async fn a_webhook_that_comes_twice_or_early_is_taken_once() {
    let world = World::start().await;
    // Before the relay's own word of the conversation.
    let mut other = world.report(&json!({ "age": 42 }));
    other["conversation_id"] = json!("conv_2");
    for _ in 0..3 {
        assert_eq!(world.brought(&other).await.0, 200);
    }
    world.sweep().await;
    world.ready("conv_2").await;
    world.hang_up().await;
    let mut changed = other.clone();
    changed["analysis"]["data_collection_results"]["age"]["value"] = json!(24);
    assert_eq!(world.brought(&changed).await.0, 200);
    for _ in 0..3 {
        world.after(MINUTE).await;
    }
    let record = world.record().await;
    let age = &record["answers"]["age"];
    assert_eq!((&age["value"], &age["earlier"]), (&json!(42), &Value::Null));
    let conversations = record["conversations"].as_array().unwrap();
    let ids: Vec<_> = conversations
        .iter()
        .map(|one| &one["conversationId"])
        .collect();
    assert_eq!(
        ids,
        ["conv_1", "conv_2"],
        "the one that was replaced is awaited too"
    );
    assert!(conversations[1]["mergedAt"].is_string());
}

#[tokio::test]
async fn only_the_platform_is_believed() {
    let world = World::start().await;
    let body =
        json!({ "type": "post_call_transcription", "data": world.report(&json!({ "age": 1 })) });
    let body = body.to_string();
    let now = world.app.calls.now();
    let good = signature(SECRET, now, body.as_bytes());
    for signature in [
        String::new(),
        "t=1,v0=00".to_owned(),
        signature("wsec_other", now, body.as_bytes()),
        signature(SECRET, now - 31 * MINUTE, body.as_bytes()),
        signature(SECRET, now + 6 * MINUTE, body.as_bytes()),
        good.replace("v0=", "v1="),
    ] {
        let (status, answer) = world.post(&signature, body.clone()).await;
        assert_eq!(status, 401, "{signature} was taken");
        assert_eq!(answer["error"]["code"], "unauthorized");
    }
    assert_eq!(
        world
            .post(&good, body.replace("1793", "1794") + " ")
            .await
            .0,
        401
    );
    world.sweep().await;
    assert_eq!(world.record().await["answers"], json!({}));
    // Signed, and nothing that we can use: it arrived, so that it is not sent again.
    let unknown = json!({ "conversation_id": "c", "user_id": CallId::from_bytes([9; 16]) });
    for body in [
        json!({ "type": "post_call_transcription", "data": unknown }).to_string(),
        json!({ "type": "post_call_audio", "data": { "full_audio": "" } }).to_string(),
        json!({ "type": "of_tomorrow" }).to_string(),
        "no JSON".to_owned(),
    ] {
        let signature = signature(SECRET, now, body.as_bytes());
        let (status, receipt) = world.post(&signature, body).await;
        assert_eq!((status, &receipt["matched"]), (200, &json!(false)));
    }
    let long = " ".repeat(4 * 1024 * 1024 + 1);
    let signature = signature(SECRET, now, long.as_bytes());
    assert_eq!(world.post(&signature, long).await.0, 413);
}
