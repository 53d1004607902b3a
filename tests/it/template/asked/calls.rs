//! The functions that work on calls and what is left of them.

use super::*;
use crate::support::{agent_ready, picked_up};

/// Both forms of the tools, with the token of a call that is being talked in.
#[tokio::test]
async fn the_agents_tools_ask_for_what_their_roles_allow() {
    let world = World::new().await;
    let id = world.call("+911234567890").await.parse().unwrap();
    world.clock.advance(A_WHILE);
    sweep::tick(&world.app).await;
    let opened = picked_up();
    world.app.calls.apply(id, &opened).await.unwrap();
    world.asked.take();
    let answers = |age: u8| json!({ "age": age, "city": "जयपुर" });
    let call = |age| {
        json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "save_patient_data", "arguments": answers(age) },
        })
    };
    for age in [42, 43] {
        world
            .ask_as_agent(id, mcp::router, mcp::PATH, call(age))
            .await;
    }
    let figures = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "get_conversation_analytics", "arguments": {} },
    });
    let request = Request::post(mcp::PATH)
        .header("host", "api.example.org")
        .header("x-api-key", LOCAL_KEY)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(Body::from(figures.to_string()))
        .unwrap();
    let answer = mcp::router(world.app.clone()).oneshot(request).await;
    assert_eq!(answer.unwrap().status(), 200);
    world.compare("mcp");
    let path = "/api/tools/save_patient_data";
    for age in [44, 45] {
        world
            .ask_as_agent(id, tools::router, path, answers(age))
            .await;
    }
    world.compare("tools");
}

/// A call of which somebody picked up, and an agent is ready.
async fn talked_in(world: &World) -> CallId {
    let id = world.call("+911234567890").await.parse().unwrap();
    world.clock.advance(A_WHILE);
    sweep::tick(&world.app).await;
    for event in [picked_up(), agent_ready("conv_1")] {
        world.app.calls.apply(id, &event).await.unwrap();
    }
    id
}

#[tokio::test]
async fn patients_asks_for_what_its_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let hold = patients::HOLD_PATH.replace("{id}", "patient_123");
    let patient = patients::PATH.replace("{id}", "patient_123");
    for (method, path, expected) in [
        ("PUT", hold.as_str(), 200),
        ("DELETE", &hold, 204),
        ("DELETE", &patient, 202),
        ("GET", patients::ERASURES_PATH, 200),
    ] {
        let request = (method, path, Value::Null);
        world.ask(patients::router, request, expected).await;
    }
    world.compare("patients");
}

#[tokio::test]
async fn post_call_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let id = talked_in(&world).await;
    world.asked.take();
    let body = json!({
        "type": "post_call_transcription",
        "data": { "conversation_id": "conv_1", "user_id": id },
    });
    let body = body.to_string();
    let signature = crate::post_call::signature(SECRET, world.app.calls.now(), body.as_bytes());
    let request = Request::post(post_call::PATH)
        .header("elevenlabs-signature", signature)
        .body(Body::from(body))
        .unwrap();
    let answer = post_call::router(world.app.clone()).oneshot(request).await;
    assert_eq!(answer.unwrap().status(), 200);
    world.compare("post_call");
}

#[tokio::test]
async fn webhook_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let id = world.call("+911234567890").await;
    world.clock.advance(A_WHILE);
    sweep::tick(&world.app).await;
    world.asked.take();
    let report = json!({
        "callSessionId": id, "uuid": "carrier-1", "customer_number": "+911234567890",
        "call_status": "busy",
    });
    let request = ("POST", webhook::PATH, report);
    let answer = world.ask(webhook::router, request, 200).await;
    assert_eq!(answer["applied"], true);
    world.compare("webhook");
}

#[tokio::test]
async fn sweep_and_replay_ask_for_what_their_roles_allow() {
    let world = World::new().await;
    let id = world.call("+911234567890").await;
    world.asked.take();
    // The dial, the deadlines of a phone that nobody tells of, and the outcome that nobody wants.
    let mut total = sweep::SweepReport::default();
    for _ in 0..4 {
        world.clock.advance(A_WHILE);
        total += sweep::tick(&world.app).await;
    }
    assert_eq!((total.dials, total.outcomes, total.errors), (1, 1, 0));
    // A conversation whose post-call report nobody brings, and which is then asked for and read.
    talked_in(&world).await;
    for _ in 0..4 {
        world.clock.advance(A_WHILE);
        total += sweep::tick(&world.app).await;
    }
    assert!(total.conversations > 1 && total.errors == 0, "{total:?}");
    // So many outcomes that their receivers could be in each other's way.
    for n in 0..5 {
        let mut request = crate::support::request_for(&format!("+91123456780{n}"));
        request.callback_url = Some("https://crm.example.org/hook".to_owned());
        let calls = &world.app.calls;
        calls.create(&request, None).await.unwrap();
        let applied = calls.apply(request.id, &CallEvent::Cancelled).await;
        applied.unwrap();
    }
    assert_eq!(sweep::tick(&world.app).await.outcomes, 10);
    world.compare("sweep");

    for (body, queued) in [
        (json!({ "parked": true }), 12),
        (json!({ "sessionId": id }), 1),
    ] {
        let request = ("POST", replay::PATH, body);
        let answer = world.ask(replay::router, request, 202).await;
        assert_eq!(answer["queued"], queued);
    }
    world.compare("replay");
}
