//! A real exchange as an example: the same each time, and of nobody.

use call::ids::CallId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// With ids, moments and addresses that do not change from run to run.
pub(super) fn plain(value: &Value) -> Value {
    let mut ids = BTreeMap::new();
    replaced(value, &mut ids)
}

fn replaced(value: &Value, ids: &mut BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(replaced_text(text, ids)),
        Value::Array(items) => items.iter().map(|item| replaced(item, ids)).collect(),
        Value::Object(fields) => {
            // What a busy machine kept somebody from hearing is no part of an example.
            let fields = fields
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "gaps" | "moreGaps"));
            let fields = fields.map(|(name, value)| (name.clone(), replaced(value, ids)));
            fields.collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn replaced_text(text: &str, ids: &mut BTreeMap<String, String>) -> String {
    if text.parse::<call::time::Timestamp>().is_ok() {
        return "2026-11-29T09:30:00.000Z".to_owned();
    }
    if text.starts_with("call_") && text.contains('.') {
        return "call_7ec172fc-403c-4abc-ac80-91cb0d1f75e3.1796000000.eXsN6v".to_owned();
    }
    if let Some((before, id)) = text.rsplit_once('/')
        && id.parse::<CallId>().is_ok()
    {
        return format!("{before}/{}", id_of(id, ids));
    }
    if text.parse::<CallId>().is_ok() {
        return id_of(text, ids);
    }
    if text.starts_with("http://127.0.0.1") {
        return "https://crm.example.org/outcomes".to_owned();
    }
    text.to_owned()
}

/// Another id for each id, counted.
fn id_of(id: &str, ids: &mut BTreeMap<String, String>) -> String {
    let number = ids.len() + 1;
    let other = || format!("7ec172fc-403c-4abc-ac80-{number:012}");
    ids.entry(id.to_owned()).or_insert_with(other).clone()
}

/// Where something stands in a value; entries of a list stand in one place, and so do hours of the day. What
/// a stream's audio says besides its state is left out: a busy machine leaves gaps, and an outcome may be told
/// before the report is stored.
pub(super) fn places(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    find(value, "", &mut found);
    let in_audio = |place: &String| place.contains(".audio[].");
    let is_certain = |place: &String| place.ends_with(".stream") || place.ends_with(".state");
    found.retain(|place| !in_audio(place) || is_certain(place));
    found
}

fn find(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_hour = name.parse::<u8>().is_ok();
                let name = if is_hour { "hour" } else { name };
                find(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| find(item, &format!("{at}[]"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.insert(at.to_owned());
        }
    }
}
