//! One question's field: its kind, its bounds, and how a value is read.

use super::{gender, number};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Longest answer in words, in characters: what a patient says in half a minute.
pub const TEXT_CHARS_MAX: usize = 500;

/// Longest name of a field, in characters.
const NAME_CHARS_MAX: usize = 40;

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// Words, 1 to [`TEXT_CHARS_MAX`] characters.
    Text,
    /// A whole number. A text is read if it is digits, of either script, and nothing else.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// `male`, `female` or `other`; words of both languages are read.
    Gender,
}

/// One field of a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, as the record shows it.
    pub name: String,
    /// What it takes.
    #[serde(flatten)]
    pub kind: Kind,
    /// What is asked; the agent's model reads it.
    pub description: String,
}

/// A value that the field does not take. Names the field and what is expected, never the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct InvalidAnswer {
    /// Name of the field, or of the argument, that was not understood.
    pub field: String,
    /// What would be taken, in words for whoever sent the value.
    pub expected: String,
}

impl Field {
    /// Whether name and bounds make sense.
    pub(super) fn is_fit(&self) -> bool {
        let is_name = (1..=NAME_CHARS_MAX).contains(&self.name.len())
            && self.name.starts_with(|c: char| c.is_ascii_alphabetic())
            && self
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_');
        let has_room = match self.kind {
            Kind::Integer { min, max } => min <= max,
            Kind::Text | Kind::Gender => true,
        };
        is_name && has_room && !self.description.trim().is_empty()
    }

    /// Reads a value as this field stores it.
    ///
    /// # Errors
    /// [`InvalidAnswer`].
    pub fn read(&self, value: &Value) -> Result<Value, InvalidAnswer> {
        let read = match self.kind {
            Kind::Text => words(value).map(Value::from),
            Kind::Integer { min, max } => Self::integer(value)
                .filter(|number| (min..=max).contains(number))
                .map(Value::from),
            Kind::Gender => value.as_str().and_then(gender::read).map(Value::from),
        };
        read.ok_or_else(|| InvalidAnswer {
            field: self.name.clone(),
            expected: self.expected(),
        })
    }

    /// A number without a fraction, or a text that is one.
    fn integer(value: &Value) -> Option<i64> {
        match value {
            Value::String(text) => number::read(text),
            Value::Number(number) => number.as_i64().or_else(|| {
                let number = number
                    .as_f64()
                    .filter(|n| n.fract() == 0.0 && n.abs() < 1e9)?;
                #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
                Some(number as i64)
            }),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// What the field takes, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        match self.kind {
            Kind::Text => format!("1 to {TEXT_CHARS_MAX} characters of text"),
            Kind::Integer { min, max } => {
                format!("one whole number in digits, from {min} to {max}")
            }
            Kind::Gender => "male, female or other".to_owned(),
        }
    }

    /// The JSON Schema of a value for this field: as narrow as it can be said, so that the agent's
    /// model converts.
    #[must_use]
    pub fn schema(&self) -> Value {
        let description = format!("{} ({})", self.description, self.expected());
        match self.kind {
            Kind::Integer { min, max } => json!({
                "type": "integer", "minimum": min, "maximum": max, "description": description,
            }),
            Kind::Gender => json!({
                "type": "string", "enum": gender::VALUES, "description": description,
            }),
            Kind::Text => json!({ "type": "string", "description": description }),
        }
    }
}

/// A text of the right length without control characters; a plain number counts as its text.
fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_fit = (1..=TEXT_CHARS_MAX).contains(&text.chars().count());
    let is_plain = !text.chars().any(|c| c.is_control() && c != '\n');
    (is_fit && is_plain).then_some(text)
}
