//! A relay that cannot store, stops, or comes to a limit: nobody is left without a word, and nobody
//! is rung while still talking.

use super::{
    stream::Stream,
    world::{Setup, World},
};
use crate::support::{agent_ready, picked_up};
use call::{CallEvent, CallState, EndCause, Policy, ids::CallId};
use simulators::speech::{self, line};
use std::time::Duration;
use store::calls::Applied;
use tokio::time::{Instant, sleep, timeout};

pub(super) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Given up 18 s after the last heartbeat, carried for 13.5 s of them.
fn patient() -> Policy {
    Policy {
        heartbeat_timeout: secs(10),
        disconnect_grace: secs(8),
        ..Policy::default()
    }
}

pub(super) fn with(policy: Policy) -> Setup {
    Setup {
        policy,
        ..Setup::default()
    }
}

fn has_heard(pcm: &[i16], id: &str) -> bool {
    speech::find(pcm, &line(id).pcm).is_some()
}

#[tokio::test]
async fn a_relay_that_cannot_store_leaves_before_the_call_is_given_up() {
    let world = World::start(with(patient())).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    world.gate.shut();
    let left = timeout(
        secs(18),
        stream.until_within(secs(18), |got| {
            got.texts.iter().any(|text| text.contains("disconnect"))
        }),
    );
    let received = left
        .await
        .expect("the call is given up and may be dialled again");
    assert!(has_heard(&received.pcm, "sorry_hi"));
    world.agent_until(1, |agent| agent.closed.is_some()).await;
    // Nobody has given up the call yet, and nobody may before this moment.
    let call = world.calls.store.load(id).await.unwrap().unwrap();
    let given_up = call.deadline.unwrap() + world.calls.policy.disconnect_grace;
    assert_eq!(call.state, CallState::Active);
    assert!(world.calls.now() < given_up);
}

#[tokio::test]
async fn an_outage_shorter_than_the_lease_cuts_nothing() {
    let world = World::start(with(patient())).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    world.gate.shut();
    sleep(secs(8)).await;
    world.gate.open();
    let before = world.calls.store.load(id).await.unwrap().unwrap();
    let renewed = world.until_it(id, |call| call.deadline > before.deadline);
    assert_eq!(renewed.await.state, CallState::Active);
    assert_eq!(stream.received().texts, [""; 0], "nothing but speech");
    stream.close().await;
    stream.until_gone().await;
    let ended = world.until(id, CallState::Completed).await;
    assert_eq!(ended.cause, Some(EndCause::CalleeHungUp));
}

/// Not found out by the missing heartbeats: whoever hung up is not rung again for an outage.
#[tokio::test]
async fn a_hang_up_that_could_not_be_stored_is_recorded_when_it_can() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    world.gate.shut();
    stream.close().await;
    stream.until_gone().await;
    sleep(secs(6)).await;
    world.gate.open();
    let ended = world.until(id, CallState::Completed).await;
    assert_eq!(ended.cause, Some(EndCause::CalleeHungUp));
}

#[tokio::test]
async fn a_stream_is_taken_over_once_its_relay_missed_a_beat_and_the_old_one_is_fenced() {
    let policy = Policy {
        heartbeat_timeout: secs(4),
        ..Policy::default()
    };
    let world = World::start(with(policy)).await;
    let id = world.dialing().await;
    carried_elsewhere(&world, id).await;
    assert_eq!(world.open(&world.target(id)).await.err(), Some(409));
    sleep(secs(2)).await;
    let _stream = world.connect(id).await;
    let (attempt, stream) = (1, 1);
    let stale = CallEvent::StreamLost { attempt, stream };
    let applied = world.calls.apply(id, &stale).await.unwrap();
    assert!(matches!(applied, Applied::Unchanged { .. }), "{applied:?}");
    let call = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(
        (call.state, call.attempt.unwrap().streams),
        (CallState::Active, 2)
    );
}

#[tokio::test]
async fn whom_a_shutdown_cuts_is_told_and_may_be_dialled_again() {
    let mut world = World::start(Setup {
        drain_timeout: secs(1),
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    world.shut_down();
    let received = stream.until_gone().await;
    assert!(has_heard(&received.pcm, "sorry_hi"));
    assert!(
        received
            .texts
            .iter()
            .any(|text| text.contains("disconnect"))
    );
    assert_eq!(world.stopped().await, 1);
    let call = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(call.state, CallState::Disconnected, "stored before the end");
}

#[tokio::test]
async fn a_relay_that_stops_is_not_gone_before_the_end_of_a_call_is_stored() {
    let mut world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    world.gate.slow(Duration::from_millis(700));
    stream.close().await;
    stream.until_gone().await;
    world.shut_down();
    assert_eq!(world.stopped().await, 0, "nobody was cut");
    let call = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(call.cause, Some(EndCause::CalleeHungUp));
}

/// Long before the next heartbeat, which would find it out as well.
async fn is_hung_up_soon(world: &World, cancelled: CallId, stream: &mut Stream) {
    world.apply(cancelled, CallEvent::Cancelled).await;
    let began = Instant::now();
    stream
        .until(|got| got.texts.iter().any(|text| text.contains("disconnect")))
        .await;
    assert!(began.elapsed() < secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_call_that_is_cancelled_is_hung_up_by_the_next_look() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    is_hung_up_soon(&world, id, &mut stream).await;
}

/// The index of live calls is read by every relay, so it may not be what a large system asks each second.
#[tokio::test]
async fn among_a_thousand_live_calls_a_relay_asks_for_its_own() {
    let world = World::start(with(Policy {
        max_concurrent_calls: 2_000,
        ..Policy::default()
    }))
    .await;
    for _ in 0..1_001 {
        world.dialing().await;
    }
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    sleep(secs(2)).await; // The first look, at the index, is over.
    world.gate.refuse_queries("activeShard");
    is_hung_up_soon(&world, id, &mut stream).await;
}

#[tokio::test]
async fn who_reaches_the_longest_duration_is_told() {
    let policy = Policy {
        max_call_duration: secs(20),
        ..Policy::default()
    };
    let world = World::start(with(policy)).await;
    let began = Instant::now();
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    let received = stream.until_within(secs(25), |got| got.is_gone).await;
    assert!(has_heard(&received.pcm, "time_is_up_hi"));
    assert!(began.elapsed() < secs(21), "{:?}", began.elapsed());
    let ended = world.until(id, CallState::Completed).await;
    assert_eq!(ended.cause, Some(EndCause::MaxDuration));
}

#[tokio::test]
async fn a_talk_that_is_taken_over_ends_no_later_for_that() {
    let policy = Policy {
        heartbeat_timeout: secs(4),
        max_call_duration: secs(24),
        ..Policy::default()
    };
    let world = World::start(with(policy)).await;
    let id = world.dialing().await;
    let began = Instant::now();
    carried_elsewhere(&world, id).await;
    sleep(Duration::from_millis(2_200)).await;
    let mut stream = world.connect(id).await;
    stream.stays_live();
    let received = stream.until_within(secs(30), |got| got.is_gone).await;
    assert!(has_heard(&received.pcm, "time_is_up_hi"));
    assert!(began.elapsed() < secs(24), "{:?}", began.elapsed());
}

/// Another relay carries the call, and says nothing more.
async fn carried_elsewhere(world: &World, id: CallId) {
    for event in [picked_up(), agent_ready("conv_of_another")] {
        world.apply(id, event).await;
    }
}
