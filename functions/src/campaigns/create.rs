//! Making a campaign: its plan, and what is said of the file that is to come.

use super::{
    PATH,
    body::{CampaignBody, Wanted},
    plan,
    view::{CampaignView, etag},
};
use crate::{
    app::App,
    auth,
    http::{self, ApiError},
    request_key::{REPLAYED_HEADER, request_key},
    trigger::admit,
};
use access::Scope;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ETAG, LOCATION},
    },
    response::{IntoResponse, Response},
};
use campaign::{Campaign, CampaignId};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::{RequestKey, Stored, campaigns::CampaignCreated};

/// Makes a campaign without rows: 201 with where it stands. The same request with the same key gets the
/// same campaign again.
#[utoipa::path(
    post,
    path = PATH,
    operation_id = "createCampaign",
    tag = "campaigns",
    summary = "Make a campaign",
    description = "Its plan, and what is said of the file that is to come.",
    request_body = CampaignBody,
    responses(
        (status = 201, body = CampaignView, description = "A campaign without rows", headers(("location" = String, description = "Where it is"), ("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 422, description = "invalid_field"),
        (status = 429, description = "rate_limited"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let client = auth::key(&app, &parts.headers, Scope::Write)?.name.clone();
    let body = http::read_object(&parts.headers, body).await?;
    make(&app, &client, &parts.headers, body).await
}

/// Makes the campaign that a client asks for, who may.
pub(crate) async fn make(
    app: &App,
    client: &str,
    headers: &HeaderMap,
    body: Map<String, Value>,
) -> Result<Response, ApiError> {
    let key = request_key(headers, client, &body)?;
    let (store, now) = (&app.calls.store, app.calls.now());
    if let (Some(key), Some(stored)) = (&key, store.stored_answer(key.as_ref(), now).await?) {
        return repeated(app, key, &stored).await;
    }
    let wanted = Wanted::read(body, &app.calls.policy, now)?;
    admit(app, client, now).await?;
    let decision = Campaign::create(new_id(app), &wanted.name, wanted.plan, now);
    let decision = decision.map_err(|rejection| plan::refused("plan", rejection))?;
    match (
        store
            .create_campaign(&decision, &wanted.file, key.as_ref())
            .await?,
        key,
    ) {
        (CampaignCreated::Stored, _) => {
            let id = decision.next.id;
            tracing::info!(campaign_id = %id, by = %client, "campaign made");
            Ok(made(&decision.next))
        }
        (CampaignCreated::Repeated(stored), Some(key)) => repeated(app, &key, &stored).await,
        (CampaignCreated::Repeated(_), None) => Err(ApiError::Internal),
    }
}

fn new_id(app: &App) -> CampaignId {
    let id = (app.new_id)().to_string();
    id.parse().expect("ids of calls and campaigns are UUIDs")
}

/// The answer to a request whose key was used before: the campaign as it stands now.
async fn repeated(app: &App, key: &RequestKey, stored: &Stored) -> Result<Response, ApiError> {
    if stored.request_hash != key.request_hash {
        return Err(ApiError::KeyReused);
    }
    let id = stored.campaign_id.ok_or(ApiError::KeyReused)?;
    let campaign = app.calls.store.campaign(id).await?;
    let mut answer = made(&campaign.ok_or(ApiError::NoSuchCampaign)?);
    let replayed = HeaderValue::from_static("true");
    answer.headers_mut().insert(REPLAYED_HEADER, replayed);
    Ok(answer)
}

fn made(campaign: &Campaign) -> Response {
    let headers = [
        (LOCATION, format!("{PATH}/{}", campaign.id)),
        (ETAG, etag(campaign)),
    ];
    let body = Json(CampaignView::of(campaign));
    (StatusCode::CREATED, headers, body).into_response()
}
