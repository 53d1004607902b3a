//! What Knowlarity's status reports call things.
//!
//! The same report reaches us as JSON, as a form or as a query, under names that differ by account
//! and product. Names are compared without case, `_`, `-`, blanks, dots and brackets.

mod words;

use call::{
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Our own id, where the account's flow hands it back.
const OUR_ID: [&str; 3] = ["callsessionid", "uniqueid", "additionalparamsuniqueid"];

/// Knowlarity's id of the ring, best known first.
const CARRIER_ID: [&str; 6] = ["calluuid", "uuid", "callid", "callsid", "ucid", "id"];

/// What happened, most telling first. `agent_number` carries words such as `Customer Missed#…`
/// where the account has no status field.
const STATUS: [&str; 5] = [
    "callstatus",
    "status",
    "customerstatus",
    "calltransferstatus",
    "agentnumber",
];

/// Why the call ended; its presence says that it ended.
const HANGUP_CAUSE: &str = "hangupcause";

/// Numbers of either side: which is the callee depends on direction and account.
const NUMBERS: [&str; 8] = [
    "callednumber",
    "customernumber",
    "destination",
    "callernumber",
    "callerid",
    "caller",
    "knowlaritynumber",
    "dispnumber",
];

/// How long the talk took, in seconds or `H:MM:SS`.
const DURATION: [&str; 4] = [
    "callduration",
    "callerduration",
    "customercallduration",
    "duration",
];

/// Where the carrier keeps the sound of the call.
const RECORDING: [&str; 3] = ["recordingurl", "resourceurl", "callrecording"];

/// Longest address of a recording that is kept, in bytes.
const RECORDING_BYTES_MAX: usize = 2_048;

/// Objects whose fields count as fields of the report.
const WRAPPERS: [&str; 2] = ["data", "additionalparams"];

/// Deepest wrapper that is opened.
const WRAPPERS_DEEP_MAX: usize = 3;

/// Values that mean "nothing", as printed by the languages that sent them.
const NOTHING: [&str; 5] = ["", "false", "none", "null", "undefined"];

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
    Ok(fields.report())
}

/// Fields by their comparable names, in the order in which they count.
#[derive(Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    fn add_form(&mut self, form: &str) {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(form).unwrap_or_default();
        self.0.extend(
            pairs
                .into_iter()
                .map(|(name, value)| (comparable(&name), value)),
        );
    }

    /// Adds an object's own fields, then those of its wrappers.
    fn add_object(&mut self, object: Map<String, Value>, depth: usize) {
        let mut wrapped = Vec::new();
        for (name, value) in object {
            let name = comparable(&name);
            match value {
                Value::String(text) if WRAPPERS.contains(&name.as_str()) => {
                    wrapped.extend(serde_json::from_str::<Map<String, Value>>(&text));
                }
                Value::String(text) => self.0.push((name, text)),
                Value::Number(number) => self.0.push((name, number.to_string())),
                Value::Object(inner) if WRAPPERS.contains(&name.as_str()) => wrapped.push(inner),
                Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Null => {}
            }
        }
        if depth < WRAPPERS_DEEP_MAX {
            wrapped
                .into_iter()
                .for_each(|inner| self.add_object(inner, depth + 1));
        }
    }

    /// Values under any of `names` that mean something, by the order of the names.
    fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        names.iter().flat_map(|name| {
            let same = self.0.iter().filter(move |(known, _)| known == name);
            same.map(|(_, value)| value.trim())
                .filter(|value| !NOTHING.contains(&value.to_ascii_lowercase().as_str()))
        })
    }

    fn report(&self) -> Report {
        Report {
            our_id: self.values(&OUR_ID).find_map(|text| text.parse().ok()),
            carrier_ids: distinct(
                self.values(&CARRIER_ID)
                    .filter(|id| id.len() <= ID_BYTES_MAX)
                    .map(CarrierCallId::new),
            ),
            numbers: distinct(self.values(&NUMBERS).filter_map(number)),
            words: self
                .values(&STATUS)
                .filter(|text| has_letters(text))
                .map(str::to_owned)
                .collect(),
            hangup_cause: self.values(&[HANGUP_CAUSE]).next().map(str::to_owned),
            duration_secs: self.values(&DURATION).find_map(seconds),
            recording_url: self
                .values(&RECORDING)
                .find(|url| is_web(url))
                .map(str::to_owned),
        }
    }
}

fn comparable(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a recording can be fetched from there.
fn is_web(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && url.len() <= RECORDING_BYTES_MAX && !url.contains(char::is_whitespace)
}

/// Telephone numbers and bare digits are not words.
fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
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

/// A number in any of the carrier's spellings; `%2b` is left over from a second encoding.
fn number(text: &str) -> Option<PhoneNumber> {
    percent_decode_str(text)
        .decode_utf8_lossy()
        .trim()
        .parse()
        .ok()
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
