//! Calls that are recorded because their request says so, and those that are not.

mod erased;
mod listened;
mod storage;

use crate::{
    calls::{World, settings, short_call},
    support::patient,
};
use ::recordings::{HEADER_BYTES, Recordings};
use bytes::Bytes;
use call::ids::CallId;
use local::system::LOCAL_KEY;
use relay::audio::{Aligner, Format};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, time::Duration};

/// Longest wait for the other side's record of a call.
const WAIT: Duration = Duration::from_secs(60);

const NUMBER: &str = "+911234567890";

/// Loud enough to be a voice.
const VOICE: u16 = 1_000;

/// How far two clocks may be apart on a machine that does other things besides.
const APART_MAX: Duration = Duration::from_millis(150);

/// A trigger that consents to be recorded.
fn consenting() -> Value {
    let mut body = patient(NUMBER);
    body["recordingConsent"] = json!(true);
    body
}

fn id_of(id: &str) -> CallId {
    id.parse().unwrap()
}

/// Both channels of a WAV file, as 16-bit samples.
pub(crate) fn channels(wav: &[u8]) -> [Vec<i16>; 2] {
    assert_eq!(&wav[..4], b"RIFF");
    assert_eq!(wav[20..24], [7, 0, 2, 0], "stereo µ-law");
    [0, 1].map(|channel| {
        let ulaw: Bytes = wav[HEADER_BYTES + channel..]
            .iter()
            .step_by(2)
            .copied()
            .collect();
        let pcm = Format::Ulaw.decode(ulaw, &mut Aligner::default());
        let samples = pcm.chunks_exact(2);
        samples
            .map(|two| i16::from_le_bytes([two[0], two[1]]))
            .collect()
    })
}

/// When a voice is first heard, and last.
fn heard(samples: &[i16], hz: u32) -> (Duration, Duration) {
    let is_voice = |sample: &i16| sample.unsigned_abs() > VOICE;
    let first = samples.iter().position(is_voice).expect("a voice");
    let last = samples.iter().rposition(is_voice).expect("a voice");
    let at = |n: usize| Duration::from_secs_f64(n as f64 / f64::from(hz));
    (at(first), at(last))
}

#[track_caller]
fn assert_near(a: Duration, b: Duration) {
    assert!(a.abs_diff(b) <= APART_MAX, "{a:?} instead of {b:?}");
}

async fn wav(recordings: &Recordings, id: &str) -> Bytes {
    let sound = recordings.sound(id_of(id)).await.unwrap();
    recordings
        .read(&sound, 0..sound.file_bytes())
        .await
        .unwrap()
}

