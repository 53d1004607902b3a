//! What many calls gave is given back: figures and rows, to administrators only.

use access::hash_key;
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use call::{
    CallEvent, HungUpBy, Policy,
    answers::{Given, Source},
    ids::CallId,
};
use functions::App;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tests::meter::{API_KEY, Metered};
use tower::ServiceExt;

const HOUR: Duration = Duration::from_secs(3_600);

struct World {
    system: Metered,
}

impl World {
    async fn start() -> Self {
        crate::privacy::watch();
        let policy = Policy {
            max_concurrent_calls: 1_000,
            ..Policy::default()
        };
        let system = Metered::start(policy).await;
        Self { system }
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
            CallEvent::StreamOpened {
                attempt: 1,
                carrier_call_id: None,
            },
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
        let by = HungUpBy::Callee;
        calls
            .apply(
                id,
                &CallEvent::HungUp {
                    attempt: 1,
                    stream: 1,
                    by,
                },
            )
            .await
            .unwrap();
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
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = Request::post("/mcp")
            .header("host", "api.example.com")
            .header("authorization", credential)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(Body::from(message.to_string()))
            .unwrap();
        let answer = functions::router(self.system.app.clone())
            .oneshot(request)
            .await;
        let body = to_bytes(answer.unwrap().into_body(), usize::MAX).await;
        serde_json::from_slice(&body.unwrap()).unwrap()
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
async fn pages_hold_every_row_once_while_calls_come_in() {
    let world = World::start().await;
    for n in 0..30 {
        world.call(n, Some(json!({ "age": n }))).await;
        world.system.clock.advance(HOUR);
    }
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let path = format!("/api/export?range=week&limit=7{cursor}");
        let answer = world.json(&path).await;
        let rows = answer["rows"].as_array().unwrap();
        ids.extend(rows.iter().map(|row| row["sessionId"].clone()));
        world.call(100 + page, None).await;
        match answer["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let different: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), ids.len(), "a row came twice");
    assert!(ids.len() >= 30, "{}", ids.len());
    let completed = world.json("/api/export?range=week&status=completed").await;
    assert_eq!(completed["rows"].as_array().unwrap().len(), 30);
    assert_eq!(completed["rows"][7]["answers"]["age"], 7);
}

#[tokio::test]
async fn a_spreadsheet_reads_what_was_answered_and_runs_none_of_it() {
    let world = World::start().await;
    let tricky = json!({
        "patientName": "=HYPERLINK(\"http://x\")", "age": 42, "healthIssue": "दर्द, \"तेज़\"\nरात में",
        "city": "+cmd", "_summary": "@SUM(1)", "hobby": "chess",
    });
    let id = world.call(1, Some(tricky)).await;
    world.call(2, None).await;
    let (status, headers, first) = world.get("/api/export?format=csv&limit=1").await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    let next = headers["next-cursor"].to_str().unwrap();
    let path = format!("/api/export?format=csv&limit=10&cursor={next}");
    let (_, headers, second) = world.get(&path).await;
    assert!(headers.get("next-cursor").is_none());
    let sheet = format!("{first}{second}");
    assert!(sheet.starts_with('\u{feff}') && sheet.contains("\r\n"));
    let sheet = sheet.trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(sheet.as_bytes());
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let cell = |row: usize, name: &str| {
        let at = names.iter().position(|known| known == name).unwrap();
        rows[row][at].to_owned()
    };
    assert_eq!(cell(0, "sessionId"), id.to_string());
    assert_eq!(cell(0, "patientName"), "'=HYPERLINK(\"http://x\")");
    assert_eq!(cell(0, "healthIssue"), "दर्द, \"तेज़\"\nरात में");
    assert_eq!(
        (cell(0, "age"), cell(0, "city")),
        ("42".to_owned(), "'+cmd".to_owned())
    );
    assert_eq!(cell(0, "summary"), "'@SUM(1)");
    assert_eq!(cell(0, "phoneNumber"), "'+911234500001");
    assert_eq!(cell(0, "otherAnswers"), r#"{"hobby":"chess"}"#);
    assert_eq!(
        (cell(0, "status"), cell(1, "status")),
        ("completed".to_owned(), "unfinished".to_owned())
    );
    assert_eq!(
        (cell(0, "cause"), cell(1, "callee")),
        ("callee_hung_up".to_owned(), "राहुल शर्मा".to_owned())
    );
}

#[tokio::test]
async fn who_is_to_be_erased_is_in_no_report() {
    let world = World::start().await;
    world.call(1, Some(whole(42, "जयपुर"))).await;
    world.call(2, Some(whole(43, "पुणे"))).await;
    let request = Request::delete("/api/patients/patient_1")
        .header("x-api-key", API_KEY)
        .body(Body::empty());
    let app = functions::router(world.system.app.clone());
    let answer = app.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 202);
    let export = world.json("/api/export").await;
    let rows = export["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["patientId"]),
        (1, &json!("patient_2"))
    );
    assert_eq!(world.json("/api/analytics").await["calls"], 1);
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
async fn only_an_administrator_reads_reports() {
    let mut world = World::start().await;
    let keys =
        ["read", "write", "admin"].map(|scope| format!("{scope}:{scope}:{}", hash_key(scope)));
    let whole = &world.system.app;
    let mut api = world.system.api_config();
    api.keys = keys.join(",").parse().unwrap();
    let app = App::new(whole.calls.clone(), whole.carrier.clone(), api);
    world.system.app = Arc::new(app);
    for path in ["/api/analytics", "/api/export"] {
        for (key, expected) in [
            ("read", 403),
            ("write", 403),
            ("admin", 200),
            ("nobody", 401),
        ] {
            let (status, _, _) = get(&world.system.app, path, key).await;
            assert_eq!(status, expected, "{path} {key}");
        }
    }
    let names = |answer: Value| -> Vec<String> {
        let tools = answer["result"]["tools"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let names = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    let admins = ["get_conversation_analytics", "export_patient_data"];
    for credential in ["admin", "Bearer admin"] {
        let listed = world.mcp(credential, "tools/list", json!({})).await;
        assert_eq!(names(listed), admins);
    }
    let call = CallId::from_bytes([1; 16]);
    let agent = crate::support::answer_token(&world.system.app, call);
    let listed = names(world.mcp(&agent, "tools/list", json!({})).await);
    assert!(listed.contains(&"save_patient_response".to_owned()));
    for (credential, tool) in [
        (agent.as_str(), admins[0]),
        ("admin", "save_patient_response"),
    ] {
        let params = json!({ "name": tool, "arguments": {} });
        let answer = world.mcp(credential, "tools/call", params).await;
        assert_eq!(answer["error"]["message"], "there is no such tool");
    }
    for credential in ["read", "Bearer write", "nobody"] {
        let answer = world.mcp(credential, "tools/list", json!({})).await;
        assert_eq!(answer["error"]["code"], "unauthorized");
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
