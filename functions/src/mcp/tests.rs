//! What is answered to requests that no tool sees.

use super::message::NO_SUCH_TOOL;
use crate::{
    BODY_BYTES_MAX,
    tests::{Answer, app, send},
};
use access::Talk;
use axum::{body::Body, http::Request};
use call::ids::CallId;
use serde_json::{Value, json};
use std::time::Duration;

async fn post(content_type: &str, body: impl Into<Body>) -> Answer {
    let app = app();
    let talk = Talk {
        call: CallId::from_bytes([7; 16]),
        attempt: 1,
        conversation: 1,
    };
    let until = app.calls.now() + Duration::from_secs(60);
    let token = app.tokens.answer_token(talk, until);
    let request = Request::post("/mcp")
        .header("host", "api.example.com")
        .header("authorization", token)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", content_type)
        .body(body.into())
        .unwrap();
    send(crate::router(app), request).await
}

async fn ask(method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 9, "method": method, "params": params });
    let answer = post("application/json", message.to_string()).await;
    answer.json
}

#[track_caller]
fn refuses(answer: &Answer, code: i64, message: &str) {
    let expected = json!({ "jsonrpc": "2.0", "id": null,
        "error": { "code": code, "message": message } });
    assert_eq!((answer.status.as_u16(), &answer.json), (400, &expected));
}

#[tokio::test]
async fn what_is_no_json_is_refused_in_the_protocols_form() {
    for body in [&b""[..], b"{", b"{}x", b"hello", b"{\"a\":\"\xff\"}"] {
        for content_type in ["application/json", "text/plain"] {
            let answer = post(content_type, body.to_vec()).await;
            refuses(&answer, -32700, "the body is not valid JSON");
        }
    }
    for body in ["\"hello\"", "{}", "[]", "7"] {
        let answer = post("application/json", body).await;
        let expected = "the body is not a JSON-RPC message of the protocol";
        refuses(&answer, -32600, expected);
    }
    post("text/plain", "{}")
        .await
        .is(415, "unsupported_content_type");
}

#[tokio::test]
async fn a_message_has_the_limit_of_every_body() {
    let message = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/list", "params": {} });
    let padded =
        |bytes: usize| format!("{message}{}", " ".repeat(bytes - message.to_string().len()));
    let answer = post("application/json", padded(BODY_BYTES_MAX)).await;
    assert_eq!(answer.status, 200, "{}", answer.json);
    post("application/json", padded(BODY_BYTES_MAX + 1))
        .await
        .is(413, "body_too_large");
}

#[tokio::test]
async fn nothing_that_was_asked_comes_back_in_an_error() {
    const SECRET: &str = "rahul-1234567890";
    for (method, params, code, message) in [
        (SECRET, json!({}), -32601, "there is no such method"),
        (
            "resources/read",
            json!({ "uri": SECRET }),
            -32601,
            "there is no such method",
        ),
        (
            "tools/call",
            json!({ "name": SECRET }),
            -32602,
            NO_SUCH_TOOL,
        ),
    ] {
        let answer = ask(method, params).await;
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["message"]),
            (&json!(code), &json!(message)),
            "{answer}"
        );
        assert_eq!(answer["id"], 9);
        assert!(!answer.to_string().contains(SECRET), "{answer}");
    }
    let answer = ask("tools/call", json!({ "name": 7, "arguments": SECRET })).await;
    assert!(answer["error"].is_object() && !answer.to_string().contains(SECRET));
}

#[tokio::test]
async fn who_opens_a_stream_is_told_to_post() {
    for method in ["GET", "DELETE", "PUT"] {
        let request = Request::builder().method(method).uri("/mcp");
        let answer = send(crate::router(app()), request.body(Body::empty()).unwrap()).await;
        answer.is(405, "no_stream");
        assert_eq!(answer.headers["allow"], "POST", "{method}");
    }
}
