//! What was lost of a call's audio stands in its record, for each stream that a relay left.

use super::{
    cut_off::secs,
    stream::Stream,
    world::{Setup, WITHIN, World},
};
use crate::support::{agent_ready, picked_up};
use base64::{Engine, engine::general_purpose::STANDARD};
use call::{
    AudioGap, AudioReport,
    AudioTo::{self, Agent, Callee},
    CallEvent, CallState,
    GapReason::{self, BacklogDropped, StreamLost, UnderRun},
    Policy,
    ids::CallId,
};
use serde_json::json;
use simulators::{
    elevenlabs::{Behaviour, Script, Step},
    speech::{self, noise},
};
use std::{ops::Range, time::Duration};
use tokio::time::{sleep, timeout};

/// The reports of a call, once there are so many.
async fn reports(world: &World, id: CallId, count: usize) -> Vec<AudioReport> {
    let found = async {
        loop {
            let record = world.calls.store.record(id).await.unwrap().unwrap();
            if record.audio.len() >= count {
                return record.audio;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let found = timeout(WITHIN, found).await.expect("a report is missing");
    assert_eq!(found.len(), count);
    found
}

#[track_caller]
fn check_clean(report: &AudioReport, stream: u32) {
    assert_eq!((report.attempt, report.stream), (1, stream));
    assert_eq!(report.gaps, []);
    assert_eq!((report.is_clean(), report.more_gaps), (true, 0));
    assert!(report.length_ms > 0);
}

/// One gap, with its moment and length in milliseconds within these bounds: the machine may be busy.
#[track_caller]
fn check_gap(gap: &AudioGap, to: AudioTo, because: GapReason, at: Range<u64>, long: Range<u64>) {
    assert_eq!((gap.to, gap.because), (to, because), "{gap:?}");
    assert!(at.contains(&gap.at_ms), "{gap:?}");
    assert!(long.contains(&gap.length_ms), "{gap:?}");
}

/// A second of the agent's greeting was heard, and more time than that has passed.
async fn heard(stream: &mut Stream) {
    stream.until(|got| got.pcm.len() >= 16_000).await;
    sleep(secs(1)).await;
}

#[tokio::test]
async fn a_call_in_which_nothing_was_lost_says_so_whoever_ends_it() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    heard(&mut stream).await;
    stream.close().await;
    world.until(id, CallState::Completed).await;
    let report = &reports(&world, id, 1).await[0];
    check_clean(report, 1);
    assert!(report.from_ms < 1_000, "{report:?}");
    assert!((1_000..15_000).contains(&report.length_ms), "{report:?}");

    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    heard(&mut stream).await;
    world.apply(id, CallEvent::Cancelled).await;
    stream.until_gone().await;
    check_clean(&reports(&world, id, 1).await[0], 1);
}

/// A piece of the agent's first reply.
fn piece(length: Duration) -> Step {
    let pcm = speech::to_bytes(&noise(length, 500, 3));
    Step::Send(json!({ "type": "audio", "audio_event": {
        "audio_base_64": STANDARD.encode(pcm), "event_id": 1,
    } }))
}

#[tokio::test]
async fn a_reply_that_dries_up_is_a_gap_at_its_moment() {
    let ms = Duration::from_millis;
    let script = Script::new([
        Step::Pause(ms(500)),
        piece(ms(600)),
        Step::Pause(ms(1_800)),
        piece(ms(400)),
        Step::Pause(secs(60)),
    ]);
    let world = World::start(Setup {
        script,
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    stream.until(|got| got.pcm.len() >= 16_000).await;
    stream.close().await;
    let report = &reports(&world, id, 1).await[0];
    let [gap] = &report.gaps[..] else {
        panic!("{report:?}")
    };
    assert!(!report.is_clean());
    check_gap(gap, Callee, UnderRun, 1_100..3_000, 900..1_700);
}

#[tokio::test]
async fn a_stream_that_is_lost_and_one_that_comes_back_have_a_report_each() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    heard(&mut stream).await;
    stream.reset().await;
    world.until(id, CallState::Disconnected).await;
    sleep(secs(1)).await;
    let again = world.connect(id).await;
    again.stays_live();
    world.until(id, CallState::Active).await;
    let first = &reports(&world, id, 1).await[0];
    sleep(secs(1)).await;
    again.close().await;

    let [lost, carried_on] = &reports(&world, id, 2).await[..] else {
        unreachable!("two were waited for")
    };
    assert_eq!(lost, first, "a report is written once");
    assert_eq!((lost.stream, lost.is_clean()), (1, false));
    let [to_agent, to_callee] = &lost.gaps[..] else {
        panic!("{lost:?}")
    };
    check_gap(to_agent, Agent, StreamLost, 1_500..9_000, 1_000..4_000);
    check_gap(to_callee, Callee, StreamLost, 1_500..9_000, 1_000..4_000);
    assert!(to_agent.at_ms <= to_callee.at_ms);
    check_clean(carried_on, 2);
    // One begins where the other ends.
    let ended = lost.from_ms + lost.length_ms;
    assert!(carried_on.from_ms.abs_diff(ended) <= 1, "{carried_on:?}");
    let back = to_agent.at_ms + to_agent.length_ms;
    assert!(back.abs_diff(ended) <= 1, "{lost:?}");
}

#[tokio::test]
async fn a_stream_that_another_relay_carries_on_leaves_its_report_here() {
    let world = World::start(Setup {
        policy: Policy {
            disconnect_grace: secs(4),
            ..Policy::default()
        },
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    heard(&mut stream).await;
    stream.reset().await;
    world.until(id, CallState::Disconnected).await;
    world.apply(id, picked_up()).await;
    let report = &reports(&world, id, 1).await[0];
    assert_eq!((report.stream, report.is_clean()), (1, false));
    assert_eq!(report.gaps.len(), 2, "{report:?}");
}

#[tokio::test]
async fn a_relay_that_carries_on_counts_from_the_answer_and_reports_its_own_stream_alone() {
    let world = World::start(Setup {
        policy: Policy {
            heartbeat_timeout: secs(4),
            ..Policy::default()
        },
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    // Another relay carries the call, and dies.
    for event in [picked_up(), agent_ready("conv_of_another")] {
        world.apply(id, event).await;
    }
    sleep(Duration::from_millis(2_200)).await;
    let mut stream = world.connect(id).await;
    stream.stays_live();
    heard(&mut stream).await;
    stream.close().await;
    let report = &reports(&world, id, 1).await[0];
    check_clean(report, 2);
    assert!((2_200..12_000).contains(&report.from_ms), "{report:?}");
}

#[tokio::test]
async fn what_the_callee_said_too_early_for_any_agent_is_a_gap() {
    let world = World::start(Setup::default()).await;
    let late = Behaviour::SlowMetadata(secs(2));
    world.agents.behave([late]);
    let id = world.dialing().await;
    let stream = world.connect(id).await;
    stream.frames(&noise(secs(5), 500, 1)).await;
    world.until(id, CallState::Active).await;
    stream.close().await;
    let report = &reports(&world, id, 1).await[0];
    let [gap] = &report.gaps[..] else {
        panic!("{report:?}")
    };
    check_gap(gap, Agent, BacklogDropped, 0..2_000, 2_000..2_001);
}

#[tokio::test]
async fn a_report_that_cannot_be_stored_at_the_end_is_stored_when_it_can() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    heard(&mut stream).await;
    world.gate.shut();
    stream.close().await;
    stream.until_gone().await;
    sleep(secs(9)).await; // Longer than one request is tried.
    let record = world.calls.store.record(id).await.unwrap().unwrap();
    assert_eq!(record.audio, [], "nothing is stored meanwhile");
    world.gate.open();
    check_clean(&reports(&world, id, 1).await[0], 1);
}

#[tokio::test]
async fn a_report_that_is_refused_for_good_keeps_no_call_from_its_end() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    world.gate.refuse("AUDIO#");
    stream.close().await;
    stream.until_gone().await;
    world.until(id, CallState::Completed).await;
    sleep(secs(5)).await;
    world.gate.open();
    sleep(secs(2)).await;
    let record = world.calls.store.record(id).await.unwrap().unwrap();
    assert_eq!(record.audio, [], "nothing claims that it was clean");
}