/// The record once its recording can be heard.
async fn ready(world: &World, id: &str) -> Value {
    let is_ready = |record: &Value| record["recording"]["state"] == "ready";
    world.wait_until(id, is_ready).await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_voices_stand_in_their_channels_when_they_were_heard() {
    let world = World::start(short_call()).await;
    let id = world.place(&consenting()).await;
    world.ended(&id).await;
    let record = ready(&world, &id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();

    let [left, right] = channels(&wav(&world.system.recordings, &id).await);
    assert_eq!(left.len(), right.len());
    let lasts = Duration::from_millis(left.len() as u64 / 8);
    for (channel, at_the_phone) in [(&left, &call.uplink), (&right, &call.downlink)] {
        let (began, ended) = heard(channel, 8_000);
        let (expected_began, expected_ended) = heard(at_the_phone, 16_000);
        assert_near(began, expected_began);
        assert_near(ended, expected_ended);
    }
    // The agent asks first, and the callee answers into its silence.
    let (agent_began, _) = heard(&right, 8_000);
    let (callee_began, callee_ended) = heard(&left, 8_000);
    assert!(agent_began < callee_began && callee_ended < lasts);

    let recording = &record["recording"];
    assert_eq!(recording["durationMs"], lasts.as_millis() as u64);
    let parts = recording["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 1);
    assert_eq!(
        (&parts[0]["attempt"], &parts[0]["offsetMs"]),
        (&json!(1), &json!(0))
    );
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();
    let told = &conversation.dynamic_variables;
    assert_eq!(told["call_is_recorded"], true);
    assert!(
        told["recording_notice"]
            .as_str()
            .unwrap()
            .contains("रिकॉर्ड")
    );
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_is_stored_and_the_agent_says_nothing_of_it() {
    let world = World::start(short_call()).await;
    let id = world.place(&patient(NUMBER)).await;
    let record = world.ended(&id).await;
    assert_eq!(record["recording"], json!({ "state": "none" }));
    let sound = world.system.recordings.sound(id_of(&id)).await.unwrap();
    assert!(sound.parts().is_empty());
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();
    let told = &conversation.dynamic_variables;
    assert_eq!(told["call_is_recorded"], false);
    assert_eq!(told["recording_notice"], "");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_is_away_changes_nothing_of_the_call() {
    // A file where the folder was: whatever is stored there fails.
    let place = std::env::temp_dir().join(format!("recordings-away-{}", std::process::id()));
    let mut options = short_call();
    let address = format!("file://{}", place.display());
    options
        .settings
        .extend(settings([("RECORDINGS", address.as_str())]));
    let world = World::start(options).await;
    fs::remove_dir(&place).unwrap();
    fs::write(&place, "in the way").unwrap();
    let id = world.place(&consenting()).await;
    let record = world.ended(&id).await;
    assert_eq!(record["cause"], "agent_ended");
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();
    assert!(call.heard == conversation.agent_pcm(), "sample for sample");
    assert!(call.uplink.starts_with(&conversation.callee_pcm));
    world.finish().await;
    let Files(left) = Files::under(&place);
    assert_eq!(left, std::slice::from_ref(&place));
    fs::remove_file(&place).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_kept_beside_the_database_for_their_owner_alone() {
    let data = std::env::temp_dir().join(format!("recordings-kept-{}", std::process::id()));
    let place = data.join("recordings");
    let world = World::start(local::system::Options {
        data: Some(data.clone()),
        ..short_call()
    })
    .await;
    let id = world.place(&consenting()).await;
    world.ended(&id).await;
    ready(&world, &id).await;
    let Files(stored) = Files::under(&place);
    let names = stored.iter().map(|file| file.display().to_string());
    let mut names: Vec<_> = names.collect();
    names.sort();
    let last = names.pop().unwrap();
    assert!(last.ends_with("-end") && last.contains(&id), "{last}");
    assert!(names.iter().all(|name| name.contains(&id)), "{names:?}");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&place).unwrap().permissions());
    assert_eq!(mode & 0o077, 0);
    world.finish().await;
    fs::remove_dir_all(&data).unwrap();
}

/// Every file under a folder.
struct Files(Vec<PathBuf>);

impl Files {
    fn under(path: &PathBuf) -> Self {
        if path.is_file() {
            return Self(vec![path.clone()]);
        }
        let entries = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        Self(entries.flat_map(|entry| Self::under(&entry).0).collect())
    }
}

/// Asks the API, with this key; status, headers and body.
async fn ask(
    world: &World,
    method: &str,
    id: &str,
    key: &str,
    range: Option<&str>,
) -> (u16, reqwest::header::HeaderMap, Bytes) {
    let url = format!("{}/api/outbound-call/{id}/recording", world.system.api_url);
    let client = reqwest::Client::new();
    let mut request = client
        .request(method.parse().unwrap(), url)
        .header("x-api-key", key);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consent_can_be_withdrawn_after_the_call() {
    let world = World::start(short_call()).await;
    let id = world.place(&consenting()).await;
    world.ended(&id).await;
    ready(&world, &id).await;
    assert_eq!(ask(&world, "GET", &id, LOCAL_KEY, None).await.0, 200);
    assert_eq!(ask(&world, "DELETE", &id, LOCAL_KEY, None).await.0, 204);
    let (status, _, refused) = ask(&world, "GET", &id, LOCAL_KEY, None).await;
    let refused: Value = serde_json::from_slice(&refused).unwrap();
    assert_eq!(
        (status, &refused["code"]),
        (404, &json!("no_such_recording"))
    );
    let record = world.wait_until(&id, |_| true).await;
    assert_eq!(record["recording"], json!({ "state": "erased" }));
    assert_eq!(ask(&world, "DELETE", &id, LOCAL_KEY, None).await.0, 204);
    let gone = async {
        while !world
            .system
            .recordings
            .sound(id_of(&id))
            .await
            .unwrap()
            .parts()
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(WAIT, gone)
        .await
        .expect("the sweep erases it");
    world.finish().await;
}
