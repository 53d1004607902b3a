//! The messages of the ElevenLabs Agents WebSocket (`/v1/convai/conversation`).
//!
//! The platform adds message types several times a year: what is not in use is counted and
//! ignored. A body may be nested under its own key or lie flat beside `type`.

mod failure;
mod format;

pub use failure::{AgentFailure, of_close};
pub use format::AudioFormat;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use failure::failure;
use serde_json::{Map, Value, json};

/// Types that the platform publishes and nothing here needs.
const NOT_IN_USE: [&str; 22] = [
    "agent_chat_response_part",
    "agent_reasoning_response_part",
    "agent_response_complete",
    "agent_response_metadata",
    "agent_tool_request",
    "agent_typing",
    "asr_initiation_metadata",
    "context_usage",
    "dtmf_request",
    "external_agent_connected",
    "external_agent_disconnected",
    "guardrail_triggered",
    "internal_tentative_agent_response",
    "internal_turn_probability",
    "mcp_connection_status",
    "mcp_tool_call",
    "queue_status",
    "rich_content",
    "tentative_agent_response",
    "tentative_user_transcript",
    "turn_probability",
    "vad_score",
];

/// Something the agent's platform said.
#[derive(Clone, PartialEq)]
pub enum AgentMessage {
    /// The conversation exists; sent first and once.
    Ready {
        /// The platform's id of the conversation.
        conversation_id: String,
        /// How it expects the callee's audio; `None` for a format that is not known.
        input: Option<AudioFormat>,
        /// How it sends its own; `None` for a format that is not known.
        output: Option<AudioFormat>,
    },
    /// A piece of speech.
    Audio {
        /// The utterance it belongs to.
        event_id: Option<u64>,
        /// Audio in the agent's format; empty in a final marker.
        audio: Bytes,
    },
    /// The callee talked over the agent.
    Interruption {
        /// The last utterance that is void.
        event_id: Option<u64>,
    },
    /// Wants a [`pong`] at once.
    Ping {
        /// To be repeated.
        event_id: u64,
    },
    /// What the callee said. Patient data.
    CalleeSaid {
        /// The words.
        text: String,
        /// Number of the event.
        event_id: Option<u64>,
    },
    /// What the agent says. Patient data.
    AgentSaid {
        /// The words.
        text: String,
        /// Number of the utterance.
        event_id: Option<u64>,
    },
    /// What the agent really said before a barge-in. Patient data.
    AgentCorrected {
        /// The words.
        text: String,
        /// Number of the utterance.
        event_id: Option<u64>,
    },
    /// The agent called its system tool `end_call`: its goodbye may still be on the way.
    Ending,
    /// A tool that the client is to run.
    ToolCall {
        /// The tool.
        name: String,
        /// To be repeated in the answer.
        tool_call_id: String,
        /// Its arguments. Patient data.
        parameters: Map<String, Value>,
        /// Number of the agent's turn.
        event_id: Option<u64>,
        /// Whether the agent waits for the answer.
        expects_response: bool,
    },
    /// A failure; a close follows.
    Error(AgentFailure),
    /// A type that is known and not in use.
    Ignored,
    /// A type that is not known here.
    Unknown,
    /// Not JSON, or without what its type must have.
    Unreadable,
}

/// Reads a text frame.
#[must_use]
pub fn parse(text: &str) -> AgentMessage {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return AgentMessage::Unreadable;
    };
    let Some(kind) = message["type"].as_str() else {
        return AgentMessage::Unreadable;
    };
    read(kind, &message).unwrap_or(AgentMessage::Unreadable)
}

