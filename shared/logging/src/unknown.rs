//! What a vendor said that nobody here understands: kept for those who will teach it, without a
//! patient's words.
//!
//! A sample keeps the keys and the shape of a message. Of its values it keeps those of protocol
//! fields, masked, and words of the protocol; every other text or number is told by its kind only.

use aws_lc_rs::digest;
use call::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::str::FromStr;

/// Most bytes of a sample (2 KiB): reports take a few hundred.
pub const SAMPLE_BYTES_MAX: usize = 2 * 1024;

/// Most bytes of a message that are looked at (16 KiB).
pub const READ_BYTES_MAX: usize = 16 * 1024;

/// Most characters of a key that is kept.
const KEY_CHARS_MAX: usize = 40;

/// Deepest object or list that is shown.
const DEPTH_MAX: usize = 6;

/// Most elements of a list that are shown.
const ELEMENTS_MAX: usize = 3;

/// Most characters of the shape of a message that is neither JSON nor a form.
const SHAPE_CHARS_MAX: usize = 200;

/// Digits in a row that may be a part of a telephone number.
const DIGITS_MAX: usize = 3;

/// What a text stands as.
const TEXT: &str = "<text>";

/// What a number stands as.
const NUMBER: &str = "<number>";

/// Fields that hold a word or a code of the protocol, compared as the webhook compares names.
const PROTOCOL_FIELDS: [&str; 15] = [
    "type",
    "event",
    "eventtype",
    "status",
    "callstatus",
    "customerstatus",
    "calltransferstatus",
    "hangupcause",
    "agentnumber",
    "state",
    "code",
    "cause",
    "errortype",
    "direction",
    "calltype",
];

/// Words that say nothing about a patient, wherever they stand.
const PROTOCOL_WORDS: [&str; 16] = [
    "inbound",
    "outbound",
    "incoming",
    "outgoing",
    "completed",
    "answered",
    "busy",
    "failed",
    "missed",
    "ringing",
    "connected",
    "success",
    "failure",
    "agent",
    "customer",
    "system",
];

/// Where an unknown message came from, and what was unknown about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownKind {
    /// A carrier's report with a status word that is not in the table.
    CarrierStatus,
    /// A carrier's report that cannot be read, or names no field that is known.
    CarrierReport,
    /// A carrier's report that can be read, of a call that nobody knows.
    CarrierCall,
    /// A text on the carrier's stream.
    StreamText,
    /// A message of the agent's platform with a type that is not known.
    AgentType,
    /// A message of the agent's platform that cannot be read.
    AgentMessage,
}

/// The text names no kind of unknown message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of unknown message")]
pub struct NoSuchKind;

impl UnknownKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::CarrierStatus,
        Self::CarrierReport,
        Self::CarrierCall,
        Self::StreamText,
        Self::AgentType,
        Self::AgentMessage,
    ];

    /// The kind's name in the store, the log and the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::CarrierStatus => "carrier_status",
            Self::CarrierReport => "carrier_report",
            Self::CarrierCall => "carrier_call",
            Self::StreamText => "stream_text",
            Self::AgentType => "agent_type",
            Self::AgentMessage => "agent_message",
        }
    }
}

impl FromStr for UnknownKind {
    type Err = NoSuchKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.label() == text).ok_or(NoSuchKind)
    }
}

/// What is kept of a message: nothing that a patient said or is called by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample(String);

impl Sample {
    /// Masks a message as it came: JSON, a form or a query, or any other text.
    #[must_use]
    pub fn of(message: &str) -> Self {
        let message = start_of(message.trim(), READ_BYTES_MAX);
        let masked = match serde_json::from_str(message) {
            Ok(value) => masked("", value, 0).to_string(),
            Err(_) => form(message).unwrap_or_else(|| shape(message)),
        };
        Self(start_of(&masked, SAMPLE_BYTES_MAX).to_owned())
    }

