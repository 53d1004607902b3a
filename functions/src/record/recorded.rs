//! How far the recording of a call is, and what can be heard of it.

use crate::app::App;
use call::time::Timestamp;
use recordings::{SETTLED_AFTER, Sound, StorageError};
use serde::Serialize;
use std::time::Duration;
use store::CallRecord;
use utoipa::ToSchema;

/// How far the recording of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecordingState {
    None,
    Pending,
    Ready,
    Erased,
}

/// What can be heard of a call.
pub(crate) struct Recorded {
    pub(crate) state: RecordingState,
    pub(crate) sound: Sound,
}

impl Recorded {
    /// Looks into the storage, if the call may have been recorded.
    pub(crate) async fn of(app: &App, record: &CallRecord) -> Result<Self, StorageError> {
        let nothing = |state| Self {
            state,
            sound: Sound::default(),
        };
        let Some(recordings) = &app.recordings else {
            return Ok(nothing(RecordingState::None));
        };
        if record.recording_erasure.is_some() {
            return Ok(nothing(RecordingState::Erased));
        }
        if !record.request.recording_consent {
            return Ok(nothing(RecordingState::None));
        }
        let (sound, now) = (recordings.sound(record.session.id).await?, app.calls.now());
        let ended = |number| {
            let attempt = record.attempts.iter().find(|a| a.number == number);
            attempt.and_then(|attempt| attempt.ended_at)
        };
        let sound = sound.settled(ended, now);
        let state = if !sound.parts().is_empty() {
            RecordingState::Ready
        } else if may_come(record, now) {
            RecordingState::Pending
        } else {
            RecordingState::None
        };
        Ok(Self { state, sound })
    }
}

/// Whether something may yet be recorded, or stored of what was.
fn may_come(record: &CallRecord, now: Timestamp) -> bool {
    let mut ends = record
        .attempts
        .iter()
        .filter_map(|attempt| attempt.ended_at);
    !record.session.state.is_final() || ends.any(|ended| now.since(ended) < SETTLED_AFTER)
}

/// What was recorded of the call.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Recording)]
pub(crate) struct RecordingView {
    state: RecordingState,
    /// How long the WAV file is, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// What it is made of: each audio stream of each attempt, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartView>,
}

/// One audio stream of an attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordingPart)]
pub(crate) struct PartView {
    attempt: u8,
    /// When its first sound was heard.
    began_at: Timestamp,
    /// Where it begins in the file, in milliseconds.
    offset_ms: u64,
    duration_ms: u64,
}

impl RecordingView {
    pub(crate) fn of(recorded: &Recorded) -> Self {
        let sound = &recorded.sound;
        let mut offset = Duration::ZERO;
        let parts = sound.parts().iter().map(|part| {
            let view = PartView {
                attempt: part.of.attempt,
                began_at: part.of.began,
                offset_ms: ms(offset),
                duration_ms: ms(part.duration()),
            };
            offset += part.duration();
            view
        });
        Self {
            parts: parts.collect(),
            state: recorded.state,
            duration_ms: (recorded.state == RecordingState::Ready).then(|| ms(sound.duration())),
        }
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
