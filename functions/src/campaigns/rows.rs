//! The rows of a campaign, in the order of the file, page by page, each with what is wrong with it.

use super::{Id, ROWS_PATH, id_of, live};
use crate::{
    app::App,
    auth,
    http::{self, ApiError, Violation},
    query,
};
use access::Scope;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use call::{ids::CallId, private::Private, time::Timestamp};
use campaign::{CampaignId, Fault, Row, RowState};
use serde::Serialize;
use spreadsheet::letters;
use std::{collections::BTreeMap, sync::Arc};
use store::campaigns::StoredRow;
use utoipa::ToSchema;

/// Rows on a page unless asked otherwise, and at most.
const LIMITS: query::Limits = query::Limits {
    default: 100,
    max: 200,
};

/// Most bytes of cells on a page (3 MB), because Lambda answers with at most 6 MB and JSON writes some
/// signs with more bytes than they have. A row has at most 100,000, so that a page has 30 at the least.
const PAGE_BYTES_MAX: usize = 3_000_000;

const STATE_RULE: &str =
    "one of pending, dialling, reached, failed, cancelled, expired, opted_out, faulty, duplicate";
const CURSOR_RULE: &str = "the nextCursor of the page before";

/// What part of the rows is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) state: Option<RowState>,
    pub(super) after: u32,
    pub(super) limit: usize,
}

impl Wanted {
    pub(super) fn read(query: Option<&str>) -> Result<Self, Violation> {
        Self::of(&query::read(query, &["state", "limit", "cursor"])?)
    }

    /// A page of all rows, from the one after this on.
    pub(super) const fn after(row: u32) -> Self {
        Self {
            state: None,
            after: row,
            limit: LIMITS.max,
        }
    }

    /// The first rows that are in this state.
    pub(crate) const fn first(state: RowState, limit: usize) -> Self {
        Self {
            state: Some(state),
            after: 0,
            limit,
        }
    }

    /// What these parameters say.
    pub(crate) fn of(values: &BTreeMap<String, String>) -> Result<Self, Violation> {
        let state_of = |text: &String| RowState::ALL.into_iter().find(|s| s.label() == text);
        let state = values.get("state").map(|text| {
            let state = state_of(text);
            state.ok_or_else(|| Violation::new("state", STATE_RULE))
        });
        let after = values.get("cursor").map(|text| {
            let row = text.parse::<u32>();
            row.map_err(|_| Violation::new("cursor", CURSOR_RULE))
        });
        Ok(Self {
            state: state.transpose()?,
            after: after.transpose()?.unwrap_or(0),
            limit: query::limit(values, LIMITS)?,
        })
    }
}

/// The rows, with their patients' data for who may read that.
#[utoipa::path(
    get,
    path = ROWS_PATH,
    operation_id = "listRows",
    tag = "campaigns",
    summary = "List its rows",
    description = "In the order of the file. Numbers are masked and cells left out unless the key has `admin`.",
    params(("id" = CampaignId, Path, description = "The campaign's id"),
        ("state" = Option<RowState>, Query, description = "Rows in this state alone"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 200, description = "Entries on a page; 100 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses(
        (status = 200, body = Page, description = "A page of rows"),
        (status = 404, description = "no_such_campaign"),
    ),
    security(("apiKey" = ["read"])),
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let shows_patients = auth::key(&app, &headers, Scope::Read)?.allows(Scope::Admin);
    let id = id_of(id)?;
    let wanted = Wanted::read(query.as_deref())?;
    let store = &app.calls.store;
    let campaign = store.campaign(id).await?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    let found = store
        .rows(id, wanted.state, wanted.after, wanted.limit)
        .await?;
    let load = live::load(&app, &campaign, &store.campaign_load(id).await?).await?;
    let now = app.calls.now();
    let waits = |row: &Row| {
        let is_open = !row.state.is_over();
        let wait = campaign.admits(row, &load, now).err().filter(|_| is_open);
        wait.map(|wait| wait.to_string())
    };
    let page = page(found.rows, found.next, shows_patients, waits);
    Ok(http::unkept(Json(page)))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rows)]
struct Page {
    rows: Vec<RowView>,
    /// Where the next page starts; `null` on the last one. A page may hold fewer rows than asked for, or
    /// none, and still have a next one.
    next_cursor: Option<String>,
}

