//! A patient who wants to be forgotten is out of sight at once, and erased when the law allows it.

mod in_time;
mod platform;
mod restricted;
mod rows;

use crate::support::{self, answer_of, answer_token, ask, clean_audio, hung_up, session_token};
use axum::{body::Body, http::Request};
use call::{
    CallEvent, CarrierStatus, Policy, Speaker, Turn,
    ids::{CallId, CarrierCallId, ConversationId},
};
use functions::App;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use store::{CallStore, ConversationKey, ReportSource, calls::Calls};
use tests::meter::{API_KEY, Metered};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What must not be left: name, number, answers, what was said, its post-call report, whose text is
/// compressed, and what was lost of its audio.
const TRACES: [&str; 9] = [
    "राहुल",
    "1234567890",
    "जयपुर",
    "सीने में दर्द",
    "heart surgery",
    "patient_123",
    "Dr. Smith",
    "POST_CALL#conv_1",
    "AUDIO#01#0001",
];

struct World {
    system: Metered,
    app: Arc<App>,
}

impl World {
    /// The functions, keeping data for some days after the moment at which their clock stands, which
    /// is past: of the database's own clock, what is kept for a day expired weeks ago.
    async fn start(days: u32) -> Self {
        crate::privacy::watch();
        let system = Metered::start(Policy::default()).await;
        let store = CallStore::new(system.meter.client(), "calls").keeping(DAY * days);
        let clock = Arc::new(system.clock.clone());
        let calls = Calls::new(store, clock, Policy::default());
        let mut app = App::new(calls, system.app.carrier.clone(), system.api_config());
        app.notifier = system.app.notifier.clone();
        let app = Arc::new(app);
        Self { system, app }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        ask(&self.app, method, path, &[("x-api-key", API_KEY)], &body).await
    }

    /// Places a call for a patient of the CRM; it rings.
    async fn call(&self, patient: Option<&str>) -> CallId {
        let mut body = support::patient("+911234567890");
        body["patientData"]["id"] = json!(patient);
        body["callbackUrl"] = json!("https://crm.example.org/outcomes");
        let (status, answer) = self.ask("POST", "/api/outbound-call", body).await;
        assert_eq!(status, 202, "{answer}");
        answer["sessionId"].as_str().unwrap().parse().unwrap()
    }

    async fn apply(&self, id: CallId, event: CallEvent) {
        self.app.calls.apply(id, &event).await.unwrap();
    }

    /// Somebody talks, answers, and leaves every kind of trace.
    async fn talk(&self, id: CallId) {
        self.apply(
            id,
            CallEvent::StreamOpened {
                attempt: 1,
                carrier_call_id: Some(CarrierCallId::new(&format!("carrier-{id}"))),
            },
        )
        .await;
        let conversation_id = ConversationId::new("conv_1");
        self.apply(
            id,
            CallEvent::AgentReady {
                attempt: 1,
                stream: 1,
                conversation_id: conversation_id.clone(),
            },
        )
        .await;
        assert_eq!(self.save(id, "city", "जयपुर").await, 200);
        assert_eq!(self.save(id, "healthIssue", "सीने में दर्द").await, 200);
        let (store, now) = (&self.app.calls.store, self.app.calls.now());
        let turn = Turn {
            attempt: 1,
            at: now,
            seq: 1,
            role: Speaker::Callee,
            text: "मैं राहुल बोल रहा हूँ".to_owned(),
            interrupted: false,
        };
        store.save_turn(id, &turn).await.unwrap();
        store.save_audio(id, &clean_audio(1, now)).await.unwrap();
        let report = json!({
            "conversation_id": "conv_1", "status": "done",
            "transcript": [{ "role": "user", "message": "मैं राहुल बोल रहा हूँ, जयपुर से" }],
            "analysis": { "transcript_summary": "राहुल has सीने में दर्द" },
        });
        let key = ConversationKey {
            call_id: id,
            conversation_id,
        };
        let report = report.to_string().into_bytes();
        store
            .receive_conversation(&key, 1, &report, ReportSource::Webhook, now)
            .await
            .unwrap();
    }

    /// Saves an answer as the agent does.
    async fn save(&self, id: CallId, field: &str, value: &str) -> u16 {
        let path = "/api/tools/save_patient_response";
        let token = answer_token(&self.app, id);
        let headers = [("authorization", token.as_str())];
        let body = json!({ "field": field, "value": value });
        ask(&self.app, "POST", path, &headers, &body).await.0
    }

