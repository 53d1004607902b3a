//! What a vendor said that nobody here understands: kept for those who will teach it, without a
//! patient's words.
//!
//! A sample keeps the keys and the shape of a message. Of its values it keeps those of protocol
//! fields, masked, and words of the protocol; every other text or number is told by its kind only.

mod mask;

use aws_lc_rs::digest;
use call::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;

/// Most bytes of a sample (2 KiB): reports take a few hundred.
pub const SAMPLE_BYTES_MAX: usize = 2 * 1024;

/// Most bytes of a message that are looked at (16 KiB).
pub const READ_BYTES_MAX: usize = 16 * 1024;

/// Where an unknown message came from, and what was unknown about it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnknownKind {
    /// A carrier's report with a status word that is not in the table.
    CarrierStatus,
    /// A carrier's report that cannot be read, or names no field that is known.
    CarrierReport,
    /// A carrier's report that can be read, of a call that nobody knows.
    CarrierCall,
    /// A text on the carrier's stream.
    StreamText,
    /// A message of the agent's platform with a type that is not known.
    AgentType,
    /// A message of the agent's platform that cannot be read.
    AgentMessage,
}

/// The text names no kind of unknown message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of unknown message")]
pub struct NoSuchKind;

impl UnknownKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::CarrierStatus,
        Self::CarrierReport,
        Self::CarrierCall,
        Self::StreamText,
        Self::AgentType,
        Self::AgentMessage,
    ];

    /// The kind's name in the store, the log and the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::CarrierStatus => "carrier_status",
            Self::CarrierReport => "carrier_report",
            Self::CarrierCall => "carrier_call",
            Self::StreamText => "stream_text",
            Self::AgentType => "agent_type",
            Self::AgentMessage => "agent_message",
        }
    }
}

impl FromStr for UnknownKind {
    type Err = NoSuchKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.label() == text).ok_or(NoSuchKind)
    }
}

/// What is kept of a message: nothing that a patient said or is called by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample(String);

impl Sample {
    /// Masks a message as it came: JSON, a form or a query, or any other text.
    #[must_use]
    pub fn of(message: &str) -> Self {
        let message = start_of(message.trim(), READ_BYTES_MAX);
        let masked = mask::message(message);
        Self(start_of(&masked, SAMPLE_BYTES_MAX).to_owned())
    }

    /// The sample's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Names the sample: the same for messages of the same shape.
    #[must_use]
    pub fn digest(&self) -> String {
        let digest = digest::digest(&digest::SHA256, self.0.as_bytes());
        hex::encode(&digest.as_ref()[..8])
    }
}

/// Messages of one shape on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnknownMessage {
    /// When the first one came.
    pub first_seen: Timestamp,
    /// When the last one came.
    pub last_seen: Timestamp,
    /// How many came.
    pub count: u64,
    /// What they look like; no patient's words.
    pub sample: String,
}

fn start_of(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests;
