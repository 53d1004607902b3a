//! Streams that open before the pick-up.

use super::{
    stream::Stream,
    world::{Setup, World},
};
use ::relay::config::AgentStart;
use call::{CallEvent, CallState, CarrierStatus, Outcome, ids::CallId};
use simulators::speech::noise;
use std::time::Duration;
use tokio::time::sleep;

const A_WHILE: Duration = Duration::from_millis(700);

/// A call whose phone rings, with its stream open.
async fn ringing(agent_start: AgentStart) -> (World, CallId, Stream) {
    let world = World::start(Setup {
        agent_start,
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    let stream = world.connect(id).await;
    stream
        .text(r#"{"uuid":"c1","call_status":"RINGING","sample_rate":16000}"#)
        .await;
    stream.stays_live();
    sleep(A_WHILE).await;
    (world, id, stream)
}

#[tokio::test]
async fn nothing_is_said_until_somebody_picks_up() {
    for start in [AgentStart::Auto, AgentStart::Answered] {
        let (world, id, mut stream) = ringing(start).await;
        let call = world.calls.store.load(id).await.unwrap().unwrap();
        assert_eq!(call.state, CallState::Dialing, "{start:?}");
        assert_eq!(world.agents.conversations().len(), 0);
        assert!(stream.received().pcm.is_empty());

        stream.text(r#"{"event":"customer_answered"}"#).await;
        world.until(id, CallState::Active).await;
        stream.until(|got| got.pcm.len() > 8_000).await;
        assert_eq!(world.agents.conversations().len(), 1);
    }
}

#[tokio::test]
async fn the_first_sound_is_a_pick_up_where_the_account_is_so() {
    let setup = Setup {
        agent_start: AgentStart::FirstAudio,
        ..Setup::default()
    };
    let world = World::start(setup).await;
    let id = world.dialing().await;
    let stream = world.connect(id).await;
    sleep(A_WHILE).await;
    assert_eq!(world.agents.conversations().len(), 0);
    let said = noise(Duration::from_secs(1), 500, 1);
    stream.frames(&said).await;
    world.until(id, CallState::Active).await;
    world
        .agent_until(1, |agent| {
            simulators::speech::find(&agent.callee_pcm, &said).is_some()
        })
        .await;
}

#[tokio::test]
async fn a_phone_that_nobody_picks_up_ends_as_no_answer() {
    let (world, id, stream) = ringing(AgentStart::Auto).await;
    stream.close().await;
    world.until_retry(id, Outcome::NoAnswer).await;
    assert_eq!(world.agents.conversations().len(), 0);

    let (world, id, mut stream) = ringing(AgentStart::Auto).await;
    let (attempt, status) = (1, CarrierStatus::Busy);
    world
        .apply(id, CallEvent::Carrier { attempt, status })
        .await;
    world.until_retry(id, Outcome::Busy).await;
    // The relay finds out by its look of each second.
    stream.until_gone().await;
    assert_eq!(world.agents.conversations().len(), 0);
}

#[tokio::test]
async fn a_stream_that_says_nothing_starts_at_once() {
    let world = World::start(Setup::default()).await;
    let (id, _stream) = world.talking().await;
    let events = world.calls.store.record(id).await.unwrap().unwrap().events;
    let ringing = events
        .iter()
        .filter(|event| event.event == "stream_ringing");
    assert_eq!(ringing.count(), 0);
}

/// What the carrier's webhook tells of the first attempt.
fn answered() -> CallEvent {
    let (attempt, status) = (1, CarrierStatus::Answered);
    CallEvent::Carrier { attempt, status }
}

#[tokio::test]
async fn a_pick_up_that_only_the_carrier_reports_starts_the_talk() {
    for start in [AgentStart::Auto, AgentStart::Answered] {
        let (world, id, mut stream) = ringing(start).await;
        world.apply(id, answered()).await;
        world.until(id, CallState::Active).await;
        stream.until(|got| got.pcm.len() > 8_000).await;
        assert_eq!(world.agents.conversations().len(), 1, "{start:?}");
    }
}

#[tokio::test]
async fn a_pick_up_that_is_told_twice_is_one() {
    let (world, id, stream) = ringing(AgentStart::Answered).await;
    world.apply(id, answered()).await;
    stream.text(r#"{"event":"customer_answered"}"#).await;
    world.until(id, CallState::Active).await;
    // The look of each second finds nothing that is new.
    sleep(Duration::from_secs(2)).await;
    world.until(id, CallState::Active).await;
    assert_eq!(world.agents.conversations().len(), 1);
}

#[tokio::test]
async fn a_stream_that_comes_after_the_report_of_the_pick_up_is_talked_to() {
    let world = World::start(Setup {
        agent_start: AgentStart::Answered,
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    world.apply(id, answered()).await;
    let mut stream = world.connect(id).await;
    stream.stays_live();
    world.until(id, CallState::Active).await;
    stream.until(|got| got.pcm.len() > 8_000).await;
}