fn read(kind: &str, message: &Value) -> Option<AgentMessage> {
    use AgentMessage as M;
    let body = |key: &str| {
        if message[key].is_object() {
            &message[key]
        } else {
            message
        }
    };
    Some(match kind {
        "conversation_initiation_metadata" => {
            ready(body("conversation_initiation_metadata_event"))?
        }
        "audio" => audio(body("audio_event"))?,
        "interruption" => M::Interruption {
            event_id: id(body("interruption_event")),
        },
        "ping" => M::Ping {
            event_id: id(body("ping_event"))?,
        },
        "user_transcript" => {
            let event = body("user_transcription_event");
            M::CalleeSaid {
                text: text(event, "user_transcript")?,
                event_id: id(event),
            }
        }
        "agent_response" => {
            let event = body("agent_response_event");
            M::AgentSaid {
                text: text(event, "agent_response")?,
                event_id: id(event),
            }
        }
        "agent_response_correction" => {
            let event = body("agent_response_correction_event");
            M::AgentCorrected {
                text: text(event, "corrected_agent_response")?,
                event_id: id(event),
            }
        }
        "agent_tool_response" => tool_response(body("agent_tool_response")),
        "client_tool_call" => tool_call(body("client_tool_call"))?,
        "error" | "client_error" => M::Error(failure(message)),
        kind if NOT_IN_USE.contains(&kind) => M::Ignored,
        _ => M::Unknown,
    })
}

fn ready(event: &Value) -> Option<AgentMessage> {
    Some(AgentMessage::Ready {
        conversation_id: text(event, "conversation_id")?,
        input: format(event, "user_input_audio_format"),
        output: format(event, "agent_output_audio_format"),
    })
}

fn audio(event: &Value) -> Option<AgentMessage> {
    let encoded = event["audio_base_64"].as_str().unwrap_or_default();
    let audio = STANDARD.decode(encoded).ok()?;
    Some(AgentMessage::Audio {
        event_id: id(event),
        audio: audio.into(),
    })
}

fn tool_call(call: &Value) -> Option<AgentMessage> {
    Some(AgentMessage::ToolCall {
        name: text(call, "tool_name")?,
        tool_call_id: text(call, "tool_call_id")?,
        parameters: call["parameters"].as_object().cloned().unwrap_or_default(),
        event_id: id(call),
        expects_response: call["expects_response"] != false,
    })
}

fn tool_response(response: &Value) -> AgentMessage {
    let is_end = response["tool_name"] == "end_call" && response["tool_type"] == "system";
    if is_end && response["is_error"] != true {
        AgentMessage::Ending
    } else {
        AgentMessage::Ignored
    }
}

fn text(event: &Value, key: &str) -> Option<String> {
    event[key].as_str().map(str::to_owned)
}

fn id(event: &Value) -> Option<u64> {
    event["event_id"].as_u64()
}

fn format(event: &Value, key: &str) -> Option<AudioFormat> {
    AudioFormat::named(event[key].as_str()?)
}

/// Writes one piece of caller audio, in the format that the agent expects, into `out`, replacing what
/// it held.
pub fn user_audio(audio: &[u8], out: &mut String) {
    out.clear();
    out.reserve(32 + audio.len().div_ceil(3) * 4);
    out.push_str(r#"{"user_audio_chunk":""#);
    STANDARD.encode_string(audio, out);
    out.push_str(r#""}"#);
}

/// Tells the agent what the callee typed on the telephone's keys, as a turn of the callee's own: the
/// protocol has no message for keys (`user_message`, ElevenLabs' message contract).
#[must_use]
pub fn typed(keys: &str) -> String {
    let text = format!("(typed on the telephone's keys: {keys})");
    json!({ "type": "user_message", "text": text }).to_string()
}

/// Answers a ping.
#[must_use]
pub fn pong(event_id: u64) -> String {
    format!(r#"{{"type":"pong","event_id":{event_id}}}"#)
}

/// Answers a tool call. `result` is what the agent reads.
#[must_use]
pub fn tool_result(tool_call_id: &str, result: &str, is_error: bool) -> String {
    json!({
        "type": "client_tool_result",
        "tool_call_id": tool_call_id,
        "result": result,
        "is_error": is_error,
    })
    .to_string()
}

#[cfg(test)]
mod tests;
