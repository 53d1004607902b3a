//! What was said, one turn at a time.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The ElevenLabs agent.
    Agent,
    /// The person dialled.
    Callee,
}

/// One turn of the conversation. Patient data: never logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// The attempt in which it was said, from 1.
    pub attempt: u8,
    /// When the relay learned of it; with `seq` it fixes the order.
    pub at: Timestamp,
    /// Counts the turns that one relay session stored, from 1.
    pub seq: u32,
    /// Who spoke.
    pub role: Speaker,
    /// What was said, after any correction by the agent's platform.
    pub text: String,
    /// Whether the callee cut this turn short, so that `text` is what was really spoken.
    #[serde(default)]
    pub interrupted: bool,
}