    /// The sample's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Names the sample: the same for messages of the same shape.
    #[must_use]
    pub fn digest(&self) -> String {
        let digest = digest::digest(&digest::SHA256, self.0.as_bytes());
        hex::encode(&digest.as_ref()[..8])
    }
}

/// Messages of one shape on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownMessage {
    /// When the first one came.
    pub first_seen: Timestamp,
    /// When the last one came.
    pub last_seen: Timestamp,
    /// How many came.
    pub count: u64,
    /// What they look like; no patient's words.
    pub sample: String,
}

fn masked(field: &str, value: Value, depth: usize) -> Value {
    match value {
        Value::Null | Value::Bool(_) => value,
        Value::Number(number) => {
            let text = number.to_string();
            if is_protocol_field(field) && text.len() <= DIGITS_MAX {
                Value::Number(number)
            } else {
                NUMBER.into()
            }
        }
        Value::String(text) => masked_text(field, &text, depth),
        Value::Array(_) | Value::Object(_) if depth >= DEPTH_MAX => "<deeper>".into(),
        Value::Array(all) => {
            let shown = all.into_iter().take(ELEMENTS_MAX);
            shown.map(|value| masked(field, value, depth + 1)).collect()
        }
        Value::Object(object) => Value::Object(masked_object(object, depth)),
    }
}

fn masked_object(object: Map<String, Value>, depth: usize) -> Map<String, Value> {
    let fields = object.into_iter();
    fields
        .map(|(name, value)| {
            let value = masked(&name, value, depth + 1);
            (masked_key(&name), value)
        })
        .collect()
}

/// A text that holds JSON is shown as the object it is.
fn masked_text(field: &str, text: &str, depth: usize) -> Value {
    if text.starts_with('{')
        && let Ok(inner) = serde_json::from_str(text)
        && depth < DEPTH_MAX
    {
        return masked(field, inner, depth + 1);
    }
    let word = comparable(text);
    let is_number = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.:".contains(c));
    if text.is_empty() || PROTOCOL_WORDS.contains(&word.as_str()) {
        text.into()
    } else if is_protocol_field(field) {
        crate::masked(text).into()
    } else if is_number {
        NUMBER.into()
    } else {
        TEXT.into()
    }
}

/// A field's name, unless it is no name.
fn masked_key(name: &str) -> String {
    let is_name = name.chars().count() <= KEY_CHARS_MAX
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.[]".contains(c))
        && !has_long_number(name);
    if is_name {
        name.to_owned()
    } else {
        "<key>".to_owned()
    }
}

fn has_long_number(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        run > DIGITS_MAX
    })
}

/// A form or a query, as the object of its fields.
fn form(text: &str) -> Option<String> {
    let is_form = text.contains('=') && !text.contains(char::is_whitespace) && !text.contains('{');
    let fields = text.trim_start_matches('?').split('&').filter(|_| is_form);
    let fields: Option<Map<String, Value>> = fields
        .map(|field| {
            let (name, value) = field.split_once('=')?;
            Some((masked_key(name), masked_text(name, value, DEPTH_MAX)))
        })
        .collect();
    let fields = fields.filter(|fields| !fields.is_empty());
    fields.map(|fields| Value::Object(fields).to_string())
}

/// Letters as `a`, digits as `9`, each run once; signs as they are.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    for c in text.chars() {
        let class = match c {
            c if c.is_ascii_digit() => '9',
            c if c.is_ascii_punctuation() => c,
            c if c.is_whitespace() => ' ',
            _ => 'a',
        };
        let is_run = matches!(class, 'a' | '9' | ' ') && shape.ends_with(class);
        if !is_run {
            shape.push(class);
        }
        if shape.len() >= SHAPE_CHARS_MAX {
            break;
        }
    }
    shape
}

fn is_protocol_field(name: &str) -> bool {
    PROTOCOL_FIELDS.contains(&comparable(name).as_str())
}

fn comparable(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn start_of(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests;
