//! The answers of many calls, given back: figures and whole rows, over HTTP and as tools for people
//! who work with an assistant. Only for administrators.

pub mod analytics;
mod csv;
pub mod export;
pub(crate) mod tools;

pub(crate) use export::{cursor_of, status_of};

use crate::{app::App, http::ApiError};
use agent_tools::is_complete;
use call::{
    EndCause,
    answers::{Questionnaire, SUMMARY},
    ids::CallId,
    report::{InvalidPeriod, Period, Row},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{ReportCursor, StoreError};
use utoipa::ToSchema;

/// Rows read at once: below 1 MB, at which DynamoDB ends a page, with rows of up to 4 KB.
const ROWS_AT_ONCE: usize = 250;

/// Rows looked at for one page of an export: at 60 rows a millisecond well within a function's time.
const ROWS_LOOKED_AT_MAX: usize = 20_000;

/// Bytes of rows after which a page of an export ends (3 MB): Lambda answers with at most 6 MB.
const PAGE_BYTES_MAX: usize = 3_000_000;

impl From<InvalidPeriod> for ApiError {
    fn from(error: InvalidPeriod) -> Self {
        Self::invalid(error.field, error.expected)
    }
}

fn period<'a>(app: &App, value: impl Fn(&str) -> Option<&'a str>) -> Result<Period, ApiError> {
    let now = app.calls.now();
    let (range, from, to) = (value("range"), value("from"), value("to"));
    Ok(Period::read(range, from, to, now, &app.report_zone)?)
}

/// How a call ended, if it has.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a parameter, which is read by hand")]
pub(crate) enum Ended {
    Completed,
    Failed,
    Unfinished,
}

/// The last day, seven days with today, or thirty.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a parameter, which is read by hand")]
enum Range {
    Today,
    Week,
    Month,
}

/// Shows every call of the period, page by page.
pub(crate) async fn each_call(
    app: &App,
    period: Period,
    mut see: impl FnMut(&Row),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let (from, until) = (period.from, period.until);
        let page = app
            .calls
            .store
            .report_page(from, until, after.as_ref(), ROWS_AT_ONCE);
        let (rows, next) = page.await?;
        rows.iter().for_each(&mut see);
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}

/// What part of the rows is wanted.
struct Wanted {
    period: Period,
    status: Option<&'static str>,
    after: Option<ReportCursor>,
    limit: usize,
}

/// A page of rows, and where the next one starts. It may hold fewer than were asked for, or none.
struct Page {
    rows: Vec<ExportRow>,
    next: Option<ReportCursor>,
}

async fn page(app: &App, wanted: Wanted) -> Result<Page, StoreError> {
    let mut page = Page {
        rows: Vec::new(),
        next: wanted.after,
    };
    let (mut bytes, mut looked_at) = (0, 0);
    loop {
        let left = wanted.limit - page.rows.len();
        let (from, until) = (wanted.period.from, wanted.period.until);
        let (rows, next) = app
            .calls
            .store
            .report_page(from, until, page.next.as_ref(), left.min(ROWS_AT_ONCE))
            .await?;
        looked_at += rows.len();
        for row in rows {
            page.next = Some(ReportCursor::after(&row));
            if wanted
                .status
                .is_some_and(|status| status != row.status_label())
            {
                continue;
            }
            bytes += size_of(&row);
            page.rows.push(ExportRow::of(row, &app.questionnaire));
            if bytes >= PAGE_BYTES_MAX {
                return Ok(page);
            }
        }
        if next.is_none() {
            page.next = None;
            return Ok(page);
        }
        if page.rows.len() >= wanted.limit || looked_at >= ROWS_LOOKED_AT_MAX {
            return Ok(page);
        }
    }
}

/// About how many bytes a row takes in an answer.
fn size_of(row: &Row) -> usize {
    let values = row.answers.values().map(|value| match value.as_str() {
        Some(text) => text.len(),
        None => 8,
    });
    600 + row.patient_name.len() + values.sum::<usize>()
}

/// One call, as it is exported.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExportedCall)]
struct ExportRow {
    session_id: CallId,
    created_at: Timestamp,
    #[schema(value_type = Ended)]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    talk_secs: Option<u64>,
    attempts: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<String>,
    patient_name: String,
    phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_type: Option<String>,
    answers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    data_complete: bool,
}

impl ExportRow {
    fn of(row: Row, questionnaire: &Questionnaire) -> Self {
        let (status, summary) = (row.status_label(), row.summary().map(str::to_owned));
        let mut answers = row.answers;
        answers.remove(SUMMARY);
        Self {
            session_id: row.call_id,
            created_at: row.created_at,
            status,
            cause: row.cause,
            ended_at: row.ended_at,
            talk_secs: row.talk_secs,
            attempts: row.attempts,
            patient_id: row.patient_id,
            patient_name: row.patient_name,
            phone_number: row.phone_number.e164().to_owned(),
            treatment_type: row.treatment_type,
            data_complete: is_complete(questionnaire.fields(), |field| answers.contains_key(field)),
            answers,
            summary,
        }
    }
}
