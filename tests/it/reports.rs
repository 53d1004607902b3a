//! What many calls gave is given back: figures and rows, to administrators only.

mod export;
mod readers;

use crate::support::{hung_up, mcp, picked_up};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use call::{
    CallEvent, Policy,
    answers::{Given, Source},
    ids::CallId,
    report::Prices,
};
use functions::App;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tests::meter::{API_KEY, Metered};
use tower::ServiceExt;

const HOUR: Duration = Duration::from_secs(3_600);

struct World {
    system: Metered,
    /// How long whoever picks up talks.
    talk: Duration,
}

impl World {
    async fn start() -> Self {
        crate::privacy::watch();
        let policy = Policy {
            max_concurrent_calls: 1_000,
            ..Policy::default()
        };
        Self {
            system: Metered::start(policy).await,
            talk: Duration::ZERO,
        }
    }

    /// A call that was asked for, and what was answered in it, if anybody answered.
    async fn call(&self, n: usize, answers: Option<Value>) -> CallId {
        let calls = &self.system.app.calls;
        // Calls of the same instant come in the order of their ids, which is nobody's.
        self.system.clock.advance(Duration::from_millis(1));
        let mut request = crate::support::request_for(&format!("+9112345{n:05}"));
        request.patient.id = Some(format!("patient_{n}"));
        calls.create(&request, None).await.unwrap();
        let id = request.id;
        let Some(answers) = answers else { return id };
        for event in [
            CallEvent::DialDue,
            CallEvent::DialDispatched { attempt: 1 },
            picked_up(),
        ] {
            calls.apply(id, &event).await.unwrap();
        }
        for (field, value) in answers.as_object().unwrap() {
            let given = Given {
                value: value.clone(),
                at: calls.now(),
                attempt: 1,
                source: Source::Mcp,
                conversation: None,
                turn: None,
            };
            let saved = calls.store.save_patient_answer(id, field, &given);
            saved.await.unwrap();
        }
        self.system.clock.advance(self.talk);
        calls.apply(id, &hung_up()).await.unwrap();
        id
    }

    async fn get(&self, path: &str) -> (u16, HeaderMap, String) {
        get(&self.system.app, path, API_KEY).await
    }

    async fn json(&self, path: &str) -> Value {
        let (status, _, body) = self.get(path).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn mcp(&self, credential: &str, method: &str, params: Value) -> Value {
        let (_, answer) = mcp(&self.system.app, credential, method, params).await;
        answer
    }
}

async fn get(app: &Arc<App>, path: &str, key: &str) -> (u16, HeaderMap, String) {
    let request = Request::get(path)
        .header("x-api-key", key)
        .body(Body::empty());
    let answer = functions::router(app.clone())
        .oneshot(request.unwrap())
        .await;
    let (parts, body) = answer.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status.as_u16(), parts.headers, body)
}

fn whole(age: i64, city: &str) -> Value {
    json!({
        "patientName": "राहुल शर्मा", "age": age, "gender": "male", "healthIssue": "सीने में दर्द",
        "duration": "दो हफ़्ते", "severity": 7, "city": city,
    })
}

