//! What a platform tells of a conversation after it, as it is kept.

use super::Speaker;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most bytes of a post-call report that is kept, as it came (4 MiB). An hour of talk is near 1 MiB.
pub const POST_CALL_REPORT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most lines of a transcript that are kept: an hour of talk has a few hundred.
pub const LINES_MAX: usize = 1_000;

/// Longest text that is kept of a line, a summary or a reason, in characters.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// What is kept of a conversation beside the answers. Patient data: never logged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Digest {
    /// The platform's word: `done` or `failed`.
    pub status: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// How long it took, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_secs: Option<u32>,
    /// Why it ended, in the platform's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_reason: Option<String>,
    /// `success`, `failure` or `unknown`, by the agent's criteria.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_successful: Option<String>,
    /// What was talked about, as the platform sums it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Each criterion's result.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub evaluation: BTreeMap<String, Evaluation>,
    /// What was said, as the platform heard it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<Line>,
}

/// How a conversation did by one criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// `success`, `failure` or `unknown`.
    pub result: String,
    /// The platform's reason, in the words of its model. Patient data.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rationale: Option<String>,
}

/// One line of the platform's transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Who spoke.
    pub role: Speaker,
    /// What was said.
    pub text: String,
    /// Seconds since the conversation began.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_secs: Option<u32>,
}
