//! A raw client speaks to the simulator over real sockets.

mod client;
mod doors;
mod failures;
mod talk;

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;

use self::client::{Client, Met};
use super::*;
use crate::speech::{self, line};

/// Longest wait for anything in these tests.
const PATIENCE: Duration = Duration::from_secs(20);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Deadlines short enough for a test, none of which a busy machine reaches by accident.
fn quick() -> Timing {
    Timing {
        think: ms(20),
        ping_every: ms(100),
        ..Timing::default()
    }
}

fn short(id: &str, length_ms: u64) -> Say {
    line(id).shortened(ms(length_ms)).into()
}

/// Greeting, one turn of the callee, goodbye, end.
fn one_turn() -> Script {
    Script::new([
        Step::Say(short("agent_greeting_hi", 400)),
        Step::listen("callee_age_hi"),
        Step::Say(short("agent_goodbye_hi", 1_500).without_waiting()),
        Step::EndCall,
    ])
    .with_timing(quick())
}

async fn start(script: Script) -> Sim {
    Sim::start(Settings::with_script(script)).await.unwrap()
}

async fn get(sim: &Sim, path: &str, key: &str) -> (u16, Value) {
    let url = format!("{}{path}", sim.base_url());
    let answer = reqwest::Client::new()
        .get(url)
        .header("xi-api-key", key)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn signed_url(sim: &Sim) -> String {
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let (status, body) = get(sim, path, API_KEY_DEFAULT).await;
    assert_eq!(status, 200);
    body["signed_url"].as_str().unwrap().to_owned()
}

fn client_data(variables: Value) -> Value {
    json!({"type": "conversation_initiation_client_data", "dynamic_variables": variables})
}

#[tokio::test]
async fn conversations_at_the_same_time_are_not_mixed_and_are_limited() {
    let mut settings = Settings::with_script(one_turn());
    settings.concurrency_max = 2;
    let sim = Sim::start(settings).await.unwrap();
    let (mut one, mut two) = (Client::begin(&sim).await, Client::begin(&sim).await);
    one.hear_out().await;
    two.hear_out().await;
    assert_eq!(
        upgrade_status(connect_async(signed_url(&sim).await).await),
        429
    );

    one.say(&line("callee_age_hi"));
    two.say(&line("callee_city_hi"));
    tokio::join!(one.until_over(), two.until_over());

    for (number, client, line_id) in [(1, &one, "callee_age_hi"), (2, &two, "callee_city_hi")] {
        let record = sim.wait_conversation(number, PATIENCE).await.unwrap();
        assert!(speech::find(&record.callee_pcm, &line(line_id).pcm).is_some());
        assert_eq!(
            client.sent[..record.callee_pcm.len()],
            record.callee_pcm[..]
        );
    }
}

#[tokio::test]
async fn the_history_tells_what_really_happened() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    client.hear_out().await;
    let id = sim.conversation(1).unwrap().conversation_id;
    let path = format!("/v1/convai/conversations/{id}");

    assert_eq!(
        get(&sim, &path, API_KEY_DEFAULT).await.1["status"],
        "in-progress"
    );
    client.say(&line("callee_age_hi"));
    client.until_over().await;
    let (status, body) = get(&sim, &path, API_KEY_DEFAULT).await;

    assert_eq!((status, &body["status"]), (200, &json!("done")));
    let roles: Vec<&str> = body["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["agent", "user", "agent"]);
    assert_eq!(body["transcript"][1]["message"], line("callee_age_hi").text);
    assert_eq!(
        body["metadata"]["termination_reason"],
        "end_call tool was called"
    );
    let variables = &body["conversation_initiation_client_data"]["dynamic_variables"];
    assert_eq!(variables["call_id"], "c1");
    assert_eq!(variables["system__conversation_id"], *id);
    assert_eq!(get(&sim, &path, "other").await.0, 401);
    assert_eq!(
        get(&sim, "/v1/convai/conversations/conv_x", API_KEY_DEFAULT)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn stopping_ends_conversations_and_waiting_for_nothing_says_why() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    client.until("audio").await;
    let error = sim.wait_conversation(2, ms(50)).await.unwrap_err();
    assert!(error.to_string().contains("not begun; 1 others"), "{error}");

    sim.stop().await;

    assert_eq!(client.until_over().await, Met::Lost);
}

#[track_caller]
fn upgrade_status(result: Result<impl Sized, Error>) -> u16 {
    let error = result.err().expect("the upgrade must be refused");
    let Error::Http(response) = error else {
        panic!("{error}");
    };
    response.status().as_u16()
}
