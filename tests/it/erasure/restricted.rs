//! From the moment of its request on, nobody hears of a patient who is to be erased.

use super::*;
use crate::support::{first_talk, mcp};
use access::Talk;
use agent_tools::{ToolError, ToolUse};
use call::delivery::Target;
use functions::sweep;
use futures_util::future::BoxFuture;
use serde_json::Map;
use std::sync::Mutex;
use webhooks::{Notice, Notifier, NotifyError};

/// Where the operator hears of outcomes.
const MONITORING: &str = "https://ops.example.org/hook";

/// A receiver that takes everything and forgets nothing.
#[derive(Default)]
struct Heard(Mutex<Vec<(Target, Value)>>);

impl Notifier for Heard {
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        let body = serde_json::from_slice(&notice.body).unwrap();
        self.0.lock().unwrap().push((notice.target, body));
        Box::pin(async { Ok(()) })
    }
}

impl Heard {
    /// The data of what one receiver heard, in order.
    fn by(&self, target: Target) -> Vec<Value> {
        let heard = self.0.lock().unwrap();
        let own = heard.iter().filter(|(by, _)| *by == target);
        own.map(|(_, body)| body["data"].clone()).collect()
    }
}

/// A world whose outcomes are heard by the CRM and by the operator.
async fn heard() -> (World, Arc<Heard>) {
    let mut world = World::start(365).await;
    let heard = Arc::new(Heard::default());
    let system = &world.system;
    let policy = Policy {
        reports_outcomes: true,
        ..Policy::default()
    };
    let calls = Calls::new(
        system.app.calls.store.clone(),
        system.app.calls.clock.clone(),
        policy,
    );
    let mut app = App::new(calls, system.app.carrier.clone(), system.api_config());
    app.notifier = Some(heard.clone());
    app.monitoring_url = Some(MONITORING.to_owned());
    world.app = Arc::new(app);
    (world, heard)
}

impl World {
    async fn restrict(&self) {
        let path = "/api/patients/patient_123";
        assert_eq!(self.ask("DELETE", path, Value::Null).await.0, 202);
    }

    async fn replay(&self, body: Value) -> u16 {
        self.ask("POST", "/api/events/replay", body).await.0
    }
}

#[tokio::test]
async fn the_crms_own_data_goes_to_the_crm_alone() {
    let (world, heard) = heard().await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.hang_up(id).await;
    sweep::tick(&world.app).await;
    let (crm, operator) = (heard.by(Target::Callback), heard.by(Target::Monitoring));
    assert_eq!(crm[0]["metadata"], json!({ "campaign": "june" }));
    assert_eq!(crm[0]["answers"]["city"]["value"], "जयपुर");
    assert_eq!(operator[0]["sessionId"], json!(id));
    assert_eq!(operator[0]["patientId"], "patient_123");
    assert!(operator[0]["metadata"].is_null(), "{}", operator[0]);
}

#[tokio::test]
async fn an_event_of_a_restricted_call_says_that_it_ended_and_no_more() {
    let (world, heard) = heard().await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.hang_up(id).await;
    world.restrict().await;
    // Queued before the restriction, sent after it; then everything that may be queued again.
    sweep::tick(&world.app).await;
    assert_eq!(world.replay(json!({ "parked": true })).await, 202);
    sweep::tick(&world.app).await;
    let expected = json!({
        "sessionId": id, "sequence": 7, "status": "completed", "cause": "callee_hung_up",
        "attempt": 1, "outcome": "answered",
    });
    for target in [Target::Callback, Target::Monitoring] {
        assert_eq!(heard.by(target), std::slice::from_ref(&expected));
    }
}

#[tokio::test]
async fn a_call_that_the_erasure_ends_is_told_without_its_patient() {
    let (world, heard) = heard().await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.restrict().await;
    sweep::tick(&world.app).await;
    let event = heard.by(Target::Callback);
    let [event] = &event[..] else {
        panic!("{event:?}")
    };
    assert_eq!(
        (&event["status"], &event["cause"]),
        (&json!("failed"), &json!("cancelled"))
    );
    for field in [
        "patientId",
        "metadata",
        "answers",
        "transcript",
        "conversations",
    ] {
        assert!(event[field].is_null(), "{event}");
    }
}

