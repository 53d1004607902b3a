//! What the relay has the phone play: files in order, in real time, until killed.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::collections::VecDeque;

/// Sample rates that the carrier's engine knows, in Hz.
const RATES: [u64; 6] = [8_000, 16_000, 24_000, 32_000, 48_000, 64_000];

/// What a text message asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Play(Vec<i16>),
    Kill,
    Disconnect,
    Transfer,
}

/// Reads a text message as strictly as it may be written.
pub(super) fn command(text: &str) -> Result<Command, String> {
    let message: Value = serde_json::from_str(text).map_err(|_| "not JSON".to_owned())?;
    match message["type"].as_str() {
        Some("playAudio") => play(&message["data"]),
        Some("killAudio") => Ok(Command::Kill),
        Some("disconnect") => Ok(Command::Disconnect),
        Some("transfer") => Ok(Command::Transfer),
        other => Err(format!("unknown type {other:?}")),
    }
}

fn play(data: &Value) -> Result<Command, String> {
    if data["audioContentType"] != "raw" {
        return Err("audioContentType is not raw".to_owned());
    }
    if !data["sampleRate"]
        .as_u64()
        .is_some_and(|rate| RATES.contains(&rate))
    {
        return Err("sampleRate is not a number that the engine knows".to_owned());
    }
    let content = data["audioContent"]
        .as_str()
        .ok_or("audioContent is missing")?;
    let bytes = STANDARD
        .decode(content)
        .map_err(|_| "audioContent is not base64")?;
    crate::speech::from_bytes(&bytes)
        .map(Command::Play)
        .ok_or("half a sample".to_owned())
}

/// Queued audio on the real clock of the call.
#[derive(Debug, Default)]
pub(super) struct Playback {
    queue: VecDeque<i16>,
}

impl Playback {
    pub(super) fn queue(&mut self, pcm: &[i16]) {
        self.queue.extend(pcm);
    }

    pub(super) fn kill(&mut self) {
        self.queue.clear();
    }

    /// Plays for `samples`; gives what was really audio, which may be less.
    pub(super) fn play(&mut self, samples: usize) -> Vec<i16> {
        self.queue.drain(..samples.min(self.queue.len())).collect()
    }
}