fn page(
    rows: Vec<StoredRow>,
    next: Option<u32>,
    shows_patients: bool,
    waits: impl Fn(&Row) -> Option<String>,
) -> Page {
    let (rows, next) = fitting(rows, next, text_of);
    let rows = rows.into_iter().map(|row| RowView {
        waits: waits(&row.row),
        ..RowView::of(row, shows_patients)
    });
    Page {
        rows: rows.collect(),
        next_cursor: next.map(|row| row.to_string()),
    }
}

/// Bytes of what stands in a row.
pub(super) fn text_of(row: &StoredRow) -> usize {
    row.cells.iter().map(String::len).sum()
}

/// As many of the rows as one answer may hold, at least one, and after which the next page begins.
pub(super) fn fitting(
    mut rows: Vec<StoredRow>,
    next: Option<u32>,
    size_of: impl Fn(&StoredRow) -> usize,
) -> (Vec<StoredRow>, Option<u32>) {
    let mut bytes = 0;
    let too_many = rows.iter().position(|row| {
        bytes += size_of(row);
        bytes > PAGE_BYTES_MAX
    });
    let Some(kept) = too_many else {
        return (rows, next);
    };
    rows.truncate(kept.max(1));
    let last = rows.last().map(|last| last.row.number);
    (rows, last)
}

/// One row.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Row)]
struct RowView {
    /// As Excel counts.
    row: u32,
    #[schema(value_type = RowState)]
    state: &'static str,
    round: u8,
    /// Dials of this round.
    dials: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_dial_at: Option<Timestamp>,
    /// Its latest call.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<CallId>,
    /// Masked, unless the key may read patients' data.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<String>,
    /// Why it is not called, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Why no phone rings for it at this moment, if it is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultView>,
    /// The earlier row of the same patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// When its patient's data was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
    /// All that stands in it; for who may read patients' data.
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<Vec<String>>,
}

/// One thing that is wrong in a row.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RowFault)]
struct FaultView {
    /// As Excel names it.
    column: String,
    header: String,
    code: &'static str,
    says: &'static str,
    remedy: &'static str,
    /// What stands there; for who may read patients' data.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
}

impl RowView {
    fn of(row: StoredRow, shows_patients: bool) -> Self {
        let row = if shows_patients { row } else { masked(row) };
        let phone = row.phone.as_ref();
        let phone_number = phone.map(|phone| match shows_patients {
            true => phone.e164().to_owned(),
            false => phone.to_string(),
        });
        let faults = row.faults.iter();
        Self {
            row: row.row.number,
            state: row.row.state.label(),
            round: row.row.round,
            dials: row.row.dials,
            last_dial_at: row.row.last_dial_at,
            session_id: row.row.call,
            phone_number,
            message: row.told(),
            waits: None,
            errors: faults
                .map(|fault| FaultView::of(fault, shows_patients))
                .collect(),
            same_as: row.duplicate_of,
            notes: row.notes().iter().map(ToString::to_string).collect(),
            erased_at: row.erased_at,
            cells: shows_patients.then_some(row.cells),
        }
    }
}

/// The row without what was found in it.
fn masked(row: StoredRow) -> StoredRow {
    let faults = row.faults.into_iter().map(|fault| Fault {
        found: Private::default(),
        ..fault
    });
    StoredRow {
        faults: faults.collect(),
        ..row
    }
}

impl FaultView {
    fn of(fault: &Fault, shows_patients: bool) -> Self {
        Self {
            column: letters(fault.column),
            header: fault.header.clone(),
            code: fault.reason.code(),
            says: fault.reason.says(),
            remedy: fault.reason.remedy(),
            found: shows_patients.then(|| fault.found.expose().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campaign::Bucket;

    #[test]
    fn a_page_holds_what_one_answer_may_and_a_row_at_the_least() {
        let columns = campaign::Columns::read(1, &["phone", "name"].map(str::to_owned), None, &[]);
        let columns = columns.unwrap();
        let row = |number| {
            let checked = campaign::Checked {
                number,
                bucket: Bucket::Ready,
                entry: None,
                faults: Vec::new(),
                notes: Vec::new(),
            };
            StoredRow::imported(checked, Vec::new(), &columns)
        };
        let of = |size| {
            let (rows, next) = fitting((2..6).map(row).collect(), Some(9), |_| size);
            (rows.len(), next)
        };
        assert_eq!(of(1), (4, Some(9)));
        assert_eq!(of(PAGE_BYTES_MAX / 2), (2, Some(3)));
        assert_eq!(of(PAGE_BYTES_MAX), (1, Some(2)));
        assert_eq!(of(PAGE_BYTES_MAX + 1), (1, Some(2)));
    }
}
