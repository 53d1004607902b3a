//! The messages of the ElevenLabs Agents WebSocket (`/v1/convai/conversation`).
//!
//! Names are the vendor's (elevenlabs/packages, `agent.asyncapi.yaml`). What the client sends is
//! read strictly, because a simulator that forgives hides mistakes.

mod sent;

pub(crate) use sent::{
    Alignment, agent_audio, agent_response, agent_response_correction, client_tool_call, end_call,
    error, final_marker, interruption, metadata, ping, tentative_user_transcript, user_transcript,
};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::speech::{self, ulaw};

/// A message of the client, understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ClientMessage {
    ClientData(ClientData),
    Audio(Vec<i16>),
    Pong {
        event_id: u64,
    },
    ToolResult {
        tool_call_id: String,
    },
    /// One of the other documented types; recorded only.
    Other,
}

/// The interesting parts of `conversation_initiation_client_data`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ClientData {
    pub(crate) dynamic_variables: Map<String, Value>,
    pub(crate) overrides: Vec<String>,
    pub(crate) client_events: Option<Vec<String>>,
    pub(crate) user_id: Option<String>,
}

/// Why a message of the client cannot be accepted; the close code is 1008.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) error_type: &'static str,
    pub(crate) reason: String,
}

impl Invalid {
    pub(crate) fn new(error_type: &'static str, reason: String) -> Self {
        Self { error_type, reason }
    }

    /// The kind for everything that is not a message of the protocol.
    pub(crate) fn message(reason: String) -> Self {
        Self::new("invalid_message", reason)
    }
}

/// Documented types that only need to be recorded.
const OTHER_TYPES: [&str; 6] = [
    "contextual_update",
    "user_message",
    "user_activity",
    "feedback",
    "mcp_tool_approval_result",
    "multimodal_message",
];

/// Keys that `conversation_initiation_client_data` may have.
const CLIENT_DATA_KEYS: [&str; 6] = [
    "type",
    "dynamic_variables",
    "user_id",
    "conversation_config_override",
    "custom_llm_extra_body",
    "source_info",
];

/// Reads one text frame; audio is in the format of this name.
pub(crate) fn parse(text: &str, format: &str) -> Result<(ClientMessage, Value), Invalid> {
    let value: Value = serde_json::from_str(text)
        .map_err(|_| Invalid::message("the frame is not JSON".to_owned()))?;
    let message = match (value.get("type"), value.get("user_audio_chunk")) {
        (None, Some(chunk)) => audio(chunk, format)?,
        (Some(Value::String(kind)), None) => typed(kind, &value)?,
        _ => {
            return Err(Invalid::message(
                "needs either `type` or `user_audio_chunk`".to_owned(),
            ));
        }
    };
    Ok((message, value))
}

fn audio(chunk: &Value, format: &str) -> Result<ClientMessage, Invalid> {
    let text = chunk
        .as_str()
        .ok_or_else(|| Invalid::message("audio is not a string".to_owned()))?;
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| Invalid::message("audio is not base64".to_owned()))?;
    let pcm = of_format(&bytes, format)
        .ok_or_else(|| Invalid::message("audio ends within a sample".to_owned()))?;
    Ok(ClientMessage::Audio(pcm))
}

fn of_format(bytes: &[u8], format: &str) -> Option<Vec<i16>> {
    if is_ulaw(format) {
        Some(ulaw::decode(bytes))
    } else {
        speech::from_bytes(bytes)
    }
}

/// Samples in the format of this name, whose rate they have.
fn in_format(pcm: &[i16], format: &str) -> Vec<u8> {
    if is_ulaw(format) {
        ulaw::encode(pcm)
    } else {
        speech::to_bytes(pcm)
    }
}

fn is_ulaw(format: &str) -> bool {
    format.starts_with("ulaw_")
}

fn typed(kind: &str, value: &Value) -> Result<ClientMessage, Invalid> {
    match kind {
        "conversation_initiation_client_data" => client_data(value).map(ClientMessage::ClientData),
        "pong" => value
            .get("event_id")
            .and_then(Value::as_u64)
            .map(|event_id| ClientMessage::Pong { event_id })
            .ok_or_else(|| Invalid::message("pong without an integer event_id".to_owned())),
        "client_tool_result" => tool_result(value),
        other if OTHER_TYPES.contains(&other) => Ok(ClientMessage::Other),
        other => Err(Invalid::message(format!("unknown type {other:?}"))),
    }
}

fn tool_result(value: &Value) -> Result<ClientMessage, Invalid> {
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    let (Some(tool_call_id), Some(_), Some(Value::Bool(_))) = (
        field("tool_call_id"),
        field("result"),
        value.get("is_error"),
    ) else {
        return Err(Invalid {
            error_type: "missing_fields",
            reason: "client_tool_result needs tool_call_id, result (strings), is_error".to_owned(),
        });
    };
    Ok(ClientMessage::ToolResult {
        tool_call_id: tool_call_id.to_owned(),
    })
}

fn client_data(value: &Value) -> Result<ClientData, Invalid> {
    let object = value
        .as_object()
        .ok_or_else(|| Invalid::message("not an object".to_owned()))?;
    for (key, field) in object {
        if !CLIENT_DATA_KEYS.contains(&key.as_str()) {
            return Err(Invalid::message(format!(
                "unknown key {key:?} in the client data"
            )));
        }
        if field.is_null() {
            return Err(Invalid::message(format!(
                "{key} is null; an unused key is left out"
            )));
        }
    }
    let dynamic_variables = match value.get("dynamic_variables") {
        None => Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(_) => {
            return Err(Invalid::message(
                "dynamic_variables is not an object".to_owned(),
            ));
        }
    };
    check_variables(&dynamic_variables)?;

    let overrides = value.get("conversation_config_override");
    Ok(ClientData {
        dynamic_variables,
        overrides: overrides.map(override_paths).unwrap_or_default(),
        client_events: overrides.and_then(client_events),
        user_id: value
            .get("user_id")
            .and_then(Value::as_str)
            .map(str::to_owned),
    })
}

fn check_variables(variables: &Map<String, Value>) -> Result<(), Invalid> {
    for (name, value) in variables {
        let is_plain = value.is_string() || value.is_number() || value.is_boolean();
        if name.starts_with("system__") || !is_plain {
            return Err(Invalid {
                error_type: "value_error",
                reason: format!("dynamic variable {name:?} is reserved or not a plain value"),
            });
        }
    }
    Ok(())
}

/// The overridden settings as `section.field`, such as `agent.language`.
fn override_paths(overrides: &Value) -> Vec<String> {
    let sections = overrides.as_object().into_iter().flatten();
    sections
        .flat_map(|(section, fields)| {
            let fields = fields.as_object().into_iter().flatten();
            fields.map(move |(field, _)| format!("{section}.{field}"))
        })
        .collect()
}

fn client_events(overrides: &Value) -> Option<Vec<String>> {
    let events = overrides
        .get("conversation")?
        .get("client_events")?
        .as_array()?;
    Some(
        events
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    )
}

#[cfg(test)]
mod tests;
