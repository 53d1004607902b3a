//! What is recorded of a call when its stream is lost, it is handed over, or its relay dies.

use super::{
    cut_off::secs,
    stream::Stream,
    world::{Setup, WITHIN, World},
};
use crate::recordings::channels;
use ::recordings::{HEADER_BYTES, HZ, Recordings, Sound};
use call::{CallState, ids::CallId};
use serde_json::json;
use simulators::{
    elevenlabs::{Script, Step},
    speech::{Line, line, noise},
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Louder than anything else on these streams.
const VOICE: i16 = 8_000;

/// Where the voices of callee and agent are audible that are this far apart at least, in milliseconds.
const PAUSE_MS: usize = 500;

fn recorded(script: Script) -> Setup {
    Setup {
        recordings: Some(Recordings::in_memory()),
        script,
        ..Setup::default()
    }
}

/// The callee speaks for a second, as fast as it comes out.
async fn speaks(stream: &Stream) {
    let voice = noise(secs(1), VOICE, 5);
    let frames = voice.chunks(320).map(<[i16]>::to_vec).collect();
    stream.says(frames, Duration::from_millis(20));
    sleep(secs(1)).await;
}

/// What is stored of a call once it is so.
async fn stored(world: &World, id: CallId, is_so: impl Fn(&Sound) -> bool) -> Sound {
    let recordings = world.recordings.as_ref().unwrap();
    let found = async {
        loop {
            let sound = recordings.sound(id).await.unwrap();
            if is_so(&sound) {
                return sound;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(2 * WITHIN, found).await.expect("it is not stored")
}

fn has_end(sound: &Sound) -> bool {
    sound.parts().iter().any(|part| part.has_end)
}

/// From when to when the callee is heard, in milliseconds.
async fn heard(world: &World, sound: &Sound) -> Vec<(usize, usize)> {
    heard_in(world, sound, 0).await
}

/// From when to when somebody is heard in a channel, in milliseconds.
async fn heard_in(world: &World, sound: &Sound, channel: usize) -> Vec<(usize, usize)> {
    let recordings = world.recordings.as_ref().unwrap();
    let wav = recordings.read(sound, 0..sound.file_bytes()).await.unwrap();
    assert!(wav.len() > HEADER_BYTES);
    let a_ms = HZ as usize / 1_000;
    let loud = channels(&wav)[channel].clone();
    let loud = loud.chunks(a_ms).enumerate();
    let loud = loud.filter(|(_, ms)| ms.iter().any(|it| it.unsigned_abs() > 1_000));
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (ms, _) in loud {
        match spans.last_mut() {
            Some((_, end)) if ms - *end < PAUSE_MS => *end = ms,
            _ => spans.push((ms, ms)),
        }
    }
    spans
}

#[tokio::test]
async fn a_call_whose_stream_comes_back_is_one_recording_on_one_clock() {
    let world = World::start(recorded(Script::new([]))).await;
    let (id, stream) = world.talking().await;
    speaks(&stream).await;
    stream.reset().await;
    world.until(id, CallState::Disconnected).await;
    sleep(secs(2)).await;
    let again = world.connect(id).await;
    world.until(id, CallState::Active).await;
    speaks(&again).await;
    again.close().await;
    let sound = stored(&world, id, has_end).await;
    assert_eq!(sound.parts().len(), 1);
    let [before, after] = heard(&world, &sound).await[..] else {
        panic!("{:?}", heard(&world, &sound).await)
    };
    for (from, to) in [before, after] {
        assert!((900..1_500).contains(&(to - from)), "{from} to {to}");
    }
    assert!(after.0 - before.1 >= 2_000, "{before:?} {after:?}");
}

#[tokio::test]
async fn half_a_sample_of_a_lost_stream_spoils_nothing() {
    let world = World::start(recorded(Script::new([]))).await;
    let (id, stream) = world.talking().await;
    stream.binary([0]).await;
    stream.reset().await;
    world.until(id, CallState::Disconnected).await;
    let again = world.connect(id).await;
    world.until(id, CallState::Active).await;
    // Too quiet to be heard, unless the halves of its samples change places.
    again.frames(&noise(secs(1), 200, 5)).await;
    again.close().await;
    let sound = stored(&world, id, has_end).await;
    assert_eq!(heard(&world, &sound).await, []);
}

#[tokio::test]
async fn what_an_interruption_kept_from_the_callee_is_not_in_the_recording() {
    let voice = Line {
        pcm: noise(secs(4), VOICE, 7).into(),
        ..line("agent_greeting_hi")
    };
    let world = World::start(recorded(Script::new([Step::Say(voice.into())]))).await;
    let (id, mut stream) = world.talking().await;
    stream.until(|received| received.pcm.len() > 16_000).await;
    stream.frames(&line("callee_barge_in_hi").pcm).await;
    let received = stream.until(|received| !received.texts.is_empty()).await;
    // As long as what was cut off would have been heard.
    sleep(secs(1)).await;
    stream.close().await;
    let sound = stored(&world, id, has_end).await;
    let [(from, to)] = heard_in(&world, &sound, 1).await[..] else {
        panic!("the agent was heard once")
    };
    let sent_ms = received.samples_before_text / 16;
    let unheard = sent_ms.saturating_sub(to - from);
    assert!((100..900).contains(&unheard), "{unheard} of {sent_ms} ms");
}

#[tokio::test]
async fn a_recording_ends_with_the_call_though_its_last_words_wait_for_the_table() {
    let world = World::start(recorded(Script::new([]))).await;
    let (id, stream) = world.talking().await;
    speaks(&stream).await;
    world.gate.shut();
    stream.close().await;
    let sound = stored(&world, id, has_end).await;
    let session = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(session.state, CallState::Active, "the table does not know");
    assert!(sound.duration() < secs(5), "{:?}", sound.duration());
    world.gate.open();
    world.until(id, CallState::Completed).await;
}

#[tokio::test]
async fn what_is_said_to_a_person_is_not_recorded() {
    let hands_over = Script::new([
        Step::Pause(secs(2)),
        Step::CallTool {
            name: "transfer_call".to_owned(),
            parameters: json!({}),
            expects_response: true,
        },
        Step::Pause(secs(60)),
    ]);
    let world = World::start(recorded(hands_over)).await;
    let (id, mut stream) = world.talking().await;
    speaks(&stream).await;
    stream.until(|received| !received.texts.is_empty()).await;
    speaks(&stream).await;
    stream.close().await;
    world.until(id, CallState::Completed).await;
    let sound = stored(&world, id, has_end).await;
    let heard = heard(&world, &sound).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[test]
fn what_was_stored_outlives_the_relay() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (tests, relays) = (runtime(), runtime());
    tests.block_on(async {
        let world = World::start_on(relays.handle(), recorded(Script::new([]))).await;
        let (id, stream) = world.talking().await;
        speaks(&stream).await;
        stream.stays_live();
        stored(&world, id, |sound| !sound.parts().is_empty()).await;
        // As a process that is killed: nothing of it goes on.
        relays.shutdown_background();
        sleep(secs(1)).await;
        let sound = stored(&world, id, |_| true).await;
        assert!(!has_end(&sound));
        assert_eq!(sound.duration(), secs(10));
        assert_eq!(heard(&world, &sound).await.len(), 1);
        let [ended, settled] = [secs(0), ::recordings::SETTLED_AFTER].map(|later| {
            let ended = world.calls.now();
            sound.clone().settled(|_| Some(ended), ended + later)
        });
        assert!(ended.parts().is_empty(), "it may still grow");
        assert_eq!(settled, sound);
    });
}
