//! The embedded lines: who says what, with the text beside the sound.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::Deserialize;

use super::{playing_time, samples_in, to_bytes, wav};

/// One spoken line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Name in the manifest, such as `agent_greeting_hi`.
    pub id: String,
    /// Who says it.
    pub role: Role,
    /// Language, ISO 639-1.
    pub language: String,
    /// What is said; a simulator sends it as the transcript.
    pub text: String,
    /// The sound, at [`SAMPLE_HZ`](super::SAMPLE_HZ).
    pub pcm: Arc<[i16]>,
}

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The ElevenLabs agent.
    Agent,
    /// The person who was dialled.
    Callee,
    /// The carrier, before the stream begins.
    Carrier,
    /// The relay, when there is no agent.
    Relay,
}

impl Line {
    /// A line that is not in the manifest.
    pub fn new(id: &str, role: Role, text: &str, pcm: impl Into<Arc<[i16]>>) -> Self {
        Self {
            id: id.to_owned(),
            role,
            language: "hi".to_owned(),
            text: text.to_owned(),
            pcm: pcm.into(),
        }
    }

    /// How long it takes to say.
    pub fn duration(&self) -> Duration {
        playing_time(self.pcm.len())
    }

    /// The sound as little-endian bytes.
    pub fn bytes(&self) -> Vec<u8> {
        to_bytes(&self.pcm)
    }

    /// The same line cut after `duration`, to keep a test short.
    #[must_use]
    pub fn shortened(mut self, duration: Duration) -> Self {
        let kept = samples_in(duration).min(self.pcm.len());
        self.pcm = self.pcm[..kept].into();
        self
    }
}

/// The embedded line of that name.
///
/// # Panics
/// When the manifest has no such line: the name is a constant of the calling program.
pub fn line(id: &str) -> Line {
    find_line(id).unwrap_or_else(|| panic!("no line {id:?} in infra/simulators/assets/lines.json"))
}

/// The embedded line of that name, if there is one.
pub fn find_line(id: &str) -> Option<Line> {
    LINES.iter().find(|line| line.id == id).cloned()
}

/// Every embedded line, in the order of the manifest.
pub fn lines() -> &'static [Line] {
    &LINES
}

/// `infra/simulators/assets/lines.json`, which `make.sh` reads too.
const MANIFEST: &str = include_str!("../../assets/lines.json");

/// Embeds the named files of `infra/simulators/assets`.
macro_rules! embed {
    ($($file:literal),* $(,)?) => {
        &[$(($file, include_bytes!(concat!("../../assets/", $file)))),*]
    };
}

/// The files of the manifest.
const FILES: &[(&str, &[u8])] = embed![
    "agent_greeting_hi.wav",
    "agent_age_hi.wav",
    "agent_complaint_hi.wav",
    "agent_city_hi.wav",
    "agent_goodbye_hi.wav",
    "callee_haan_hi.wav",
    "callee_age_hi.wav",
    "callee_complaint_hi.wav",
    "callee_city_hi.wav",
    "callee_thanks_hi.wav",
    "callee_barge_in_hi.wav",
    "agent_greeting_en.wav",
    "callee_age_en.wav",
    "agent_goodbye_en.wav",
    "wait_hi.wav",
    "../../../relay/assets/sorry_hi.wav",
    "../../../relay/assets/time_is_up_hi.wav",
    "../../../relay/assets/one_moment_hi.wav",
    "../../../relay/assets/not_heard_hi.wav",
];

#[derive(Deserialize)]
struct Entry {
    id: String,
    file: String,
    role: Role,
    language: String,
    text: String,
}

impl Entry {
    fn load(self) -> Line {
        let (_, bytes) = FILES
            .iter()
            .find(|(file, _)| *file == self.file)
            .expect("every file of the manifest is embedded; a test loads them all");
        let pcm = wav::parse(bytes).expect("embedded files are 16 kHz mono; a test loads them all");

        Line {
            id: self.id,
            role: self.role,
            language: self.language,
            text: self.text,
            pcm: pcm.into(),
        }
    }
}

static LINES: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let entries: Vec<Entry> =
        serde_json::from_str(MANIFEST).expect("the manifest is valid; a test reads it");
    entries.into_iter().map(Entry::load).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Size of all embedded sound together, as promised to whoever clones.
    const EMBEDDED_BYTES_MAX: usize = 2_000_000;

    #[test]
    fn every_line_of_the_manifest_loads_and_every_file_is_used() {
        assert_eq!(lines().len(), FILES.len());
        assert!(
            lines()
                .iter()
                .all(|line| !line.text.is_empty() && !line.pcm.is_empty())
        );
        assert!(FILES.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < EMBEDDED_BYTES_MAX);
    }

    #[test]
    fn lines_are_as_long_as_their_role_needs() {
        for line in lines() {
            let (least, most) = match line.role {
                Role::Agent => (1_000, 4_000),
                Role::Callee => (1_000, 2_500),
                Role::Carrier => (1_000, 5_000),
                Role::Relay => (1_000, 4_000),
            };
            let length_ms = line.duration().as_millis();
            assert!(
                (least..=most).contains(&length_ms),
                "{} lasts {length_ms} ms",
                line.id
            );
        }
    }

    #[test]
    fn a_shortened_line_is_a_prefix() {
        let whole = line("agent_age_hi");
        let short = whole.clone().shortened(Duration::from_millis(500));

        assert_eq!(short.duration(), Duration::from_millis(500));
        assert_eq!(whole.pcm[..short.pcm.len()], short.pcm[..]);
        assert_eq!(whole.bytes().len(), whole.pcm.len() * 2);
        assert_eq!(find_line("nobody_said_this"), None);
    }
}
