//! The names of what Knowlarity tells of a call, and their values.
//!
//! They differ by account and product. Names are compared without case, `_`, `-`, blanks, dots and brackets.

use serde_json::{Map, Value};

/// Our own id, where the account's flow hands it back.
pub(crate) const OUR_ID: [&str; 3] = ["callsessionid", "uniqueid", "additionalparamsuniqueid"];

/// Knowlarity's id of the ring, best known first.
pub(crate) const CARRIER_ID: [&str; 6] = ["calluuid", "uuid", "callid", "callsid", "ucid", "id"];

/// The number of the side that answered. It carries words such as `Customer Missed#…` where the
/// account has no status field.
pub(crate) const ANSWERED_BY: &str = "agentnumber";

/// When the ring began; in the call log alone.
pub(crate) const STARTED: &str = "starttime";

/// How many calls the call log has in the span that was asked for.
pub(crate) const TOTAL: &str = "totalcount";

/// What happened, most telling first.
pub(crate) const STATUS: [&str; 5] = [
    "callstatus",
    "status",
    "customerstatus",
    "calltransferstatus",
    ANSWERED_BY,
];

/// Why the call ended; its presence says that it ended.
pub(crate) const HANGUP_CAUSE: &str = "hangupcause";

/// Numbers of either side: which is the callee depends on direction and account.
pub(crate) const NUMBERS: [&str; 8] = [
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
pub(crate) const DURATION: [&str; 4] = [
    "callduration",
    "callerduration",
    "customercallduration",
    "duration",
];

/// Where the carrier keeps the sound of the call.
pub(crate) const RECORDING: [&str; 3] = ["recordingurl", "resourceurl", "callrecording"];

/// Objects whose fields count as fields of the report.
const WRAPPERS: [&str; 2] = ["data", "additionalparams"];

/// Deepest wrapper that is opened.
pub(crate) const WRAPPERS_DEEP_MAX: usize = 3;

/// Values that mean "nothing", as printed by the languages that sent them.
const NOTHING: [&str; 5] = ["", "false", "none", "null", "undefined"];

/// Fields by their comparable names, in the order in which they count.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of an object; none of anything else.
    pub(crate) fn of(value: &Value) -> Self {
        let mut fields = Self::default();
        if let Value::Object(object) = value {
            fields.add_object(object.clone(), 0);
        }
        fields
    }

    /// Adds those of a form or query, as far as it is one.
    pub(crate) fn add_form(&mut self, form: &str) {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(form).unwrap_or_default();
        self.0.extend(
            pairs
                .into_iter()
                .map(|(name, value)| (comparable(&name), value)),
        );
    }

    /// Adds an object's own fields, then those of its wrappers.
    pub(crate) fn add_object(&mut self, object: Map<String, Value>, depth: usize) {
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
    pub(crate) fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        names.iter().flat_map(|name| {
            let same = self.0.iter().filter(move |(known, _)| known == name);
            same.map(|(_, value)| value.trim())
                .filter(|value| !NOTHING.contains(&value.to_ascii_lowercase().as_str()))
        })
    }
}

/// A name or word without case, blanks and signs.
pub(crate) fn comparable(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}
