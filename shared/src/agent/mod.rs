//! The ElevenLabs side: where a conversation is opened, and what it is told at its start.

mod elevenlabs;
mod start;

pub use elevenlabs::{AgentError, ElevenLabs};
pub use start::{ANSWER_TOKEN, ConversationStart};
