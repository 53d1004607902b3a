//! What the relay has the phone play: files in order, in real time, until killed.

use crate::speech::SAMPLE_HZ;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::collections::VecDeque;

/// Sample rates that the carrier's engine knows, in Hz.
const RATES: [u64; 6] = [8_000, 16_000, 24_000, 32_000, 48_000, 64_000];

/// What a text message asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    /// Samples at 16 kHz.
    Play(Vec<i16>),
    Kill,
    Disconnect,
    /// The number to hand the callee over to.
    Transfer(String),
}

/// Reads a text message as strictly as it may be written.
pub(super) fn command(text: &str) -> Result<Command, String> {
    let message: Value = serde_json::from_str(text).map_err(|_| "not JSON".to_owned())?;
    match message["type"].as_str() {
        Some("playAudio") => play(&message["data"]),
        Some("killAudio") => Ok(Command::Kill),
        Some("disconnect") => Ok(Command::Disconnect),
        Some("transfer") => match message["data"]["textContent"].as_str() {
            Some(number) => Ok(Command::Transfer(number.to_owned())),
            None => Err("transfer without a number".to_owned()),
        },
        other => Err(format!("unknown type {other:?}")),
    }
}

fn play(data: &Value) -> Result<Command, String> {
    if data["audioContentType"] != "raw" {
        return Err("audioContentType is not raw".to_owned());
    }
    let rate = data["sampleRate"]
        .as_u64()
        .filter(|rate| RATES.contains(rate))
        .ok_or("sampleRate is not a number that the engine knows")?;
    let content = data["audioContent"]
        .as_str()
        .ok_or("audioContent is missing")?;
    let bytes = STANDARD
        .decode(content)
        .map_err(|_| "audioContent is not base64")?;
    crate::speech::from_bytes(&bytes)
        .map(|pcm| Command::Play(at_16_khz(pcm, rate)))
        .ok_or("half a sample".to_owned())
}

/// The same sound at 16 kHz. The nearest sample will do: it is the length that is looked at.
fn at_16_khz(pcm: Vec<i16>, rate: u64) -> Vec<i16> {
    let (from, to) = (rate as usize, SAMPLE_HZ as usize);
    if from == to {
        return pcm;
    }
    let samples = pcm.len() * to / from;
    (0..samples).map(|at| pcm[at * from / to]).collect()
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

    /// Samples that wait to be played.
    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Plays for `samples`; gives what was really audio, which may be less.
    pub(super) fn play(&mut self, samples: usize) -> Vec<i16> {
        self.queue.drain(..samples.min(self.queue.len())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn played(rate: Value, content: &str) -> Result<Command, String> {
        let data =
            json!({ "audioContentType": "raw", "sampleRate": rate, "audioContent": content });
        command(&json!({ "type": "playAudio", "data": data }).to_string())
    }

    #[test]
    fn audio_of_another_rate_keeps_its_length() {
        assert_eq!(
            played(json!(16_000), "AQACAA=="),
            Ok(Command::Play(vec![1, 2]))
        );
        assert_eq!(
            played(json!(8_000), "AQACAA=="),
            Ok(Command::Play(vec![1, 1, 2, 2]))
        );
        assert_eq!(
            played(json!(32_000), "AQACAA=="),
            Ok(Command::Play(vec![1]))
        );
    }

    #[test]
    fn what_the_engine_would_not_understand_is_named() {
        let cases = [
            (played(json!("16000"), "AQACAA=="), "sampleRate"),
            (played(json!(11_025), "AQACAA=="), "sampleRate"),
            (played(json!(16_000), "AQ-_"), "base64"),
            (played(json!(16_000), "AQAC"), "half a sample"),
            (command(r#"{"type":"playAudio"}"#), "audioContentType"),
            (command(r#"{"type":"agent_ready"}"#), "agent_ready"),
            (command("AQACAA=="), "not JSON"),
        ];
        for (read, named) in cases {
            let violation = read.unwrap_err();
            assert!(violation.contains(named), "{violation}");
        }
    }
}
