//! Values out of text that may be JSON, JSON in a string, a Python literal, or damaged.

use super::literal;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// How often a string is taken for encoded data before it is what it says.
const UNWRAPS_MAX: usize = 3;

/// How often text is percent-decoded at most.
const DECODES_MAX: usize = 2;

/// What a text frame holds.
#[derive(Debug, Default)]
pub(super) struct Loose {
    /// Its objects, in order. Several can share one frame.
    pub(super) objects: Vec<Map<String, Value>>,
    /// What could not be read, if anything: the tail from the first error on.
    pub(super) unread: Option<String>,
}

/// Reads a text frame.
pub(super) fn objects(text: &str) -> Loose {
    let mut loose = Loose::default();
    collect(text, UNWRAPS_MAX, &mut loose);
    loose
}

/// Reads one object out of a field that may be an object, its text in any encoding, or neither.
pub(super) fn inner_object(value: &Value) -> Option<Map<String, Value>> {
    let text = match value {
        Value::Object(object) => return Some(object.clone()),
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    let forms = decoded_forms(text);
    let with_blanks = forms.last().map(|last| last.replace('+', " "));
    let mut forms = forms
        .iter()
        .map(String::as_str)
        .chain(with_blanks.as_deref());
    forms.find_map(|form| objects(form).objects.into_iter().next())
}

/// `text` as it is, and each further form that percent-decoding gives.
pub(super) fn decoded_forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned()];
    for _ in 0..DECODES_MAX {
        let last = forms.last().map(String::as_str).unwrap_or_default();
        if !last.contains('%') {
            break;
        }
        let Ok(decoded) = percent_decode_str(last).decode_utf8() else {
            break;
        };
        let decoded = decoded.into_owned();
        if decoded == last {
            break;
        }
        forms.push(decoded);
    }
    forms
}

/// A string, or a number as one; decoded, trimmed, and nothing if it says nothing.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => decoded_forms(text).pop()?,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let text = text.trim();
    let is_nothing = matches!(text, "" | "None" | "null" | "False" | "false");
    (!is_nothing).then(|| text.to_owned())
}

/// A whole number, or text that is one.
pub(super) fn number(value: &Value) -> Option<u32> {
    text(value)?.parse().ok()
}

fn collect(text: &str, unwraps: usize, loose: &mut Loose) {
    let mut rest = trim(text);
    while !rest.is_empty() {
        let Some((value, taken)) = json(rest).or_else(|| literal::parse(rest)) else {
            loose.unread = Some(rest.to_owned());
            return;
        };
        match value {
            Value::Object(object) => loose.objects.push(object),
            Value::String(text) if unwraps > 0 => collect(&text, unwraps - 1, loose),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Array(items) => loose
                .objects
                .extend(items.into_iter().filter_map(into_object)),
        }
        rest = trim(&rest[taken..]);
    }
}

/// One JSON value from the start of `text`, and how many bytes it took.
fn json(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

fn into_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

/// Without byte order mark, white space, and the zero byte that ends a C string.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'))
}
