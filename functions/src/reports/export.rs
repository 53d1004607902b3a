//! `GET /api/export`: every call of some days with its answers, page by page, as CSV or JSON.
//!
//! Cost of a page: one query for each day and each 250 rows.

use super::{Ended, ExportRow, Range};
use super::{Page, Wanted, csv};
use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{self, ApiError},
    needs::Need,
    query,
};
use access::Scope;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use call::CallState;
use campaign::Day;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use store::ReportCursor;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients, Need::Questions, Need::Reports];

pub const PATH: &str = "/api/export";

/// Rows on a page.
const LIMITS: query::Limits = query::Limits {
    default: 1_000,
    max: 5_000,
};

/// Where a page of CSV says how the next one is asked for.
const NEXT_CURSOR: &str = "next-cursor";

const PARAMETERS: [&str; 7] = ["format", "range", "from", "to", "status", "limit", "cursor"];
const FORMAT_RULE: &str = "csv or json";
const STATUS_RULE: &str = "completed, failed or unfinished";
const CURSOR_RULE: &str = "the cursor that the page before gave";

/// The router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(show))
}

/// A page of calls.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExportedCalls)]
struct Exported {
    rows: Vec<ExportRow>,
    /// Where the next page starts; `null` on the last one.
    next_cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(as = ExportFormat, rename_all = "snake_case")]
pub(super) enum Format {
    Csv,
    Json,
}

pub(super) fn format_of(text: Option<&str>) -> Result<Format, ApiError> {
    match text {
        None | Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some(_) => Err(ApiError::invalid("format", FORMAT_RULE)),
    }
}

pub(crate) fn status_of(text: Option<&str>) -> Result<Option<&'static str>, ApiError> {
    let known = [
        CallState::Completed.label(),
        CallState::Failed.label(),
        "unfinished",
    ];
    let found = |text| known.into_iter().find(|label| *label == text);
    text.map(|text| found(text).ok_or_else(|| ApiError::invalid("status", STATUS_RULE)))
        .transpose()
}

pub(crate) fn cursor_of(text: Option<&str>) -> Result<Option<ReportCursor>, ApiError> {
    let cursor = text.map(str::parse).transpose();
    cursor.map_err(|_| ApiError::invalid("cursor", CURSOR_RULE))
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "exportCalls",
    tag = "reports",
    summary = "The calls of some days, with their answers",
    params(
        ("format" = inline(Option<Format>), Query, description = "`json` if left out"),
        ("range" = inline(Option<Range>), Query, description = "The last day, seven days or thirty; `today` if nothing is said"),
        ("from" = Option<Day>, Query, description = "First day, instead of `range`"),
        ("to" = Option<Day>, Query, description = "Last day, at most 366 days after the first; today if left out"),
        ("status" = Option<Ended>, Query, description = "Calls that ended so alone, or have not"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 5000, description = "Entries on a page; 1,000 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, description = "A page of calls, oldest first",
        content((Exported = "application/json"), (String = "text/csv")),
        headers(("next-cursor" = Option<String>, description = "Where the next page of CSV starts")))),
    security(("apiKey" = ["admin"])),
)]
async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    auth::key(&app, &headers, Scope::Admin)?;
    let values: BTreeMap<String, String> = query::read(query.as_deref(), &PARAMETERS)?;
    let value = |name: &str| values.get(name).map(String::as_str);
    let format = format_of(value("format"))?;
    let wanted = Wanted {
        period: super::period(&app, value)?,
        status: status_of(value("status"))?,
        after: cursor_of(value("cursor"))?,
        limit: query::limit(&values, LIMITS)?,
    };
    let is_first = wanted.after.is_none();
    let page = super::page(&app, wanted).await?;
    Ok(http::unkept(match format {
        Format::Json => {
            let next = page.next.as_ref().map(ToString::to_string);
            let rows = page.rows;
            Json(Exported {
                rows,
                next_cursor: next,
            })
            .into_response()
        }
        Format::Csv => sheet(&app, &page, is_first),
    }))
}

/// A page of CSV; only the first has the names of the columns, so that pages can be joined.
fn sheet(app: &App, page: &Page, is_first: bool) -> Response {
    let body = csv::write(&page.rows, &app.questionnaire, is_first);
    let mut answer = body.into_response();
    let headers = answer.headers_mut();
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    headers.insert(CONTENT_TYPE, kind);
    let name = HeaderValue::from_static("attachment; filename=\"calls.csv\"");
    headers.insert(CONTENT_DISPOSITION, name);
    if let Some(next) = &page.next
        && let Ok(next) = HeaderValue::try_from(next.to_string())
    {
        headers.insert(NEXT_CURSOR, next);
    }
    answer
}