#[tokio::test]
async fn figures_add_up_over_pages_and_days() {
    let world = World::start().await;
    for n in 0..260 {
        world.call(n, Some(whole(42, "जयपुर"))).await;
    }
    // Half past four in the morning in India by now; the evening of the day before in UTC.
    world.system.clock.advance(HOUR * 24);
    world.call(900, Some(json!({ "age": 70 }))).await;
    world.call(901, None).await;
    let week = world.json("/api/analytics?range=week").await;
    assert_eq!(
        (&week["calls"], &week["completed"]),
        (&json!(262), &json!(261))
    );
    assert_eq!(
        (&week["dataComplete"], &week["completionRate"]),
        (&json!(260), &json!(1.0))
    );
    assert_eq!(
        week["fields"]["city"]["top"][0],
        json!({ "value": "जयपुर", "count": 260 })
    );
    assert_eq!(
        week["fields"]["age"]["groups"],
        json!({ "35-49": 260, "65+": 1 })
    );
    let today = world.json("/api/analytics").await;
    assert_eq!(
        (&today["calls"], &today["unfinished"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        (&today["from"], &today["to"]),
        (&json!("2026-11-01"), &json!("2026-11-01"))
    );
    let before = world
        .json("/api/analytics?from=2026-10-31&to=2026-10-31")
        .await;
    assert_eq!(before["calls"], 260);
    let none = world
        .json("/api/analytics?from=2026-10-01&to=2026-10-30")
        .await;
    assert_eq!(
        (&none["calls"], &none["completionRate"]),
        (&json!(0), &Value::Null)
    );
}

#[tokio::test]
async fn what_calls_cost_is_told_once_a_minute_has_a_price() {
    let mut world = World::start().await;
    for (n, secs) in [(0, 61), (1, 120)] {
        world.talk = Duration::from_secs(secs);
        world.call(n, Some(whole(42, "जयपुर"))).await;
    }
    world.talk = Duration::from_secs(20);
    world.call(2, Some(json!({ "age": 42 }))).await;
    world.call(3, None).await;
    let figures = world.json("/api/analytics").await;
    let billed = json!({ "carrierMinutes": 2 + 2 + 1, "agentSecs": 61 + 120 + 20 });
    assert_eq!(figures["billed"], billed);
    assert!(figures.get("cost").is_none(), "{figures}");
    let app = Arc::get_mut(&mut world.system.app).unwrap();
    app.prices = Prices {
        carrier: "0.80".parse().ok(),
        agent: "7.50".parse().ok(),
    };
    let figures = world.json("/api/analytics").await;
    let cost = json!({
        "paise": 400 + 2_513, "carrierPaise": 400, "agentPaise": 2_513,
        "paisePerCall": 728, "paisePerCompleteRecord": 1_457,
    });
    assert_eq!((&figures["billed"], &figures["cost"]), (&billed, &cost));
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let world = World::start().await;
    for (path, field) in [
        ("/api/analytics?range=year", "range"),
        ("/api/analytics?format=csv", "format"),
        ("/api/analytics?from=yesterday", "from"),
        ("/api/export?format=xlsx", "format"),
        ("/api/export?status=busy", "status"),
        ("/api/export?limit=5001", "limit"),
        ("/api/export?cursor=1~2", "cursor"),
        ("/api/export?from=2026-10-31&to=2025-10-31", "to"),
    ] {
        let (status, _, body) = world.get(path).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (status, &body["error"]["field"]),
            (422, &json!(field)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_assistant_reads_reports_in_small_pieces() {
    let world = World::start().await;
    for n in 0..60 {
        world.call(n, Some(whole(30, "जयपुर"))).await;
    }
    let call = async |name: &str, arguments: Value| {
        let params = json!({ "name": name, "arguments": arguments });
        let answer = world.mcp(API_KEY, "tools/call", params).await;
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        let is_error = answer["result"]["isError"] == true;
        (is_error, text.to_owned())
    };
    let (_, figures) = call("get_conversation_analytics", json!({ "range": "today" })).await;
    let figures: Value = serde_json::from_str(&figures).unwrap();
    assert_eq!(figures["calls"], 60);
    let (_, first) = call("export_patient_data", json!({ "format": "json" })).await;
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(first["rows"].as_array().unwrap().len(), 50);
    let rest = json!({ "format": "csv", "cursor": first["nextCursor"] });
    let (_, rest) = call("export_patient_data", rest).await;
    let rest: Value = serde_json::from_str(&rest).unwrap();
    assert_eq!(rest["csv"].as_str().unwrap().lines().count(), 10);
    assert_eq!(rest["nextCursor"], Value::Null);
    let (is_error, said) = call("export_patient_data", json!({ "range": "ever" })).await;
    assert!(
        is_error && said.starts_with("range: expected today, week or month"),
        "{said}"
    );
    insta::assert_json_snapshot!(
        world.mcp(API_KEY, "tools/list", json!({})).await["result"]["tools"]
    );
}
