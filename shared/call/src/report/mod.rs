//! What many calls gave, together: the one flat row that each call has for it, the days that a report
//! covers, and the figures. Knows no store and no network.

mod analytics;
mod cost;
mod groups;
mod period;

pub use analytics::{Analytics, Average, FieldFigures, HourFigures};
pub use cost::{Billed, Cost, InvalidPrice, MinutePrice, Prices};
pub use groups::{GROUPS_MAX, Groups, TOP_MAX, age_group};
pub use period::{DAYS_MAX, InvalidPeriod, InvalidZone, Period, ReportZone};

use crate::{
    CallState, EndCause, answers::SUMMARY, ids::CallId, phone::PhoneNumber, rung::Rung,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One call, as reports see it. Patient data: never logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The call.
    pub call_id: CallId,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The CRM's id of the patient.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patient_id: Option<String>,
    /// The patient's name, as the CRM gave it.
    pub patient_name: String,
    /// The number dialled.
    pub phone_number: PhoneNumber,
    /// What the call was about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub treatment_type: Option<String>,
    /// The final state; none while the call is unfinished.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<CallState>,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<EndCause>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<Timestamp>,
    /// How long somebody was on the line, in seconds, if anybody answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub talk_secs: Option<u64>,
    /// Rings of the phone.
    #[serde(default)]
    pub attempts: u8,
    /// Those of them that say when people answer, once the call has ended.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rung: Vec<Rung>,
    /// What was answered, by field, and the summary under [`SUMMARY`].
    #[serde(default)]
    pub answers: Map<String, Value>,
}

impl Row {
    /// The state in a word: `unfinished`, `completed` or `failed`.
    #[must_use]
    pub fn status_label(&self) -> &'static str {
        self.status.map_or("unfinished", CallState::label)
    }

    /// The summary, if there is one.
    #[must_use]
    pub fn summary(&self) -> Option<&str> {
        self.answers.get(SUMMARY).and_then(Value::as_str)
    }
}
