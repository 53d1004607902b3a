//! What the agent saves is there, whoever dies and however it is sent.

use crate::support::{answer_of, answer_token, first_talk, session_token, token_of};
use access::Talk;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{
    CallEvent, HungUpBy, Policy,
    ids::{CallId, ConversationId},
};
use functions::App;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use store::{CallStore, calls::Calls};
use tests::{
    in_process,
    meter::{API_KEY, Metered},
};
use tower::ServiceExt;

/// A call in which somebody is talking.
struct World {
    system: Metered,
    call: CallId,
}

impl World {
    async fn start() -> Self {
        crate::privacy::watch();
        let system = Metered::start(Policy::default()).await;
        let body = json!({
            "patientData": { "name": "राहुल शर्मा", "phoneNumber": "+911234567890" },
        });
        let headers = [("x-api-key", API_KEY)];
        let (status, answer) =
            ask(&system.app, "POST", "/api/outbound-call", &headers, &body).await;
        assert_eq!(status, 202);
        let call = answer["sessionId"].as_str().unwrap().parse().unwrap();
        let world = Self { system, call };
        let conversation_id = ConversationId::new("conv_1");
        world
            .apply(CallEvent::StreamOpened {
                attempt: 1,
                carrier_call_id: None,
            })
            .await;
        world
            .apply(CallEvent::AgentReady {
                attempt: 1,
                stream: 1,
                conversation_id,
            })
            .await;
        world
    }

    async fn apply(&self, event: CallEvent) {
        let calls = &self.system.app.calls;
        calls.apply(self.call, &event).await.unwrap();
    }

    /// Saves an age over MCP, in this turn of this conversation of the first attempt.
    async fn age_in(&self, conversation: u32, turn: u32, value: i64) -> Value {
        let talk = Talk {
            conversation,
            ..first_talk(self.call)
        };
        let token = token_of(&self.system.app, talk);
        let arguments = json!({ "field": "age", "value": value });
        let params = json!({ "name": "save_patient_response", "arguments": arguments });
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let turn = turn.to_string();
        let headers = [
            ("authorization", token.as_str()),
            ("accept", "application/json"),
            ("x-agent-turn", turn.as_str()),
        ];
        let (_, answer) = ask(&self.system.app, "POST", "/mcp", &headers, &message).await;
        let said = answer["result"]["content"][0]["text"].as_str().unwrap();
        serde_json::from_str(said).unwrap()
    }

    fn token(&self) -> String {
        answer_token(&self.system.app, self.call)
    }

    /// One JSON-RPC request; status and answer.
    async fn mcp(&self, method: &str, params: Value) -> (u16, Value) {
        self.mcp_as(&self.token(), method, params).await
    }

    async fn mcp_as(&self, token: &str, method: &str, params: Value) -> (u16, Value) {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let headers = [
            ("authorization", token),
            ("accept", "application/json, text/event-stream"),
        ];
        ask(&self.system.app, "POST", "/mcp", &headers, &message).await
    }

    /// Calls a tool over MCP; whether it is an error, and what it says.
    async fn tool(&self, name: &str, arguments: Value) -> (bool, String) {
        let params = json!({ "name": name, "arguments": arguments });
        let (status, answer) = self.mcp("tools/call", params).await;
        assert_eq!(status, 200, "{answer}");
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("no text: {answer}"));
        (result["isError"] == true, text.to_owned())
    }

    /// Calls a tool as a webhook.
    async fn hook(&self, name: &str, arguments: Value) -> (u16, Value) {
        let (path, token) = (format!("/api/tools/{name}"), self.token());
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        ask(&self.system.app, "POST", &path, &headers, &arguments).await
    }

    async fn record(&self) -> Value {
        let path = format!("/api/outbound-call/{}", self.call);
        let headers = [("x-api-key", API_KEY)];
        let (status, record) = ask(&self.system.app, "GET", &path, &headers, &Value::Null).await;
        assert_eq!(status, 200);
        record
    }
}

