//! Tokens end when their time is over, and not when the key is changed.

use crate::{
    relay::world::{Setup, World, token_key, token_secret},
    support::{answer_of, mcp, patient},
};
use access::{Talk, TokenKey};
use axum::{body::Body, http::Request};
use call::{CallState, Policy, ids::CallId};
use functions::App;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use store::calls::Calls;
use store::clock::{Clock, ManualClock};
use tests::meter::Metered;

const MINUTE: Duration = Duration::from_secs(60);

/// The second key, which still takes what the first one made.
fn rotated() -> TokenKey {
    token_key(1).with_previous(&token_secret(0)).unwrap()
}

/// Functions on the relay's calls, with a clock and tokens of their own.
async fn functions_of(world: &World, clock: &ManualClock, tokens: TokenKey) -> Arc<App> {
    let metered = Metered::start(Policy::default()).await;
    let store = world.calls.store.clone();
    let calls = Calls::new(store, Arc::new(clock.clone()), Policy::default());
    let mut app = App::new(calls, metered.app.carrier.clone(), metered.api_config());
    app.tokens = tokens;
    Arc::new(app)
}

/// Saves an age over MCP; the status, and what the tool or the refusal says.
async fn save(app: &Arc<App>, token: &str, age: u8) -> (u16, String) {
    let arguments = json!({ "field": "age", "value": age });
    let params = json!({ "name": "save_patient_response", "arguments": arguments });
    let (status, answer) = mcp(app, token, "tools/call", params).await;
    let said = answer["result"]["content"][0]["text"].as_str();
    let said = said.or_else(|| answer["error"]["message"].as_str());
    (status, said.unwrap_or_default().to_owned())
}

async fn read(app: &Arc<App>, call: CallId, token: &str) -> (u16, Value) {
    let request = Request::get(format!("/api/outbound-call/{call}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    answer_of(app, request).await
}

/// The token that the relay gave the agent.
fn agents_token(world: &World) -> String {
    let record = world.agents.conversation(1).unwrap();
    let token = record.dynamic_variables["secret__answer_token"].as_str();
    token.unwrap().to_owned()
}

#[tokio::test]
async fn a_change_of_the_key_cuts_no_call() {
    // Everything of this call was made with the first key; then relay and functions get the second.
    let world = World::start(Setup {
        tokens: rotated(),
        ..Setup::default()
    })
    .await;
    let clock = ManualClock::new(world.calls.clock.now());
    let app = functions_of(&world, &clock, rotated()).await;
    let (call, _stream) = world.talking().await;
    let until = clock.now() + 30 * MINUTE;
    let talk = Talk {
        call,
        attempt: 1,
        conversation: 1,
    };
    let answers = token_key(0).answer_token(talk, until);
    let session = token_key(0).session_token(call, until);
    assert_eq!(save(&app, &answers, 42).await.0, 200);
    let (status, record) = read(&app, call, &session).await;
    assert_eq!(
        (status, &record["answers"]["age"]["value"]),
        (200, &json!(42))
    );
    assert_eq!(save(&app, &agents_token(&world), 43).await.0, 200);

    // Once the first one is taken out, what it made is void, and what the second made is not.
    let over = functions_of(&world, &clock, token_key(1)).await;
    let refused = "the answer token is not of this call".to_owned();
    assert_eq!(save(&over, &answers, 42).await, (401, refused));
    assert_eq!(read(&over, call, &session).await.0, 401);
    assert_eq!(save(&over, &agents_token(&world), 43).await.0, 200);
    world.until(call, CallState::Active).await;
}

#[tokio::test]
async fn the_agents_token_ends_a_little_after_the_longest_call() {
    let world = World::start(Setup::default()).await;
    let (_, _stream) = world.talking().await;
    let clock = ManualClock::new(world.calls.clock.now());
    let app = functions_of(&world, &clock, token_key(0)).await;
    let token = agents_token(&world);
    clock.advance(Policy::default().max_call_duration + 9 * MINUTE);
    assert_eq!(save(&app, &token, 42).await.0, 200);
    clock.advance(2 * MINUTE);
    let refused = "the answer token has expired".to_owned();
    assert_eq!(save(&app, &token, 43).await, (401, refused));
    for (bad, words) in [
        (&token[..50], "is malformed"),
        (&token.replace(".1.", ".2."), "is not of this call"),
    ] {
        let refused = format!("the answer token {words}");
        assert_eq!(save(&app, bad, 43).await, (401, refused));
    }
}

#[tokio::test]
async fn a_session_token_ends_a_day_after_the_call_at_the_latest() {
    let system = Metered::start(Policy::default()).await;
    let body = patient("+911234567890");
    let request = Request::post("/api/outbound-call")
        .header("x-api-key", tests::meter::API_KEY)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (_, answer) = answer_of(&system.app, request).await;
    assert_eq!(answer["sessionTokenUntil"], "2026-11-01T22:40:00.000Z");
    let call = answer["sessionId"].as_str().unwrap().parse().unwrap();
    let token = answer["sessionToken"].as_str().unwrap();
    system.clock.advance(2 * 24 * 60 * MINUTE - MINUTE);
    assert_eq!(read(&system.app, call, token).await.0, 200);
    system.clock.advance(MINUTE);
    let (status, answer) = read(&system.app, call, token).await;
    let words = &answer["error"]["message"];
    assert_eq!(
        (status, words),
        (401, &json!("the session token has expired"))
    );
}
