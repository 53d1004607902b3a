//! What was lost of the audio of one stream, as the relay that carried it knows.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Gaps of one report that are told one by one (32); a line that bad needs no more to be understood.
pub const GAPS_MAX: usize = 32;

/// Who missed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AudioTo {
    /// The person dialled did not hear the agent.
    Callee,
    /// The agent did not hear the person dialled.
    Agent,
}

/// Why something was missed. What is dropped on purpose, because the callee talked over the agent or the
/// call was over, is missed by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The agent's reply came too slowly: the callee heard nothing in the middle of it.
    UnderRun,
    /// The carrier's stream was lost: nobody was heard until one carried on.
    StreamLost,
    /// A later stream took the place of a living one, and what the carrier had not played yet was gone.
    StreamReplaced,
    /// The agent was lost: the callee heard it no more, and a line of ours at most, until another was ready.
    AgentLost,
    /// The callee spoke for longer than is kept for an agent that is not ready; the oldest of it was dropped.
    BacklogDropped,
    /// The agent's speech was broken off, because the relay had to end the call.
    CutOff,
}

/// A stretch of a call in which somebody missed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AudioGap {
    /// Who missed it.
    pub to: AudioTo,
    /// When it began, in milliseconds since the attempt was answered.
    pub at_ms: u64,
    /// How long it was, in milliseconds.
    pub length_ms: u64,
    /// Why.
    pub because: GapReason,
}

/// What was lost of the audio of one stream, written once, when its relay left it.
///
/// It knows what the relay lost and what did not reach it in time. What was lost on the way to the callee's
/// ear is known to nobody here: the carrier tells nothing of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioReport {
    /// The attempt, from 1.
    pub attempt: u8,
    /// Which of its streams, from 1.
    pub stream: u32,
    /// When the relay left it.
    pub at: Timestamp,
    /// From when on the stream was carried, in milliseconds since the attempt was answered.
    pub from_ms: u64,
    /// How long it was carried, in milliseconds, its time as a lost one included.
    pub length_ms: u64,
    /// What was lost: the first [`GAPS_MAX`] gaps that were found out, earliest first.
    pub gaps: Vec<AudioGap>,
    /// How many more gaps there were.
    #[serde(default)]
    pub more_gaps: u32,
}

impl AudioReport {
    /// Whether nothing was lost.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// A length as it is stored: whole milliseconds, a part of one counted as one, so that no gap has none.
#[must_use]
pub fn whole_ms(length: Duration) -> u64 {
    u64::try_from(length.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_gap_is_rounded_away() {
        for (us, ms) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (250_000, 250)] {
            assert_eq!(whole_ms(Duration::from_micros(us)), ms);
        }
    }
}
