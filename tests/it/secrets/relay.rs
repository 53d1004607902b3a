//! A relay takes rotated keys over for new streams and conversations, and leaves running calls alone.

use super::*;
use crate::relay::world::{Setup, World as RelayWorld, token_key, token_secret};
use call::{CallState, Outcome, ids::CallId};
use secrecy::ExposeSecret;
use tokio::time::{sleep, timeout};

/// Longest wait for the relay's next look.
const WITHIN: Duration = Duration::from_secs(10);

/// With what a stream is refused whose token is made with the first key.
async fn refusal(world: &RelayWorld) -> u16 {
    loop {
        let call = world.dialing().await;
        match world.open(&world.target(call)).await {
            Ok(_) => sleep(Duration::from_millis(200)).await,
            Err(status) => return status,
        }
    }
}

/// Path and query of a call's stream, with a token of the second key.
fn target(call: CallId) -> String {
    let token = token_key(1).stream_token(call, 1);
    format!("/knowlarity-stream/{call}?t={token}")
}

async fn until_a_call_is_carried(world: &RelayWorld) {
    loop {
        let call = world.dialing().await;
        let _stream = world.open(&target(call)).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let call = world.calls.store.load(call).await.unwrap().unwrap();
        if call.state == CallState::Active {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_takes_new_keys_and_cuts_no_call() {
    let (service, clock) = (Service::start().await, ManualClock::new(START));
    let world = RelayWorld::start(Setup {
        clock: Arc::new(clock.clone()),
        ..Setup::default()
    })
    .await;
    let key = world.agents.api_key().to_owned();
    let put = |token: u8, agent: &str| {
        let secret = token_secret(token);
        service.put("tokens", &json!({ "TOKEN_SECRET": secret.expose_secret() }));
        service.put("agent", &json!({ "ELEVENLABS_API_KEY": agent }));
    };
    put(0, &key);
    let url = world.agents.base_url();
    let env = move || {
        let url = url.clone();
        Env::from_reader(move |name| match name {
            "ELEVENLABS_API_URL" => Some(url.clone()),
            "ELEVENLABS_AGENT_ID" => Some(simulators::elevenlabs::AGENT_ID_DEFAULT.to_owned()),
            _ => None,
        })
    };
    let secrets = Secrets::local(&service.url, "tokens,agent");
    let kept = Kept::start(secrets, env, START).await.unwrap();
    world.relay().renew_keys(kept);
    let (talking, _stream) = world.talking().await;

    // Another key of tokens, and one of the agent's that does not hold.
    put(1, "another");
    clock.advance(READ_AGAIN_AFTER);
    let status = timeout(WITHIN, refusal(&world)).await.unwrap();
    assert_eq!(status, 401, "the old key makes no tokens any more");
    let call = world.calls.store.load(talking).await.unwrap().unwrap();
    assert_eq!(call.state, CallState::Active);

    // A conversation is refused, so the keys are read again a minute later and not five.
    let next = world.dialing().await;
    let _stream = world.open(&target(next)).await.unwrap();
    world.until_retry(next, Outcome::AgentUnavailable).await;
    put(1, &key);
    service.asked();
    clock.advance(TRY_AGAIN_AFTER);
    let read_again = async {
        while service.asked().is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(WITHIN, read_again).await.unwrap();
    timeout(WITHIN, until_a_call_is_carried(&world))
        .await
        .unwrap();
}
