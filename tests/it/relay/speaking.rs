//! Who speaks is known as freshly as heartbeats come.

use super::{
    cut_off::{secs, with},
    world::{Setup, World},
};
use call::{CallState, Policy, Voice, ids::CallId};
use simulators::{
    elevenlabs::{Script, Step},
    speech::{line, noise},
};
use std::time::Duration;

/// Waits until a heartbeat says that this voice is heard.
async fn until_heard(world: &World, id: CallId, voice: Voice) {
    let is_so =
        |call: &call::CallSession| call.speaking.is_some_and(|speaking| speaking.who == voice);
    let call = world.until_it(id, is_so).await;
    let at = call.speaking.unwrap().at;
    assert_eq!(at, call.updated_at, "the heartbeat was the last change");
}

#[tokio::test]
async fn a_heartbeat_says_who_is_heard_and_the_end_that_nobody_is() {
    let policy = Policy {
        heartbeat_timeout: secs(3),
        ..Policy::default()
    };
    let script = Script::new([
        Step::Say(line("agent_greeting_hi").into()),
        Step::Pause(secs(60)),
    ]);
    let world = World::start(Setup {
        script,
        ..with(policy)
    })
    .await;
    let (id, stream) = world.talking().await;
    until_heard(&world, id, Voice::Agent).await;
    stream.stays_live();
    until_heard(&world, id, Voice::Nobody).await;
    let frame = Duration::from_millis(20);
    let frames = noise(secs(5), 8_000, 1);
    stream.says(frames.chunks(320).map(<[i16]>::to_vec).collect(), frame);
    until_heard(&world, id, Voice::Callee).await;
    until_heard(&world, id, Voice::Nobody).await;
    stream.close().await;
    let over = world.until(id, CallState::Completed).await;
    assert_eq!(over.speaking, None);
}
