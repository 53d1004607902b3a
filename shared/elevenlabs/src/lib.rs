//! The ElevenLabs side: where a conversation is opened, what it is told at its start, what the
//! platform tells of it afterwards, and the workspace set up as code.

mod config;
mod conversation;
mod conversations;
mod elevenlabs;
pub mod message;
mod rest;
mod signature;
mod start;

pub use config::{ElevenLabsConfig, PostCallConfig};
pub use conversation::Conversation;
pub use conversations::{Conversations, PlatformConversations};
pub use elevenlabs::ElevenLabs;
pub use rest::{AgentError, Failed, Rest, RestConfig};
pub use signature::{AHEAD_MAX, InvalidSignature, OLD_MAX, SIGNATURE_HEADER, verify};
pub use start::{ANSWER_TOKEN, ConversationStart};