async fn ask(
    app: &Arc<App>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "api.example.com")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    answer_of(app, request).await
}

#[tokio::test]
async fn the_tools_are_a_contract() {
    let world = World::start().await;
    let (status, answer) = world.mcp("tools/list", json!({})).await;
    assert_eq!(status, 200);
    assert_json_snapshot!(answer["result"]["tools"]);
    let names: Vec<&str> = agent_tools::all(&world.system.app.questionnaire)
        .iter()
        .map(|tool| tool.name)
        .collect();
    let listed = answer["result"]["tools"].as_array().unwrap().iter();
    let listed: Vec<&str> = listed.map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
}

#[tokio::test]
async fn the_protocols_version_is_negotiated_and_there_are_no_sessions() {
    let world = World::start().await;
    for (asked, expected) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
    ] {
        let params = json!({
            "protocolVersion": asked, "capabilities": {},
            "clientInfo": { "name": "mcp", "version": "0.1.0" },
        });
        let (status, answer) = world.mcp("initialize", params).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["result"]["protocolVersion"], expected);
        assert_eq!(answer["result"]["serverInfo"]["name"], "outbound-call");
    }
    let headers = [("accept", "text/event-stream")];
    let app = &world.system.app;
    assert_eq!(ask(app, "GET", "/mcp", &headers, &Value::Null).await.0, 405);
}

/// The platform's own client has asked so.
#[tokio::test]
async fn who_takes_an_event_stream_only_gets_one() {
    let world = World::start().await;
    let token = world.token();
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {} });
    for (accept, kind) in [
        ("text/event-stream", "text/event-stream"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
    ] {
        let request = Request::post("/mcp")
            .header("host", "api.example.com")
            .header("authorization", &token)
            .header("accept", accept)
            .header("content-type", "application/json")
            .body(Body::from(message.to_string()))
            .unwrap();
        let answer = functions::router(world.system.app.clone())
            .oneshot(request)
            .await;
        let (parts, body) = answer.unwrap().into_parts();
        assert_eq!(parts.status, 200, "{accept}");
        assert_eq!(parts.headers["content-type"], kind);
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let json = match kind {
            "application/json" => body.as_str(),
            _ => {
                let event = body.strip_prefix("event: message\ndata: ").unwrap();
                event.strip_suffix("\n\n").unwrap()
            }
        };
        let answer: Value = serde_json::from_str(json).unwrap();
        assert_eq!(
            (
                &answer["id"],
                answer["result"]["tools"].as_array().unwrap().len()
            ),
            (&json!(7), 4)
        );
    }
    // What is no message is refused in JSON, as everywhere.
    let headers = [("authorization", token.as_str()), ("accept", "*/*")];
    let (status, answer) = ask(&world.system.app, "POST", "/mcp", &headers, &json!("hello")).await;
    assert!(
        (400..500).contains(&status) && answer["error"].is_object(),
        "{status} {answer}"
    );
}

#[tokio::test]
async fn nobody_saves_without_the_token_of_the_call() {
    let world = World::start().await;
    let params = json!({
        "name": "save_patient_response", "arguments": { "field": "age", "value": 42 },
    });
    let session = session_token(&world.system.app, world.call);
    let forged = world.token().replace(".1.", ".2.");
    for token in ["", "ans_x.1.y", &session, &forged] {
        let (status, answer) = world.mcp_as(token, "tools/call", params.clone()).await;
        assert_eq!(status, 401, "{token} was taken");
        assert_eq!(answer["error"]["code"], "unauthorized");
    }
    // An administrator reads reports, and is no agent.
    let (_, answer) = world.mcp_as(API_KEY, "tools/call", params.clone()).await;
    assert_eq!(answer["error"]["message"], "there is no such tool");
    assert_eq!(world.record().await["answers"], json!({}));
    // With the scheme and without it.
    for token in [format!("Bearer {}", world.token()), world.token()] {
        let (status, _) = world.mcp_as(&token, "tools/call", params.clone()).await;
        assert_eq!(status, 200);
    }
}

