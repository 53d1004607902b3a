//! Turns and speech that come faster than they can be stored or played.

use super::{
    cut_off::{secs, with},
    world::{Setup, WITHIN, World},
};
use call::{CallState, Policy};
use serde_json::json;
use simulators::{
    elevenlabs::{ConversationRecord, Say, Script, Step},
    speech::{self, Line, Role},
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn a_turn_that_is_never_stored_holds_no_heartbeat() {
    let policy = Policy {
        heartbeat_timeout: secs(3),
        ..Policy::default()
    };
    let script = Script::new([Step::Pause(secs(2)), turn(1), Step::Pause(secs(60))]);
    let world = World::start(Setup {
        script,
        ..with(policy)
    })
    .await;
    let (id, stream) = world.talking().await;
    stream.stays_live();
    world.gate.refuse("TURN#");
    sleep(secs(6)).await;
    let call = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(call.state, CallState::Active);
    assert!(
        call.deadline.unwrap() > world.calls.now(),
        "a beat was missed"
    );
}

/// Something that the callee said.
fn turn(n: u32) -> Step {
    Step::Send(json!({
        "type": "user_transcript",
        "user_transcription_event": { "user_transcript": format!("turn {n}") },
    }))
}

#[tokio::test]
async fn three_hundred_turns_at_once_lose_none() {
    let script = Script::new((1..=300).map(turn).collect::<Vec<_>>());
    let world = World::start(Setup {
        script,
        ..Setup::default()
    })
    .await;
    let (id, stream) = world.talking().await;
    stream.close().await;
    world.until(id, CallState::Completed).await;
    let all = timeout(WITHIN, async {
        loop {
            let record = world.calls.store.record(id).await.unwrap().unwrap();
            if record.turns.len() == 300 {
                return record.turns;
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    let turns = all.await.expect("turns are lost");
    assert_eq!(turns[299].text, "turn 300");
}

/// An agent that says all of this at once.
fn saying(long: &[i16]) -> Setup {
    let say = Say {
        line: Line::new("long", Role::Agent, "long", long.to_vec()),
        waits: false,
        interruptible: true,
    };
    let mut script = Script::new([Step::Say(say)]);
    script.delivery.burst_factor = 100;
    Setup {
        script,
        ..Setup::default()
    }
}

#[tokio::test]
async fn an_answer_of_minutes_cuts_no_call() {
    let long = speech::noise(secs(150), 500, 3);
    let world = World::start(saying(&long)).await;
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    let heard = stream.until(|got| got.pcm.len() > 4 * 16_000).await;
    let part = &long[16_000..3 * 16_000];
    assert!(speech::find(&heard.pcm, part).is_some());
    assert_eq!(heard.texts, [""; 0]);
    world.until(id, CallState::Active).await;
}

/// What is more than can wait is left unread, and so is the platform's ping behind it.
#[tokio::test]
async fn an_agent_that_is_far_ahead_is_made_to_wait() {
    let long = speech::noise(secs(150), 500, 3);
    let world = World::start(saying(&long)).await;
    let (_, stream) = world.talking().await;
    stream.stays_live();
    let has_sent_all = |agent: &ConversationRecord| {
        let sent = agent.agent_audio.iter().map(|audio| audio.pcm.len());
        sent.sum::<usize>() >= long.len()
    };
    let answered = world.agent_until(1, has_sent_all).await.pongs;
    sleep(secs(5)).await;
    assert_eq!(world.agents.conversations()[0].pongs, answered);
}