    async fn hang_up(&self, id: CallId) {
        self.apply(id, hung_up()).await;
    }

    async fn status(&self, id: CallId) -> u16 {
        let path = format!("/api/outbound-call/{id}");
        self.ask("GET", &path, Value::Null).await.0
    }

    /// The traces that are found in the table.
    fn traces(&self) -> BTreeSet<&'static str> {
        let items = self.system.meter.items();
        let table: String = items.iter().map(ToString::to_string).collect();
        TRACES
            .into_iter()
            .filter(|trace| table.contains(*trace))
            .collect()
    }

    /// How many items the database erases because their time is over.
    fn expire(&self) -> usize {
        self.system.meter.expire()
    }
}

#[tokio::test]
async fn nobody_reads_a_patient_who_is_to_be_erased() {
    let world = World::start(365).await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.hang_up(id).await;
    let again = world.call(Some("patient_123")).await;
    world.talk(again).await;
    let other = {
        let carrier = CallEvent::Carrier {
            attempt: 1,
            status: CarrierStatus::Busy,
        };
        world.apply(again, carrier).await;
        again
    };
    let (status, answer) = world
        .ask("DELETE", "/api/patients/patient_123", Value::Null)
        .await;
    assert_eq!((status, &answer["calls"]), (202, &json!(2)), "{answer}");
    assert_eq!(answer["held"], false);
    assert_eq!(answer["erasedAfter"], "2027-10-31T22:40:00.000Z");
    for call in [id, other] {
        assert_eq!(world.status(call).await, 404);
        let path = format!("/api/outbound-call/{call}");
        assert_eq!(world.ask("DELETE", &path, Value::Null).await.0, 404);
        assert_eq!(
            world.save(call, "city", "पुणे").await,
            404,
            "an answer was taken"
        );
    }
    // The one that ran was ended, so the number is free.
    let (_, list) = world.ask("GET", "/api/outbound-calls", Value::Null).await;
    assert_eq!(list["calls"], json!([]));
    let (_, list) = world
        .ask(
            "GET",
            "/api/outbound-calls?patientId=patient_123",
            Value::Null,
        )
        .await;
    assert_eq!(list["calls"], json!([]));
    let fresh = world.call(Some("patient_123")).await;
    assert_eq!(
        world.status(fresh).await,
        200,
        "a new call is no part of it"
    );

    let (_, erasures) = world.ask("GET", "/api/erasures", Value::Null).await;
    let erasure = &erasures["erasures"][0];
    assert_eq!(
        (&erasure["id"], &erasure["by"]),
        (&answer["erasureId"], &json!("crm"))
    );
    assert_eq!(
        world
            .ask("DELETE", "/api/patients/nobody", Value::Null)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn a_call_that_named_no_patient_is_found_by_its_session() {
    let world = World::start(365).await;
    let id = world.call(None).await;
    let path = format!("/api/patients/{id}");
    let (status, answer) = world.ask("DELETE", &path, Value::Null).await;
    assert_eq!((status, &answer["calls"]), (202, &json!(1)));
    assert_eq!(world.status(id).await, 404);
    // Again changes nothing, and is remembered too.
    assert_eq!(world.ask("DELETE", &path, Value::Null).await.0, 202);
    let (_, erasures) = world.ask("GET", "/api/erasures", Value::Null).await;
    assert_eq!(erasures["erasures"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn only_an_administrator_erases() {
    let world = World::start(365).await;
    let id = world.call(Some("patient_123")).await;
    let session = session_token(&world.app, id);
    for (method, path) in [
        ("DELETE", "/api/patients/patient_123"),
        ("PUT", "/api/patients/patient_123/hold"),
        ("DELETE", "/api/patients/patient_123/hold"),
        ("GET", "/api/erasures"),
    ] {
        for (token, expected) in [
            ("", 401),
            ("Bearer nobody", 401),
            (&format!("Bearer {session}"), 403),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("authorization", token)
                .body(Body::empty())
                .unwrap();
            let (status, _) = answer_of(&world.app, request).await;
            assert_eq!(status, expected, "{method} {path} {token}");
        }
    }
    assert_eq!(world.status(id).await, 200);
}
