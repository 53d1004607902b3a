//! Records complete themselves: by the platform's webhook, or by asking when it never comes.

mod asked;
mod power_cut;
mod webhook;

use crate::support::{agent_ready, answer_of, hung_up, picked_up};
use axum::{body::Body, http::Request};
use call::{
    CallEvent, Policy,
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
use tests::meter::{API_KEY, Metered};

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
    app.post_call_secrets = vec![SECRET.into()];
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
        world.apply(picked_up()).await;
        world.ready("conv_1").await;
        world
    }

    async fn ready(&self, conversation: &str) {
        self.apply(agent_ready(conversation)).await;
    }

    async fn hang_up(&self) {
        self.apply(hung_up()).await;
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
