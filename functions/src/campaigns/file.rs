//! A campaign's file: its parts as they come, another one in its place, and the word that it is to be
//! imported.

use super::{
    FILE_PATH, IMPORT_PATH, Id, PART_PATH,
    body::{self, FileBody},
    digest, id_of,
    view::{CampaignView, etag},
};
use crate::{
    app::App,
    auth,
    http::{self, ApiError, Violation},
};
use access::Scope;
use axum::{
    Json,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, ETAG},
    },
    response::{IntoResponse, Response},
};
use campaign::{Campaign, CampaignId, Rejection};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::campaigns::{Campaigns, Changed, ImportBegan, PART_BYTES_MAX, PartPut, Replaced};
use utoipa::ToSchema;

const OCTETS: &str = "application/octet-stream";

const PART_RULE: &str = "the number of a part, from 1 to as many as the file was said to have";
const BODY_RULE: &str = "the bytes of the part, at least one";

/// A part that is there.
#[derive(Serialize, ToSchema)]
#[schema(as = KeptPart)]
struct Kept {
    part: u16,
    bytes: usize,
}

/// Keeps a part of the file. The same part may come again, in any order; another one for the same
/// number is refused.
#[utoipa::path(
    put,
    path = PART_PATH,
    operation_id = "putPart",
    tag = "campaigns",
    summary = "Send a part of the file",
    description = "At most 3 MB, in any order, and as often as you like.",
    params(("id" = CampaignId, Path, description = "The campaign's id"),
        ("n" = u16, Path, minimum = 1, maximum = 100, description = "The number of the part"),
        ("Content-Digest" = String, Header, description = "`sha-256=:<base64>:` of the part (RFC 9530)")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The bytes of the part"),
    responses(
        (status = 200, body = Kept, description = "It is there"),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state, part_changed"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn put_part(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    auth::key(&app, &parts.headers, Scope::Write)?;
    let Path(place) = path.map_err(|_| ApiError::NoSuchCampaign)?;
    keep_part(&app, place, &parts.headers, body).await
}

/// Keeps the part of a campaign's file whose place is said, for who may.
pub(crate) async fn keep_part(
    app: &App,
    (id, number): (String, String),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let id: CampaignId = id.parse().map_err(|_| ApiError::NoSuchCampaign)?;
    let no_part = || Violation::new("n", PART_RULE);
    let number: u16 = number.parse().map_err(|_| no_part())?;
    if !is_octets(headers) {
        return Err(ApiError::NoOctets);
    }
    let body = http::read_bytes(headers, body, PART_BYTES_MAX).await?;
    if body.is_empty() {
        return Err(Violation::new("body", BODY_RULE).into());
    }
    let digest = digest::checked(headers, &body)?;
    let store = &app.calls.store;
    let campaign = store.campaign(id).await?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    let put = store
        .put_part(id, number, &body, digest, app.calls.now())
        .await?;
    match put {
        PartPut::Stored | PartPut::SameAgain => Ok(Json(Kept {
            part: number,
            bytes: body.len(),
        })
        .into_response()),
        PartPut::Changed => Err(ApiError::PartChanged),
        PartPut::NoSuchPart => Err(no_part().into()),
        PartPut::NotDraft => Err(no_draft(&campaign)),
    }
}

/// Only such bytes pass the gateway as they are.
fn is_octets(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(OCTETS))
}

fn no_draft(campaign: &Campaign) -> ApiError {
    ApiError::CampaignState(if campaign.state.is_over() {
        Rejection::Over(campaign.state)
    } else {
        Rejection::HasRows
    })
}

/// Announces another file for a campaign without rows; parts of the one before count no more.
#[utoipa::path(
    put,
    path = FILE_PATH,
    operation_id = "replaceFile",
    tag = "campaigns",
    summary = "Announce another file",
    description = "While the campaign has no rows.",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    request_body = FileBody,
    responses(
        (status = 200, body = CampaignView, description = "The campaign", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn replace(
    State(app): State<Arc<App>>,
    id: Id,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    auth::key(&app, &parts.headers, Scope::Write)?;
    let body = http::read_object(&parts.headers, body).await?;
    announce(&app, id_of(id)?, body).await
}

/// Announces another file, for who may.
pub(crate) async fn announce(
    app: &App,
    id: CampaignId,
    body: Map<String, Value>,
) -> Result<Response, ApiError> {
    let file = body::replaced(body)?;
    let store = &app.calls.store;
    let (campaign, known) = tokio::try_join!(store.campaign(id), store.campaign_file(id))?;
    let (Some(campaign), Some(known)) = (campaign, known) else {
        return Err(ApiError::NoSuchCampaign);
    };
    match store.replace_file(&campaign, &known, file).await? {
        Replaced::Stored => Ok(told(StatusCode::OK, &campaign)),
        Replaced::NotDraft => Err(no_draft(&campaign)),
    }
}

/// Has the file read, once all of its parts are there. Asking again is answered the same.
#[utoipa::path(
    post,
    path = IMPORT_PATH,
    operation_id = "importFile",
    tag = "campaigns",
    summary = "Have the file read",
    description = "Once every part is there. Asking again is answered the same.",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    responses(
        (status = 202, body = CampaignView, description = "It is being read, or was", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state, parts_missing, file_differs"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let by = auth::key(&app, &headers, Scope::Write)?.name.clone();
    let campaign = begin_import(&app, id_of(id)?, &by).await?;
    Ok(told(StatusCode::ACCEPTED, &campaign))
}

/// Has the file read in the name of whoever wants it, who may.
pub(crate) async fn begin_import(
    app: &App,
    id: CampaignId,
    by: &str,
) -> Result<Campaign, ApiError> {
    let campaigns = Campaigns::of(&app.calls);
    let changed = match campaigns.begin_import(id, &app.languages).await? {
        ImportBegan::Told(changed) => changed,
        ImportBegan::Missing(parts) => return Err(ApiError::PartsMissing(parts)),
        ImportBegan::OtherSize(bytes) => return Err(ApiError::FileDiffers(bytes)),
    };
    let is_so = |reason| matches!(reason, Rejection::AlreadyApplied | Rejection::HasRows);
    match changed {
        Changed::Applied { campaign, .. } => {
            tracing::info!(campaign_id = %id, %by, "campaign imported");
            Ok(campaign)
        }
        Changed::Unchanged { campaign, reason } if is_so(reason) => Ok(campaign),
        Changed::Unchanged { reason, .. } => Err(ApiError::CampaignState(reason)),
        Changed::NoSuchCampaign => Err(ApiError::NoSuchCampaign),
    }
}

fn told(status: StatusCode, campaign: &Campaign) -> Response {
    let headers = [(ETAG, etag(campaign))];
    (status, headers, Json(CampaignView::of(campaign))).into_response()
}
