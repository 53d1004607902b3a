//! What the agent saves is there, whoever dies and however it is sent.

mod durable;
mod protocol;

use crate::support::{
    agent_ready, answer_token, ask, first_talk, mcp, patient, picked_up, session_token, token_of,
};
use access::Talk;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{CallEvent, Policy, ids::CallId};
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
        let body = patient("+911234567890");
        let headers = [("x-api-key", API_KEY)];
        let (status, answer) =
            ask(&system.app, "POST", "/api/outbound-call", &headers, &body).await;
        assert_eq!(status, 202);
        let call = answer["sessionId"].as_str().unwrap().parse().unwrap();
        let world = Self { system, call };
        world.apply(picked_up()).await;
        world.apply(agent_ready("conv_1")).await;
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
        mcp(&self.system.app, token, method, params).await
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
async fn an_answer_is_saved_once_corrected_and_shown() {
    let world = World::start().await;
    let (is_error, said) = world
        .tool(
            "save_patient_response",
            json!({ "field": "age", "value": "42" }),
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
    assert_eq!(
        said,
        "age: expected one whole number in digits, from 0 to 120"
    );
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
        "बयालीस",
        "I am forty-two years old",
        "42 months",
    ] {
        let arguments = json!({ "field": "age", "value": value });
        let (is_error, said) = world.tool("save_patient_response", arguments).await;
        assert_eq!(
            (is_error, said.as_str()),
            (
                true,
                "age: expected one whole number in digits, from 0 to 120"
            ),
            "{value}"
        );
    }
    assert_eq!(world.record().await["answers"], json!({}));
    for value in ["42", " ४२ "] {
        let arguments = json!({ "field": "age", "value": value });
        let (is_error, said) = world.tool("save_patient_response", arguments).await;
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((is_error, &said["value"]), (false, &json!(42)), "{value}");
    }
}
