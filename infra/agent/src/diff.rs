//! What the platform has, compared with what is wanted, in the wanted fields only.

use serde_json::Value;
use std::{cmp::Ordering, fmt};

/// Longest value shown, in characters; of longer texts the part around the first difference.
const SHOWN_CHARS_MAX: usize = 80;

/// Characters shown before the first difference of a long text.
const LEAD_CHARS: usize = 20;

/// One field that is not as wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where, such as `agent.conversation_config.agent.language`.
    pub path: String,
    /// What is wanted; `None` for an entry of a list that is not.
    pub expected: Option<Value>,
    /// What is there; `None` if nothing is.
    pub found: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, found) = shown(self.expected.as_ref(), self.found.as_ref());
        write!(f, "{}: expected {expected} / found {found}", self.path)
    }
}

/// Every difference between `expected` and `found`, below `path`.
///
/// The platform adds fields and defaults of its own, so only what is wanted is compared. Numbers are
/// compared by value (900 is 900.0); nothing there is the same as null or empty; lists of plain
/// values as sets; lists of objects with an `id` by it, others in order. A `secret__…` field must
/// only be there, because it is not published whether the platform shows it again.
#[must_use]
pub fn differences(path: &str, expected: &Value, found: Option<&Value>) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare(path, expected, found, &mut differences);
    differences
}

fn compare(path: &str, expected: &Value, found: Option<&Value>, out: &mut Vec<Difference>) {
    match (expected, found) {
        (Value::Object(wanted), Some(Value::Object(there))) => {
            for (key, value) in wanted {
                let at = format!("{path}.{key}");
                match there.get(key) {
                    Some(Value::String(_)) if key.starts_with("secret__") => {}
                    found => compare(&at, value, found, out),
                }
            }
        }
        (Value::Array(wanted), Some(Value::Array(there))) => lists(path, wanted, there, out),
        (wanted, found) if is_same(wanted, found) => {}
        (wanted, found) => note(path, Some(wanted), found, out),
    }
}

fn note(path: &str, expected: Option<&Value>, found: Option<&Value>, out: &mut Vec<Difference>) {
    out.push(Difference {
        path: path.to_owned(),
        expected: expected.cloned(),
        found: found.cloned(),
    });
}

fn lists(path: &str, wanted: &[Value], there: &[Value], out: &mut Vec<Difference>) {
    if wanted.iter().chain(there).all(|value| !value.is_object()) {
        if sorted(wanted) != sorted(there) {
            let whole = |list: &[Value]| Value::Array(list.to_vec());
            note(path, Some(&whole(wanted)), Some(&whole(there)), out);
        }
        return;
    }
    let by_id = wanted.iter().all(|value| value["id"].is_string());
    let key = |n: usize, value: &Value| match value["id"].as_str() {
        Some(id) if by_id => id.to_owned(),
        Some(_) | None => n.to_string(),
    };
    let find = |list: &[Value], name: &str| {
        let mut named = list.iter().enumerate();
        named
            .find(|(n, value)| key(*n, value) == name)
            .map(|(_, value)| value.clone())
    };
    for (n, value) in wanted.iter().enumerate() {
        let name = key(n, value);
        compare(
            &format!("{path}[{name}]"),
            value,
            find(there, &name).as_ref(),
            out,
        );
    }
    for (n, value) in there.iter().enumerate() {
        let name = key(n, value);
        if find(wanted, &name).is_none() {
            note(&format!("{path}[{name}]"), None, Some(value), out);
        }
    }
}

fn sorted(list: &[Value]) -> Vec<String> {
    let mut texts: Vec<String> = list.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

/// Whether two values that are not both objects or both lists mean the same.
fn is_same(wanted: &Value, found: Option<&Value>) -> bool {
    let Some(found) = found.filter(|found| !found.is_null()) else {
        return is_empty(wanted);
    };
    match (wanted.as_f64(), found.as_f64()) {
        (Some(wanted), Some(found)) => wanted.total_cmp(&found) == Ordering::Equal,
        _ => wanted == found,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Both sides, cut to the part that differs.
fn shown(expected: Option<&Value>, found: Option<&Value>) -> (String, String) {
    let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let (expected, found) = (text(expected), text(found));
    let same = expected
        .chars()
        .zip(found.chars())
        .take_while(|(a, b)| a == b);
    let from = same.count().saturating_sub(LEAD_CHARS);
    (cut(&expected, from), cut(&found, from))
}

fn cut(text: &str, from: usize) -> String {
    let length = text.chars().count();
    if length <= SHOWN_CHARS_MAX {
        return text.to_owned();
    }
    let from = from.min(length - SHOWN_CHARS_MAX);
    let part: String = text.chars().skip(from).take(SHOWN_CHARS_MAX).collect();
    let is_whole = from + SHOWN_CHARS_MAX == length;
    let (before, after) = (
        if from > 0 { "…" } else { "" },
        if is_whole { "" } else { "…" },
    );
    format!("{before}{part}{after}")
}
