//! What came of a campaign's rows, in the order of the file, page by page: all that stands in each row,
//! and how its latest call ended with what was answered in it.
//!
//! Cost of a page: 8 queries, and one read for each row that has a call.

mod book;
mod sheet;
mod workbook;

pub use book::ResultsBook;
pub(crate) use workbook::{BOOK_ROWS, NoBook, workbook};

use super::{
    Id, RESULTS_PATH, id_of,
    rows::{Wanted, fitting, text_of},
};
use crate::{
    app::App,
    auth,
    http::{self, ApiError},
    reports::Ended,
};
use access::Scope;
use agent_tools::is_complete;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use call::{
    EndCause,
    answers::{Questionnaire, SUMMARY},
    ids::CallId,
    report::Row,
    time::Timestamp,
};
use campaign::{CampaignId, RowState};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};
use store::campaigns::StoredRow;
use utoipa::ToSchema;

/// What came of the rows, for who may read patients' data.
#[utoipa::path(
    get,
    path = RESULTS_PATH,
    operation_id = "listResults",
    tag = "campaigns",
    summary = "What came of its rows",
    description = "In the order of the file.",
    params(("id" = CampaignId, Path, description = "The campaign's id"),
        ("state" = Option<RowState>, Query, description = "Rows in this state alone"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 200, description = "Entries on a page; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses(
        (status = 200, body = Page, description = "A page of rows with their latest calls"),
        (status = 404, description = "no_such_campaign"),
    ),
    security(("apiKey" = ["admin"])),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    auth::key(&app, &headers, Scope::Admin)?;
    let id = id_of(id)?;
    let wanted = Wanted::read(query.as_deref())?;
    let known = app.calls.store.campaign(id).await?;
    known.ok_or(ApiError::NoSuchCampaign)?;
    Ok(http::unkept(Json(read(&app, id, wanted).await?)))
}

/// One page of the results.
async fn read(app: &App, id: CampaignId, wanted: Wanted) -> Result<Page, ApiError> {
    let store = &app.calls.store;
    let found = store
        .rows(id, wanted.state, wanted.after, wanted.limit)
        .await?;
    let calls: Vec<CallId> = found.rows.iter().filter_map(|row| row.row.call).collect();
    let calls = store.report_rows(&calls).await?;
    Ok(page(found.rows, found.next, calls, &app.questionnaire))
}

fn questions(questionnaire: &Questionnaire) -> Vec<String> {
    let fields = questionnaire.fields().iter();
    fields.map(|field| field.name.clone()).collect()
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Results)]
struct Page {
    /// The questions, in the order in which they are asked.
    questions: Vec<String>,
    results: Vec<ResultView>,
    /// Where the next page starts; `null` on the last one.
    next_cursor: Option<String>,
    #[serde(skip)]
    next_row: Option<u32>,
}

fn page(
    rows: Vec<StoredRow>,
    next: Option<u32>,
    mut calls: BTreeMap<CallId, Row>,
    questionnaire: &Questionnaire,
) -> Page {
    let call_of = |row: &StoredRow| calls.get(&row.row.call?);
    let (rows, next) = fitting(rows, next, |row| size_of(row, call_of(row)));
    let results = rows.into_iter().map(|row| {
        let call = row.row.call.and_then(|call| calls.remove(&call));
        let call = call.map(|call| CallView::of(call, questionnaire));
        ResultView::of(row, call)
    });
    Page {
        questions: questions(questionnaire),
        results: results.collect(),
        next_cursor: next.map(|row| row.to_string()),
        next_row: next,
    }
}

/// About how many bytes a row takes in an answer.
fn size_of(row: &StoredRow, call: Option<&Row>) -> usize {
    let answers = call.map_or(0, |call| {
        let texts = call.answers.values().filter_map(Value::as_str);
        texts.map(str::len).sum::<usize>()
    });
    500 + text_of(row) + answers
}

/// One row, and what came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Result)]
struct ResultView {
    /// As Excel counts.
    row: u32,
    #[schema(value_type = RowState)]
    state: &'static str,
    round: u8,
    /// Dials of this round.
    dials: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_dial_at: Option<Timestamp>,
    /// Why it was not called, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// When its patient's data was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
    /// All that stands in it.
    cells: Vec<String>,
    /// Its latest call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<CallView>,
}

impl ResultView {
    fn of(row: StoredRow, call: Option<CallView>) -> Self {
        Self {
            row: row.row.number,
            state: row.row.state.label(),
            round: row.row.round,
            dials: row.row.dials,
            last_dial_at: row.row.last_dial_at,
            message: row.told(),
            erased_at: row.erased_at,
            cells: row.cells,
            call,
        }
    }
}

/// How a row's latest call ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RowCall)]
struct CallView {
    session_id: CallId,
    #[schema(value_type = Ended)]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    talk_secs: Option<u64>,
    attempts: u8,
    answers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    data_complete: bool,
}

impl CallView {
    fn of(call: Row, questionnaire: &Questionnaire) -> Self {
        let (status, summary) = (call.status_label(), call.summary().map(str::to_owned));
        let mut answers = call.answers;
        answers.remove(SUMMARY);
        Self {
            session_id: call.call_id,
            status,
            cause: call.cause,
            ended_at: call.ended_at,
            talk_secs: call.talk_secs,
            attempts: call.attempts,
            data_complete: is_complete(questionnaire.fields(), |field| answers.contains_key(field)),
            answers,
            summary,
        }
    }
}