#[tokio::test]
async fn an_answer_is_saved_once_corrected_and_shown() {
    let world = World::start().await;
    let (is_error, said) = world
        .tool(
            "save_patient_response",
            json!({ "field": "age", "value": "बयालीस साल" }),
        )
        .await;
    assert!(!is_error);
    assert_eq!(
        serde_json::from_str::<Value>(&said).unwrap(),
        json!({ "saved": true, "field": "age", "value": 42 })
    );
    for value in [json!(42), json!("४२")] {
        let arguments = json!({ "field": "age", "value": value });
        assert!(!world.tool("save_patient_response", arguments).await.0);
    }
    let record = world.record().await;
    assert_eq!(record["answersSaved"], 1);
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["answers"]["age"]["source"], "mcp");
    assert!(record["answers"]["age"]["earlier"].is_null());

    let corrected = world
        .hook(
            "save_patient_response",
            json!({ "field": "age", "value": 43 }),
        )
        .await;
    assert_eq!(corrected.0, 200, "{}", corrected.1);
    let age = world.record().await["answers"]["age"].clone();
    assert_eq!(
        (&age["value"], &age["source"]),
        (&json!(43), &json!("webhook_tool"))
    );
    assert_eq!(age["earlier"][0]["value"], 42);
}

#[tokio::test]
async fn what_is_not_understood_is_said_and_not_saved() {
    let world = World::start().await;
    let (is_error, said) = world
        .tool(
            "save_patient_response",
            json!({ "field": "age", "value": "old" }),
        )
        .await;
    assert!(is_error);
    assert_eq!(said, "age: expected one whole number from 0 to 120");
    let (status, answer) = world
        .hook(
            "save_patient_response",
            json!({ "field": "hobby", "value": "x" }),
        )
        .await;
    assert_eq!((status, &answer["error"]["field"]), (422, &json!("field")));
    let (status, _) = world.hook("drop_table", json!({})).await;
    assert_eq!(status, 404);
    assert_eq!(world.record().await["answers"], json!({}));
}

/// Turns start at 1 again when the agent's conversation was replaced.
#[tokio::test]
async fn a_correction_in_a_later_conversation_holds_and_is_what_the_tool_says() {
    let world = World::start().await;
    let is = |saved: bool, value: i64| json!({ "saved": saved, "field": "age", "value": value });
    assert_eq!(world.age_in(17, 9, 41).await, is(true, 41));
    assert_eq!(
        world.age_in(18, 1, 43).await,
        is(true, 43),
        "the correction"
    );
    assert_eq!(world.age_in(17, 9, 41).await, is(false, 43), "sent again");
    assert_eq!(world.age_in(17, 10, 40).await, is(false, 43), "overtaken");
    assert_eq!(world.age_in(18, 1, 43).await, is(true, 43), "sent again");
    let age = world.record().await["answers"]["age"].clone();
    assert_eq!(age["value"], 43);
    let earlier = age["earlier"].as_array().unwrap().iter();
    let earlier: Vec<&Value> = earlier.map(|given| &given["value"]).collect();
    assert_eq!(earlier, [41, 40]);
}

/// What would be saved as another number is not saved at all.
#[tokio::test]
async fn a_number_is_saved_as_it_was_meant_or_not_at_all() {
    let world = World::start().await;
    for value in [
        "minus five",
        "age -5",
        "डेढ़ सौ",
        "दो हज़ार",
        "साढ़े सात",
        "seven and a half",
        "छह महीने",
        "about forty",
        "not 42",
        "4 2",
    ] {
        let arguments = json!({ "field": "age", "value": value });
        let (is_error, said) = world.tool("save_patient_response", arguments).await;
        assert_eq!(
            (is_error, said.as_str()),
            (true, "age: expected one whole number from 0 to 120"),
            "{value}"
        );
    }
    assert_eq!(world.record().await["answers"], json!({}));
    for value in [
        "I am forty-two years old",
        "मैं बयालीस साल का हूँ",
        "42",
        "४२ साल",
    ] {
        let arguments = json!({ "field": "age", "value": value });
        let (is_error, said) = world.tool("save_patient_response", arguments).await;
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((is_error, &said["value"]), (false, &json!(42)), "{value}");
    }
}