#[tokio::test]
async fn the_events_of_a_restricted_call_cannot_be_replayed() {
    let (world, heard) = heard().await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.hang_up(id).await;
    sweep::tick(&world.app).await;
    assert_eq!(world.replay(json!({ "sessionId": id })).await, 202);
    sweep::tick(&world.app).await;
    let before = heard.by(Target::Callback).len();
    world.restrict().await;
    assert_eq!(world.replay(json!({ "sessionId": id })).await, 404);
    sweep::tick(&world.app).await;
    assert_eq!(heard.by(Target::Callback).len(), before);
}

#[tokio::test]
async fn no_tool_knows_a_restricted_patient() {
    let world = World::start(365).await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.restrict().await;
    for (name, arguments) in [
        (
            "save_patient_response",
            json!({ "field": "city", "value": "जयपुर" }),
        ),
        (
            "save_patient_response",
            json!({ "field": "city", "value": "पुणे" }),
        ),
        ("save_patient_data", json!({ "city": "जयपुर" })),
        ("save_patient_data", json!({})),
        ("validate_patient_data", json!({ "city": "जयपुर" })),
        ("save_conversation_summary", json!({ "summary": "Pain." })),
    ] {
        let said = world.hook(id, name, &arguments).await;
        assert_eq!(said.0, 404, "{name} {arguments}: {}", said.1);
        let said = world.mcp(id, name, &arguments).await;
        assert_eq!(said["isError"], true, "{said}");
        let text = &said["content"][0]["text"];
        assert_eq!(text, "there is no such call session");
    }
    let time = json!({ "time": "2026-11-24T18:30:00+05:30" });
    let said = world.live(id, "schedule_callback", &time).await;
    assert!(matches!(said, Err(ToolError::NoSuchCall)), "{said:?}");
    // Who wants no more calls is heard all the same: that is for their own protection.
    assert!(world.live(id, "opt_out", &json!({})).await.is_ok());
}

impl World {
    async fn hook(&self, id: CallId, name: &str, arguments: &Value) -> (u16, Value) {
        let token = answer_token(&self.app, id);
        let headers = [("authorization", token.as_str())];
        let path = format!("/api/tools/{name}");
        ask(&self.app, "POST", &path, &headers, arguments).await
    }

    async fn mcp(&self, id: CallId, name: &str, arguments: &Value) -> Value {
        let params = json!({ "name": name, "arguments": arguments });
        let (_, answer) = mcp(
            &self.app,
            &answer_token(&self.app, id),
            "tools/call",
            params,
        )
        .await;
        answer["result"].clone()
    }

    /// Calls a tool that is there over the conversation's socket only.
    async fn live(&self, id: CallId, name: &str, arguments: &Value) -> Result<Value, ToolError> {
        let calls = &self.app.calls;
        let request = calls.store.request(id).await.unwrap().unwrap();
        let talk: Talk = first_talk(id);
        let tool_use = ToolUse {
            talk,
            source: call::answers::Source::ClientTool,
            turn: None,
        };
        let none = Map::new();
        let arguments = arguments.as_object().unwrap_or(&none);
        agent_tools::live::run(calls, &request, tool_use, name, arguments)
            .await
            .unwrap()
    }
}

/// Whatever is left when the time is over is known to be without a patient.
#[tokio::test]
async fn what_remains_are_counts_and_lists_alone() {
    let world = World::start(1).await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    sweep::tick(&world.app).await;
    world.hang_up(id).await;
    world.restrict().await;
    sweep::tick(&world.app).await;
    let partitions = |world: &World| -> BTreeSet<String> {
        let items = world.system.meter.items();
        let keys = items.iter().map(|item| item["PK"]["S"].as_str().unwrap());
        keys.map(|key| key.split('#').next().unwrap().to_owned())
            .collect()
    };
    assert!(partitions(&world).contains("CARRIER"));
    world.expire();
    let left = partitions(&world);
    assert_eq!(
        left,
        ["CHANNELS", "ERASURES", "STATS"].map(str::to_owned).into()
    );
}
