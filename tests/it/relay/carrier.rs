//! What the carrier may send, and how its stream may end.

use super::{
    stream::Stream,
    world::{Setup, World},
};
use ::relay::defaults::{CARRIER_FRAME_MAX_BYTES, CARRIER_TEXT_MAX_BYTES};
use call::{CallEvent, CallState, EndCause, Policy, ids::CallId};
use simulators::{
    elevenlabs,
    speech::{self, noise},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The callee is still heard by the first conversation.
async fn check_heard(world: &World, id: CallId, stream: &Stream, seed: u32) {
    let said = noise(SECOND / 2, 500, seed);
    stream.frames(&said).await;
    world
        .agent_until(1, |agent| speech::find(&agent.callee_pcm, &said).is_some())
        .await;
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn frames_of_any_length_lose_no_sample() {
    let world = World::start(Setup::default()).await;
    let (_, stream) = world.talking().await;
    let said = noise(2 * SECOND, 500, 1);
    let bytes = speech::to_bytes(&said);
    let mut rest = &bytes[..];
    // Odd first, then empty, then tiny, then ten frames at once, then what is left.
    for length in [641, 0, 1, 1, 3, 6_400, 0, 639] {
        let (frame, left) = rest.split_at(length);
        stream.binary(frame).await;
        rest = left;
    }
    stream.binary(rest).await;
    let agent = world
        .agent_until(1, |agent| speech::find(&agent.callee_pcm, &said).is_some())
        .await;
    assert!(agent.violations.is_empty(), "{:?}", agent.violations);
}

#[tokio::test]
async fn a_reset_stream_comes_back_to_the_same_conversation() {
    let world = World::start(Setup::default()).await;
    let (id, stream) = world.talking().await;
    stream.reset().await;
    world.until(id, CallState::Disconnected).await;

    let again = world.connect(id).await;
    world.until(id, CallState::Active).await;
    check_heard(&world, id, &again, 5).await;
    assert_eq!(world.agents.conversations().len(), 1);
}

#[tokio::test]
async fn a_stream_that_never_comes_back_leaves_the_agent() {
    let world = World::start(Setup {
        policy: Policy {
            disconnect_grace: SECOND,
            ..Policy::default()
        },
        ..Setup::default()
    })
    .await;
    let (id, stream) = world.talking().await;
    stream.reset().await;
    world.until(id, CallState::Disconnected).await;
    let agent = world
        .agents
        .wait_conversation(1, super::world::WITHIN)
        .await;
    assert_eq!(agent.unwrap().violations, Vec::<String>::new());
}

#[tokio::test]
async fn a_normal_close_means_that_the_callee_hung_up() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.close().await;
    assert_eq!(stream.until_gone().await.code, Some(1000));
    let session = world.until(id, CallState::Completed).await;
    assert_eq!(session.cause, Some(EndCause::CalleeHungUp));
    let agent = world
        .agents
        .wait_conversation(1, super::world::WITHIN)
        .await;
    assert!(agent.is_ok());
}

#[tokio::test]
async fn an_announced_end_completes_the_call() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.text(r#"{"type":"call_end"}"#).await;
    stream.until_gone().await;
    let session = world.until(id, CallState::Completed).await;
    assert_eq!(session.cause, Some(EndCause::CalleeHungUp));
}

#[tokio::test]
async fn a_cancelled_call_is_hung_up_within_a_heartbeat() {
    let world = World::start(Setup {
        policy: Policy {
            heartbeat_timeout: SECOND,
            ..Policy::default()
        },
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    world.apply(id, CallEvent::Cancelled).await;
    let gone = tokio::time::timeout(2 * SECOND, stream.until_gone()).await;
    let received = gone.unwrap();
    assert_eq!(received.texts.last().unwrap(), r#"{"type":"disconnect"}"#);
    assert_eq!(received.code, Some(1000));
    let agent = world
        .agents
        .wait_conversation(1, super::world::WITHIN)
        .await;
    assert!(agent.is_ok());
}

#[tokio::test]
async fn what_the_callee_types_is_told_to_the_agent_once() {
    let world = World::start(Setup::default()).await;
    let (_, stream) = world.talking().await;
    stream.stays_live();
    stream.text(r#"{"type":"dtmf","digit":"4"}"#).await;
    stream
        .text(r##"{"event":"dtmf","data":{"digits":"2#"}}"##)
        .await;
    let is_typed = |said: &elevenlabs::Stamped| said.message["type"] == "user_message";
    let told = |agent: &elevenlabs::ConversationRecord| agent.received.iter().any(is_typed);
    let agent = world.agent_until(1, told).await;
    let typed: Vec<_> = agent
        .received
        .iter()
        .filter(|said| is_typed(said))
        .collect();
    assert_eq!(typed.len(), 1);
    let text = typed[0].message["text"].as_str().unwrap();
    assert!(text.contains(": 42#"), "{text}");
    assert!(agent.violations.is_empty(), "{:?}", agent.violations);
}

#[tokio::test]
async fn texts_that_mean_nothing_are_passed_over() {
    let world = World::start(Setup::default()).await;
    let (id, stream) = world.talking().await;
    let deep = "[".repeat(5_000);
    for text in [
        "",
        "{",
        "null",
        "[]",
        "\u{feff}",
        "{'callid': ",
        r#"{"type":null,"event":7}"#,
        r#"{"type":"weather"}"#,
        r#"{"type":"dtmf","digit":"5"}"#,
        r#"{"sample_rate":"loud"}"#,
        "'%7B%22%FF",
        &deep,
    ] {
        stream.text(text).await;
    }
    check_heard(&world, id, &stream, 7).await;
}

#[tokio::test]
async fn an_oversized_text_does_not_end_the_call() {
    let world = World::start(Setup::default()).await;
    let (id, stream) = world.talking().await;
    let padding = "x".repeat(CARRIER_TEXT_MAX_BYTES);
    stream
        .text(format!(r#"{{"type":"call_end","padding":"{padding}"}}"#))
        .await;
    check_heard(&world, id, &stream, 9).await;
}

#[tokio::test]
async fn the_largest_frame_is_audio_and_a_larger_one_loses_the_stream_only() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    let most = noise(SECOND * 5, 500, 11);
    stream.binary(speech::to_bytes(&most)).await;
    world
        .agent_until(1, |agent| speech::find(&agent.callee_pcm, &most).is_some())
        .await;

    stream.binary(vec![0; CARRIER_FRAME_MAX_BYTES + 1]).await;
    stream.until_gone().await;
    world.until(id, CallState::Disconnected).await;

    let again = world.connect(id).await;
    world.until(id, CallState::Active).await;
    check_heard(&world, id, &again, 13).await;
}
