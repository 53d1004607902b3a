//! What the agent's platform sends: messages of a conversation, and reports after it.

use call::time::Timestamp;
use elevenlabs::{
    Conversation,
    message::{self, AgentMessage},
};
use secrecy::SecretString;
use serde_json::Value;

/// An item of the table, in bytes, with room for what else stands in it.
const DIGEST_BYTES_MAX: usize = 390_000;

/// A text of a conversation.
pub(super) fn message(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match message::parse(&text) {
        AgentMessage::Audio { audio, .. } => {
            assert!(audio.len() < text.len());
            let mut printed = String::new();
            message::user_audio(&audio, &mut printed);
            let printed = json(&printed);
            assert!(printed["user_audio_chunk"].is_string());
        }
        AgentMessage::Ping { event_id } => {
            let pong = json(&message::pong(event_id));
            assert_eq!(pong["event_id"], event_id);
        }
        AgentMessage::ToolCall { tool_call_id, .. } => {
            let result = json(&message::tool_result(&tool_call_id, &text, true));
            assert_eq!(result["tool_call_id"], tool_call_id);
            assert_eq!(result["result"], *text);
        }
        AgentMessage::CalleeSaid { text: said, .. }
        | AgentMessage::AgentSaid { text: said, .. }
        | AgentMessage::AgentCorrected { text: said, .. } => assert!(said.len() < 3 * text.len()),
        AgentMessage::Ready { .. }
        | AgentMessage::Interruption { .. }
        | AgentMessage::Ending
        | AgentMessage::Error(_)
        | AgentMessage::Ignored
        | AgentMessage::Unknown
        | AgentMessage::Unreadable => {}
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("messages are written as JSON")
}

/// A post-call report, and its signature's header.
pub(super) fn post_call(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let secret = SecretString::from("wsec_0123456789abcdef");
    let now = Timestamp::from_millis(1_793_400_000_000);
    assert!(elevenlabs::verify(&[secret], &text, bytes, now).is_err());
    let Ok(data) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    if let Some(conversation) = Conversation::read(&data) {
        let digest = serde_json::to_value(&conversation.digest).expect("it is stored as JSON");
        assert!(digest.to_string().len() <= DIGEST_BYTES_MAX);
        let again = serde_json::from_value(digest).expect("what is stored is read again");
        assert_eq!(conversation.digest, again);
        assert!(!conversation.id.as_str().is_empty());
    }
}
