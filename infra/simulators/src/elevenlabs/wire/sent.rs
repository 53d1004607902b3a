//! What the platform sends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::speech;

/// How `alignment` looks in one `audio` message; all three occur on the live service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alignment {
    Present,
    Absent,
    Null,
}

pub(crate) fn metadata(conversation_id: &str, agent_format: &str, user_format: &str) -> Value {
    json!({
        "type": "conversation_initiation_metadata",
        "conversation_initiation_metadata_event": {
            "conversation_id": conversation_id,
            "agent_output_audio_format": agent_format,
            "user_input_audio_format": user_format,
        }
    })
}

pub(crate) fn agent_audio(pcm: &[i16], format: &str, event_id: u64, alignment: Alignment) -> Value {
    let mut event = json!({
        "audio_base_64": STANDARD.encode(super::in_format(pcm, format)),
        "event_id": event_id,
    });
    let length_ms = speech::playing_time(pcm.len()).as_millis() as u64;
    match alignment {
        Alignment::Present => {
            event["alignment"] = json!({
                "chars": ["a"], "char_start_times_ms": [0], "char_durations_ms": [length_ms],
            });
        }
        Alignment::Null => event["alignment"] = Value::Null,
        Alignment::Absent => {}
    }
    json!({"type": "audio", "audio_event": event})
}

/// The marker that follows the last audio of a reply: no sound, `is_final`.
pub(crate) fn final_marker(event_id: u64) -> Value {
    let event = json!({"audio_base_64": "", "event_id": event_id, "is_final": true});
    json!({"type": "audio", "audio_event": event})
}

pub(crate) fn interruption(event_id: u64) -> Value {
    json!({"type": "interruption", "interruption_event": {"event_id": event_id}})
}

pub(crate) fn ping(event_id: u64, ping_ms: Option<u64>) -> Value {
    json!({"type": "ping", "ping_event": {"event_id": event_id, "ping_ms": ping_ms}})
}

pub(crate) fn tentative_user_transcript(text: &str, event_id: u64) -> Value {
    json!({
        "type": "tentative_user_transcript",
        "tentative_user_transcription_event": {"user_transcript": text, "event_id": event_id},
    })
}

pub(crate) fn user_transcript(text: &str, event_id: u64) -> Value {
    json!({
        "type": "user_transcript",
        "user_transcription_event": {"user_transcript": text, "event_id": event_id},
    })
}

pub(crate) fn agent_response(text: &str, event_id: u64) -> Value {
    json!({
        "type": "agent_response",
        "agent_response_event": {"agent_response": text, "event_id": event_id},
    })
}

pub(crate) fn agent_response_correction(original: &str, spoken: &str, event_id: u64) -> Value {
    json!({
        "type": "agent_response_correction",
        "agent_response_correction_event": {
            "original_agent_response": original,
            "corrected_agent_response": spoken,
            "event_id": event_id,
        },
    })
}

pub(crate) fn client_tool_call(
    name: &str,
    call_id: &str,
    parameters: &Value,
    event_id: u64,
    expects_response: bool,
) -> Value {
    json!({
        "type": "client_tool_call",
        "client_tool_call": {
            "tool_name": name,
            "tool_call_id": call_id,
            "parameters": parameters,
            "event_id": event_id,
            "expects_response": expects_response,
        },
    })
}

pub(crate) fn end_call(call_id: &str, event_id: u64) -> Value {
    json!({
        "type": "agent_tool_response",
        "agent_tool_response": {
            "tool_name": "end_call",
            "tool_call_id": call_id,
            "tool_type": "system",
            "is_error": false,
            "is_called": true,
            "event_id": event_id,
        },
    })
}

/// The nested error frame that precedes a failing close.
pub(crate) fn error(code: u16, error_type: &str, message: &str) -> Value {
    json!({
        "type": "error",
        "error_event": {
            "code": code,
            "message": message,
            "error_type": error_type,
            "reason": message,
            "debug_message": null,
            "details": {},
        },
    })
}
