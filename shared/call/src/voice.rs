//! Whose voice is heard in a conversation.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose voice is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The agent's, also while the callee talks over it.
    Agent,
    /// The callee's, or another sound as loud as speech.
    Callee,
    /// Neither's: a pause, or a line of the relay's own.
    Nobody,
}

/// Whose voice was heard when the relay last said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Speaking {
    /// Whose.
    pub who: Voice,
    /// When that was.
    pub at: Timestamp,
}
