//! What a request may say of a patient: the limits, wherever a request comes from.
//!
//! The trigger and a campaign's rows are held to the same rules, so that a row that is called ready
//! is one that the trigger takes.

use serde_json::{Map, Value};

/// Longest patient's name, in characters of any script. Full legal names stay below it, and the
/// agent has to speak it.
pub const NAME_CHARS_MAX: usize = 200;

/// Longest id of the CRM's, in characters; UUIDs take 36.
pub const PATIENT_ID_CHARS_MAX: usize = 128;

/// Longest treatment type, in characters: a phrase in the agent's prompt, not a report.
pub const TREATMENT_CHARS_MAX: usize = 200;

/// Longest language tag, in characters; `zh-Hant-TW` takes 10.
pub const LANGUAGE_CHARS_MAX: usize = 16;

/// Most fields at each level of `crmData` and `metadata`: more is a record, not context for a
/// call, and every field of `crmData` becomes a variable of the agent's.
pub const FREE_FIELDS_MAX: usize = 50;

/// Most bytes of `crmData` and of `metadata`, as compact JSON (8 KiB each). Both are stored in one
/// item and read back in every page of the list.
pub const FREE_BYTES_MAX: usize = 8 * 1024;

/// Deepest nesting of `crmData` and `metadata`, the object itself being level 1.
pub const FREE_DEPTH_MAX: usize = 4;

/// Longest field name inside `crmData` and `metadata`, in characters.
pub const FREE_NAME_CHARS_MAX: usize = 128;

/// Largest magnitude of a number inside `crmData` and `metadata`, and the inverse of the smallest:
/// DynamoDB refuses numbers with exponents beyond about ±125, and no CRM field comes near.
const FREE_NUMBER_MAX: f64 = 1e30;

/// One line of visible text, of at most so many characters.
#[must_use]
pub fn is_line(text: &str, chars_max: usize) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= chars_max
        && !text.chars().any(char::is_control)
}

/// Whether a patient may have this name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    is_line(text, NAME_CHARS_MAX)
}

/// Whether the CRM may know a patient by this id.
#[must_use]
pub fn is_patient_id(text: &str) -> bool {
    is_line(text, PATIENT_ID_CHARS_MAX)
}

/// Whether a call may be about this.
#[must_use]
pub fn is_treatment(text: &str) -> bool {
    is_line(text, TREATMENT_CHARS_MAX)
}

/// Whether a text has the shape of BCP 47: a primary tag of letters, then subtags.
#[must_use]
pub fn is_language(text: &str) -> bool {
    let mut tags = text.split('-');
    let primary = tags.next().unwrap_or_default();
    text.len() <= LANGUAGE_CHARS_MAX
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && tags.all(|tag| {
            (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// Whether free fields stay within the limits that DynamoDB and the agent's prompt set.
#[must_use]
pub fn is_free(fields: &Map<String, Value>) -> bool {
    // Writing the value counts its bytes; the depth is checked first and bounds the recursion.
    is_storable_object(fields, 1)
        && serde_json::to_string(fields).is_ok_and(|text| text.len() <= FREE_BYTES_MAX)
}

/// Whether a free field may have this name.
#[must_use]
pub fn is_free_name(name: &str) -> bool {
    is_line(name, FREE_NAME_CHARS_MAX)
}

fn is_storable(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.as_f64().is_some_and(is_storable_number),
        Value::Array(values) => {
            depth <= FREE_DEPTH_MAX && values.iter().all(|value| is_storable(value, depth + 1))
        }
        Value::Object(fields) => is_storable_object(fields, depth),
    }
}

fn is_storable_object(fields: &Map<String, Value>, depth: usize) -> bool {
    depth <= FREE_DEPTH_MAX
        && fields.len() <= FREE_FIELDS_MAX
        && fields.keys().all(|name| is_free_name(name))
        && fields.values().all(|value| is_storable(value, depth + 1))
}

fn is_storable_number(number: f64) -> bool {
    let size = number.abs();
    size == 0.0 || (1.0 / FREE_NUMBER_MAX..=FREE_NUMBER_MAX).contains(&size)
}
