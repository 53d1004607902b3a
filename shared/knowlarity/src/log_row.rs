//! One record of the call log: which ring it is, and how that ended.

use super::{LogEntry, LogQuery};
use call::{CarrierStatus, ids::CarrierCallId, phone::PhoneNumber, time::Timestamp};
use jiff::{civil::DateTime, tz::Offset};
use serde_json::Value;

/// One record, as far as it could be read: a strange one must not spoil the page.
pub(super) struct LogRow {
    id: Option<CarrierCallId>,
    callee: Option<PhoneNumber>,
    /// When the ring began.
    pub(super) started: Option<Timestamp>,
    status: Option<CarrierStatus>,
}

impl LogRow {
    /// Reads `uuid`, `customer_number`, `start_time`, `agent_number` and `call_duration`.
    pub(super) fn read(row: &Value) -> Self {
        let (agent, duration) = (text(&row["agent_number"]), text(&row["call_duration"]));
        Self {
            id: text(&row["uuid"]).map(|id| CarrierCallId::new(&id)),
            callee: text(&row["customer_number"]).and_then(|number| number.parse().ok()),
            started: text(&row["start_time"]).and_then(|time| moment(&time)),
            status: agent.and_then(|agent| outcome(&agent, duration.as_deref())),
        }
    }

    /// Whether this is the ring looked for: by the carrier's id if that is known, else by callee
    /// and start. A record without a readable start cannot be told from an earlier ring's.
    pub(super) fn matches(&self, query: &LogQuery) -> bool {
        if query.carrier_call_id.is_some() {
            return self.id == query.carrier_call_id;
        }
        self.callee.as_ref() == Some(&query.to)
            && self.started.is_some_and(|started| {
                started.as_secs() >= query.since.as_secs() && started <= query.until
            })
    }

    /// What it proves; `None` if its outcome cannot be read.
    pub(super) fn entry(self) -> Option<LogEntry> {
        let (carrier_call_id, status) = (self.id, self.status?);
        Some(LogEntry {
            carrier_call_id,
            status,
        })
    }
}

/// A text or number without blanks around it; `None` if it is empty or anything else.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The offset of the log's times, 5 h 30 min, also of those that come without one.
pub(super) fn india() -> Offset {
    Offset::from_seconds(19_800).expect("less than a day")
}

/// Reads `2026-11-02 11:04:10+05:30`, with `T`, with decimals, or without the offset.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        let moment = india().to_timestamp(local).ok()?;
        Some(Timestamp::from_millis(moment.as_millisecond()))
    })
}

/// How the ring ended, which the log writes where the number of the answering side would stand:
/// `Customer Missed#+91…`, some text with `Busy` and `#`, `Did Not Process`, or that number itself.
///
/// `None` is no proof of anything: the attempt stays unknown.
fn outcome(agent: &str, duration: Option<&str>) -> Option<CarrierStatus> {
    if agent.parse::<PhoneNumber>().is_ok() {
        let has_talked = duration.and_then(seconds).is_some_and(|secs| secs > 0);
        return has_talked.then_some(CarrierStatus::Ended);
    }
    let (words, is_marked) = match agent.split_once('#') {
        Some((words, _)) => (comparable(words), true),
        None => (comparable(agent), false),
    };
    match words.as_str() {
        "customermissed" => Some(CarrierStatus::NoAnswer),
        // Proof that nothing was dialled: the carrier took the request and never carried it out.
        "didnotprocess" => Some(CarrierStatus::Failed),
        // The leg to our side was not answered. The dialects spoken here ring the callee first,
        // who may well have picked up: not `NoAnswer`, but a ring that the carrier failed to
        // join to its stream, and that is over.
        "agentmissed" => Some(CarrierStatus::Failed),
        words if is_marked && words.contains("busy") => Some(CarrierStatus::Busy),
        _ => None,
    }
}

/// Reads `42` or `0:00:42`.
fn seconds(text: &str) -> Option<u64> {
    text.split(':').try_fold(0_u64, |sum, part| {
        sum.checked_mul(60)?.checked_add(part.trim().parse().ok()?)
    })
}

/// Words without case, blanks and signs.
fn comparable(words: &str) -> String {
    let letters = words.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
