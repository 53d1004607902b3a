//! The ElevenLabs side: where a conversation is opened, what it is told at its start, what the
//! platform tells of it afterwards, and the workspace set up as code.

mod config;
mod conversation;
mod conversations;
mod elevenlabs;
pub mod message;
mod signature;
mod start;

pub use config::{ConversationsConfig, ElevenLabsConfig, PostCallConfig};
pub use conversation::Conversation;
pub use conversations::{Conversations, FetchError, PlatformConversations};
pub use elevenlabs::{AgentError, ElevenLabs};
pub use signature::{AHEAD_MAX, InvalidSignature, OLD_MAX, SIGNATURE_HEADER, verify};
pub use start::{ANSWER_TOKEN, ConversationStart};
