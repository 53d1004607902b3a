//! What Knowlarity's status reports call things.
//!
//! The same report reaches us as JSON, as a form or as a query.

mod words;

use crate::fields::{
    CARRIER_ID, DURATION, Fields, HANGUP_CAUSE, NUMBERS, OUR_ID, RECORDING, STATUS,
};
use call::{
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
};
use serde_json::{Map, Value};

/// Longest address of a recording that is kept, in bytes.
const RECORDING_BYTES_MAX: usize = 2_048;

/// Longest id of a ring that is looked up (128 bytes); UUIDs take 36.
const ID_BYTES_MAX: usize = 128;

/// Most ids, and most numbers, that a report is looked up by: one of each name known here.
/// Each costs a read, and a report may name thousands.
const LOOK_UPS_MAX: usize = 8;

/// A status report, reduced to what can matter to a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Our own id, if the report carries one.
    pub our_id: Option<CallId>,
    /// Knowlarity's ids of the ring, best known first.
    pub carrier_ids: Vec<CarrierCallId>,
    /// Every telephone number named as a party of the call.
    pub numbers: Vec<PhoneNumber>,
    /// What happened, most telling first.
    pub words: Vec<String>,
    /// Why the call ended.
    pub hangup_cause: Option<String>,
    /// How long the talk took, in seconds.
    pub duration_secs: Option<u64>,
    /// Where the carrier keeps the sound of the call. Patient data.
    pub recording_url: Option<String>,
}

impl Report {
    /// Reads a report from a body, empty for `GET`, and a query. The body's fields come first.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(is_json: bool, body: &str, query: &str) -> Result<Self, Unreadable> {
        read(is_json, body, query)
    }

    /// What its fields say.
    pub(crate) fn of(fields: &Fields) -> Self {
        Self {
            our_id: fields.values(&OUR_ID).find_map(|text| text.parse().ok()),
            carrier_ids: distinct(
                fields
                    .values(&CARRIER_ID)
                    .filter(|id| id.len() <= ID_BYTES_MAX)
                    .map(CarrierCallId::new),
            ),
            numbers: distinct(fields.values(&NUMBERS).filter_map(|text| text.parse().ok())),
            words: fields
                .values(&STATUS)
                .filter(|text| is_word(text))
                .map(str::to_owned)
                .collect(),
            hangup_cause: fields.values(&[HANGUP_CAUSE]).next().map(str::to_owned),
            duration_secs: fields.values(&DURATION).find_map(seconds),
            recording_url: fields
                .values(&RECORDING)
                .find(|url| is_web(url))
                .map(str::to_owned),
        }
    }

    /// Whether no field of it is known here.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why a report cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is announced as JSON, or begins like it, and is none.
    #[error("not JSON: line {line}, column {column}")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
    },
    /// It is JSON, but no object.
    #[error("a JSON object is expected")]
    NoObject,
}

fn object(text: &str) -> Result<Map<String, Value>, Unreadable> {
    let not_json = |error: serde_json::Error| Unreadable::NotJson {
        line: error.line(),
        column: error.column(),
    };
    match serde_json::from_str(text).map_err(not_json)? {
        Value::Object(object) => Ok(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Unreadable::NoObject)
        }
    }
}

fn read(is_json: bool, body: &str, query: &str) -> Result<Report, Unreadable> {
    let mut fields = Fields::default();
    // Some accounts announce a form and send JSON.
    if body.trim_start().starts_with('{') || (is_json && !body.trim().is_empty()) {
        fields.add_object(object(body)?, 0);
    } else {
        fields.add_form(body);
    }
    fields.add_form(query);
    Ok(Report::of(&fields))
}

/// Whether a recording can be fetched from there.
fn is_web(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && url.len() <= RECORDING_BYTES_MAX && !url.contains(char::is_whitespace)
}

/// Telephone numbers, of which some begin with `%2b`, and bare digits are not words.
fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && text.parse::<PhoneNumber>().is_err()
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut once = Vec::new();
    for one in all {
        if once.len() == LOOK_UPS_MAX {
            break;
        }
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

/// `42`, `42.0`, `0:42` or `0:00:42`.
fn seconds(text: &str) -> Option<u64> {
    let mut parts = text.rsplit(':');
    let secs = parts.next()?.split('.').next()?.parse::<u64>().ok()?;
    let (minutes, hours) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
    if parts.next().is_some() {
        return None;
    }
    let (minutes, hours) = (minutes.parse::<u64>().ok()?, hours.parse::<u64>().ok()?);
    hours
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60)?
        .checked_add(secs)
}

#[cfg(test)]
mod tests;
