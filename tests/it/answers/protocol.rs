//! The MCP server as a protocol, and who may use it.

use super::*;

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