#[tokio::test]
async fn several_answers_at_once_make_the_record_complete() {
    let world = World::start().await;
    let (_, said) = world
        .tool(
            "save_patient_data",
            json!({
                "patientName": "राहुल शर्मा", "age": "42", "gender": "पुरुष",
                "healthIssue": "सीने में दर्द", "duration": "दो हफ़्ते", "severity": 11,
            }),
        )
        .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["saved"]["gender"], "male");
    assert_eq!(
        said["problems"],
        json!(["severity: expected one whole number from 1 to 10"])
    );
    assert_eq!(world.record().await["dataComplete"], false);
    let (_, said) = world
        .tool("validate_patient_data", json!({ "severity": "seven" }))
        .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["valid"], &said["values"]["severity"]),
        (&json!(true), &json!(7))
    );
    assert!(world.record().await["answers"]["severity"].is_null());
    let rest = json!({ "severity": "seven", "city": "जयपुर" });
    world.tool("save_patient_data", rest).await;
    let summary = json!({ "summary": "Pain in the chest for two weeks." });
    world.tool("save_conversation_summary", summary).await;
    let record = world.record().await;
    assert_eq!(record["dataComplete"], true);
    assert_eq!(
        record["summary"]["value"],
        "Pain in the chest for two weeks."
    );
    assert_eq!(record["answers"].as_object().unwrap().len(), 7);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_call_is_kept() {
    let world = World::start().await;
    let by = HungUpBy::Callee;
    world
        .apply(CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by,
        })
        .await;
    assert_eq!(world.record().await["status"], "completed");
    let city = json!({ "field": "city", "value": "जयपुर" });
    assert!(!world.tool("save_patient_response", city).await.0);
    assert_eq!(world.record().await["answers"]["city"]["value"], "जयपुर");
}

/// A function whose connection to the database dies with its n-th request, before or after the
/// database has done it.
fn dying(system: &Metered, nth: usize, is_done: bool) -> Arc<App> {
    let (meter, count) = (system.meter.clone(), Arc::new(AtomicUsize::new(0)));
    let client = in_process::client(move |operation, body| {
        let at = count.fetch_add(1, Ordering::Relaxed);
        let reply = (at < nth || (at == nth && is_done)).then(|| meter.ask(&operation, body));
        Box::pin(async move { reply.filter(|_| at < nth) })
    });
    let whole = &system.app;
    let calls = Calls::new(
        CallStore::new(client, "calls"),
        whole.calls.clock.clone(),
        Policy::default(),
    );
    let mut app = App::new(calls, whole.carrier.clone(), system.api_config());
    app.tokens = whole.tokens.clone();
    Arc::new(app)
}

#[tokio::test]
async fn a_power_cut_at_any_request_loses_no_acknowledged_answer() {
    let mut acknowledged = 0;
    for nth in 0..6 {
        for is_done in [false, true] {
            let mut world = World::start().await;
            let whole = world.system.app.clone();
            world.system.app = dying(&world.system, nth, is_done);
            let age = json!({ "field": "age", "value": 42 });
            let (is_error, said) = world.tool("save_patient_response", age.clone()).await;
            world.system.app = whole;
            if is_error {
                assert_eq!(said, "the answer could not be saved, try again");
            } else {
                acknowledged += 1;
                assert_eq!(world.record().await["answers"]["age"]["value"], 42);
            }
            // The agent tries again, and it is there once.
            assert!(!world.tool("save_patient_response", age).await.0);
            let age = world.record().await["answers"]["age"].clone();
            assert_eq!(age["value"], 42);
            assert!(age["earlier"].is_null(), "{age}");
        }
    }
    assert!((4..12).contains(&acknowledged), "{acknowledged} of 12");
}
