//! One campaign: where it and its rows are, how its file was understood, what happened to it.

use super::{
    Id, ONE_PATH, id_of,
    live::Live,
    plan::PlanView,
    view::{CampaignView, etag},
};
use crate::{app::App, auth, http::ApiError};
use access::Scope;
use axum::{
    Json,
    extract::State,
    http::{
        HeaderMap,
        header::{CACHE_CONTROL, ETAG},
    },
    response::{IntoResponse, Response},
};
use call::{Actor, time::Timestamp};
use campaign::{AuditLine, CampaignId, State as CampaignState, Tally};
use serde::Serialize;
use spreadsheet::letters;
use std::sync::Arc;
use store::campaigns::{CampaignFile, FileColumn, Part, Sha256, Told};
use utoipa::ToSchema;

/// Lines of the audit trail that are shown (20): the latest.
const AUDIT_SHOWN: usize = 20;

/// Everything about one campaign but its rows; samples of its columns for who may read patients' data.
#[utoipa::path(
    get,
    path = ONE_PATH,
    operation_id = "getCampaign",
    tag = "campaigns",
    summary = "Read a campaign",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    responses(
        (status = 200, body = Whole, description = "Everything but its rows", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
    ),
    security(("apiKey" = ["read"])),
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shows_patients = auth::key(&app, &headers, Scope::Read)?.allows(Scope::Admin);
    let id = id_of(id)?;
    let store = &app.calls.store;
    let (campaign, file, counts, audit) = tokio::try_join!(
        store.campaign(id),
        store.campaign_file(id),
        store.tally(id),
        store.audit_of_campaign(id),
    )?;
    let (Some(campaign), Some(file)) = (campaign, file) else {
        return Err(ApiError::NoSuchCampaign);
    };
    // Once its rows are read, its parts are gone.
    let parts = if campaign.state == CampaignState::Draft {
        Some(store.parts(id).await?)
    } else {
        None
    };
    let live = Live::of(&app, &campaign, &counts).await?;
    let shown = audit.len().saturating_sub(AUDIT_SHOWN);
    let whole = Whole {
        campaign: CampaignView::of(&campaign),
        counts: Counts::of(counts),
        live,
        import: Import {
            stage: file.stage.label(),
            rows: file.read,
        },
        columns: columns(&file.columns, shows_patients),
        errors: &file.refused,
        warnings: &file.warnings,
        shared_numbers: file.shared_numbers,
        round_numbers: file.round_numbers,
        file: FileView::of(&file, parts.as_deref()),
        audit: audit[shown..].iter().map(AuditView::of).collect(),
    };
    let headers = [
        (ETAG, etag(&campaign)),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Json(whole)).into_response())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WholeCampaign)]
struct Whole<'a> {
    #[serde(flatten)]
    campaign: CampaignView<'a>,
    counts: Counts,
    live: Live,
    file: FileView<'a>,
    import: Import,
    columns: Vec<ColumnView<'a>>,
    /// Why no row of the file was read.
    errors: &'a [Told],
    warnings: &'a [String],
    /// Rows whose number another patient has too.
    shared_numbers: u32,
    /// Rows whose number ends in six zeros.
    round_numbers: u32,
    audit: Vec<AuditView<'a>>,
}

/// How many rows are where; they sum to `rows`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RowCounts)]
struct Counts {
    rows: u32,
    #[serde(flatten)]
    of: Tally,
}

impl Counts {
    const fn of(tally: Tally) -> Self {
        Self {
            rows: tally.rows(),
            of: tally,
        }
    }
}

/// The file, and which parts of it are still to come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignFile)]
struct FileView<'a> {
    name: &'a str,
    bytes: u64,
    parts: u16,
    sha256: Sha256,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_column: Option<&'a str>,
    required_variables: &'a [String],
    /// The number of its header row, as Excel counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    header_row: Option<u32>,
    /// Most cells of any row.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
}

impl<'a> FileView<'a> {
    fn of(file: &'a CampaignFile, parts: Option<&[Part]>) -> Self {
        Self {
            name: &file.name,
            bytes: file.bytes,
            parts: file.parts,
            sha256: file.sha256,
            missing: parts.map(|parts| missing(file, parts)),
            sheet: file.rules.sheet.as_deref(),
            delimiter: file.rules.delimiter.map(char::from),
            phone_column: file.rules.phone_column.as_deref(),
            required_variables: &file.rules.required,
            header_row: file.header.as_ref().map(|header| header.row),
            width: file.header.as_ref().map(|header| header.width),
        }
    }
}

/// The numbers of the parts that have not come.
fn missing(file: &CampaignFile, parts: &[Part]) -> Vec<u16> {
    let is_here = |number: &u16| parts.iter().any(|part| part.number == *number);
    (1..=file.parts).filter(|number| !is_here(number)).collect()
}

/// How far the file was read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignImport)]
struct Import {
    stage: &'static str,
    rows: u32,
}

/// A column, and how it was understood.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Column)]
struct ColumnView<'a> {
    column: String,
    header: &'a str,
    meaning: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<&'a [String]>,
}

fn columns(columns: &[FileColumn], shows_patients: bool) -> Vec<ColumnView<'_>> {
    let columns = columns.iter().enumerate();
    let views = columns.map(|(index, column)| ColumnView {
        column: letters(index),
        header: &column.header,
        meaning: &column.meaning,
        samples: shows_patients.then_some(column.samples.as_slice()),
    });
    views.collect()
}

/// A line of the audit trail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignAudit)]
struct AuditView<'a> {
    at: Timestamp,
    by: Actor,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<CampaignState>,
    to: CampaignState,
    /// The plan that held until then, if this changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_before: Option<PlanView<'a>>,
}

impl<'a> AuditView<'a> {
    fn of(line: &'a AuditLine) -> Self {
        Self {
            at: line.at,
            by: line.by,
            event: &line.event,
            from: line.from,
            to: line.to,
            plan_before: line.plan_before.as_deref().map(PlanView::of),
        }
    }
}
