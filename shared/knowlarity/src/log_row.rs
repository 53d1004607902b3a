//! One record of the call log: a report like another, with the moment at which the ring began.

use crate::{
    carrier::{LogEntry, LogQuery},
    fields::{ANSWERED_BY, Fields, STARTED},
    report::Report,
};
use call::{CarrierStatus, phone::PhoneNumber, time::Timestamp};
use jiff::{civil::DateTime, tz::Offset};
use serde_json::Value;

/// One record, as far as it could be read: a strange one must not spoil the page.
pub(super) struct LogRow {
    report: Report,
    /// When the ring began.
    pub(super) started: Option<Timestamp>,
    /// Whether it says who answered, or in words what happened: a duration alone is no proof here.
    has_outcome: bool,
}

impl LogRow {
    /// Reads it under the names and words of a report.
    pub(super) fn read(row: &Value) -> Self {
        let fields = Fields::of(row);
        let report = Report::of(&fields);
        let mut answered_by = fields.values(&[ANSWERED_BY]);
        Self {
            started: fields.values(&[STARTED]).find_map(moment),
            has_outcome: !report.words.is_empty()
                || answered_by.any(|number| number.parse::<PhoneNumber>().is_ok()),
            report,
        }
    }

    /// Whether this is the ring looked for: by the carrier's id if that is known, else by callee
    /// and start. A record without a readable start cannot be told from an earlier ring's.
    pub(super) fn matches(&self, query: &LogQuery) -> bool {
        if let Some(id) = &query.carrier_call_id {
            return self.report.carrier_ids.contains(id);
        }
        self.report.numbers.contains(&query.to)
            && self.started.is_some_and(|started| {
                started.as_secs() >= query.since.as_secs() && started <= query.until
            })
    }

    /// What it proves; `None` if its outcome cannot be read, or is not there yet.
    pub(super) fn entry(self) -> Option<LogEntry> {
        let status = self.report.status(false).filter(|_| self.has_outcome)?;
        let is_over = !matches!(status, CarrierStatus::Ringing | CarrierStatus::Answered);
        is_over.then(|| LogEntry {
            carrier_call_id: self.report.carrier_ids.into_iter().next(),
            status,
        })
    }
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
