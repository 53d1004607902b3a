//! The carrier may report the end of a call before the relay tells what it was: what the relay
//! announced before it hung up decides what the report means.

use super::{
    stream::Stream,
    world::{Setup, World},
};
use call::{
    AgentFault, CallEvent, CallSession, CallState, CarrierStatus, EndCause, Outcome, ids::CallId,
};
use serde_json::json;
use simulators::elevenlabs::{Behaviour, Failure, Script, Step};
use std::time::Duration;
use store::calls::Applied;
use tokio::time::Instant;

/// What each request of the relay's to the database takes; a step takes two.
const SLOW: Duration = Duration::from_millis(300);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn with(steps: impl Into<Vec<Step>>) -> Setup {
    Setup {
        script: Script::new(steps),
        ..Setup::default()
    }
}

async fn until_sent(stream: &mut Stream, what: &str) {
    stream
        .until(|got| got.texts.iter().any(|text| text.contains(what)))
        .await;
}

/// The call as the carrier's report leaves it that comes at the instant in which the carrier is told
/// `what`, while the store is slow to hear of the relay.
async fn reported_at_once(
    world: &World,
    id: CallId,
    stream: &mut Stream,
    what: &str,
) -> CallSession {
    until_sent(stream, what).await;
    let (attempt, status) = (1, CarrierStatus::Ended);
    let report = CallEvent::Carrier { attempt, status };
    match world.calls.apply(id, &report).await.unwrap() {
        Applied::Changed { session, .. } | Applied::Unchanged { session, .. } => session,
        applied
        @ (Applied::NoChannel | Applied::Paced | Applied::Held(_) | Applied::NoSuchCall) => {
            panic!("{applied:?}")
        }
    }
}

#[tokio::test]
async fn who_found_no_agent_is_called_again() {
    let world = World::start(Setup::default()).await;
    let failure = Failure::error(1008, "override_error");
    world.agents.behave([Behaviour::FailAtStart(failure)]);
    let id = world.dialing().await;
    world.gate.slow(SLOW);
    let mut stream = world.connect(id).await;
    stream.stays_live();
    let call = reported_at_once(&world, id, &mut stream, "disconnect").await;
    let attempt = call.attempt.unwrap();
    assert_eq!(
        (call.state, attempt.outcome, attempt.agent_fault),
        (
            CallState::Initiating,
            Some(Outcome::AgentUnavailable),
            Some(AgentFault::Configuration)
        )
    );
    // What the relay says of it when it has left changes nothing more.
    stream.until_gone().await;
    world.gate.open();
    let before = call.version;
    tokio::time::sleep(secs(1)).await;
    let after = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(after.version, before);
}

#[tokio::test]
async fn whom_a_shutdown_cuts_is_called_again() {
    let world = World::start(Setup {
        drain_timeout: secs(1),
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    world.gate.slow(SLOW);
    world.shut_down();
    let call = reported_at_once(&world, id, &mut stream, "disconnect").await;
    assert_eq!(
        (call.state, call.attempt.unwrap().outcome),
        (CallState::Initiating, Some(Outcome::ConnectionLost))
    );
}

#[tokio::test]
async fn a_conversation_that_the_agent_ends_was_ended_by_the_agent() {
    let world = World::start(with([Step::Pause(secs(1)), Step::EndCall])).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    world.gate.slow(SLOW);
    let call = reported_at_once(&world, id, &mut stream, "disconnect").await;
    assert_eq!(call.cause, Some(EndCause::AgentEnded));
}

#[tokio::test]
async fn who_is_handed_over_was_handed_over() {
    let transfer = Step::CallTool {
        name: "transfer_call".to_owned(),
        parameters: json!({}),
        expects_response: false,
    };
    let world = World::start(with([
        Step::Pause(secs(1)),
        transfer,
        Step::Pause(secs(60)),
    ]))
    .await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    // More than the second in which the agent may go on talking, less than that and the wait.
    world.gate.slow(Duration::from_millis(700));
    let call = reported_at_once(&world, id, &mut stream, "transfer").await;
    assert_eq!(call.cause, Some(EndCause::Transferred));
}

#[tokio::test]
async fn a_store_that_is_away_does_not_hold_the_line() {
    let world = World::start(with([Step::Pause(secs(1)), Step::EndCall])).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    world.gate.shut();
    let shut = Instant::now();
    until_sent(&mut stream, "disconnect").await;
    assert!(shut.elapsed() < secs(5), "{:?}", shut.elapsed());
    world.gate.open();
    let call = world.until(id, CallState::Completed).await;
    assert_eq!(call.cause, Some(EndCause::AgentEnded));
}
