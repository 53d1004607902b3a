//! How a message is masked: keys and shape stay; of the values, those of protocol fields and words of
//! the protocol.

use crate::word;
use serde_json::{Map, Value};

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
pub(super) const TEXT: &str = "<text>";

/// What a number stands as.
pub(super) const NUMBER: &str = "<number>";

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

/// Masks a message: JSON, a form or a query, or any other text.
pub(super) fn message(message: &str) -> String {
    match serde_json::from_str(message) {
        Ok(value) => masked("", value, 0).to_string(),
        Err(_) => form(message).unwrap_or_else(|| shape(message)),
    }
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
        word::masked(text).into()
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
