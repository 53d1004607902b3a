//! `POST /api/events/replay`: sends outcomes again, those of one call or those that were given up.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{self, ApiError},
    needs::Need,
    validate::Fields,
};
use access::Scope;
use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use call::ids::CallId;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use store::{Delivery, DeliveryKey, item::SHARDS};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

pub const PATH: &str = "/api/events/replay";

/// Given-up outcomes queued by one request, per shard: each is one write, and the answer must come
/// well before API Gateway's 30 s.
const PARKED_PER_SHARD_MAX: usize = 100;

const SESSION_RULE: &str = "the id of a call session";
const PARKED_RULE: &str = "true";
const ONE_RULE: &str = "an object with either sessionId or parked";

/// The replay's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(replay))
}

/// What was queued. The sweep sends it within seconds.
#[derive(Serialize, ToSchema)]
struct Replayed {
    queued: usize,
    /// There may be more that were given up: ask again.
    more: bool,
}

/// Either `sessionId` or `parked`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct ReplayBody {
    /// The outcomes of this call.
    session_id: Option<CallId>,
    /// `true`: all outcomes that were given up.
    parked: Option<bool>,
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "replayEvents",
    tag = "operations",
    summary = "Deliver outcomes again",
    request_body = ReplayBody,
    responses((status = 202, body = Replayed, description = "What was queued; it is sent within seconds"), (status = 404, description = "no_such_call")),
    security(("apiKey" = ["write"])),
)]
async fn replay(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    auth::key(&app, &parts.headers, Scope::Write)?;
    let body = http::read_object(&parts.headers, body).await?;
    let mut fields = Fields::new("", body, &["sessionId", "parked"])?;
    let id: Option<CallId> = fields.parsed("sessionId", SESSION_RULE)?;
    let parked = match fields.take("parked") {
        None => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(fields.violation("parked", PARKED_RULE).into()),
    };
    let replayed = match (id, parked) {
        (Some(id), false) => of_call(&app, id).await?,
        (None, true) => of_parked(&app).await?,
        (Some(_), true) | (None, false) => return Err(ApiError::invalid("body", ONE_RULE)),
    };
    Ok((StatusCode::ACCEPTED, Json(replayed)).into_response())
}

async fn of_call(app: &App, id: CallId) -> Result<Replayed, ApiError> {
    let record = app.calls.store.record(id).await?;
    let record = record.filter(|record| record.session.restricted_at.is_none());
    let record = record.ok_or(ApiError::NoSuchCall)?;
    let keys = record.deliveries.iter().map(Delivery::key).collect();
    let queued = queue(app, keys).await?;
    Ok(Replayed {
        queued,
        more: false,
    })
}

async fn of_parked(app: &App) -> Result<Replayed, ApiError> {
    let (mut queued, mut more) = (0, false);
    for shard in 0..SHARDS {
        let store = &app.calls.store;
        let now = app.calls.now();
        let parked = store.parked_deliveries(shard, now, PARKED_PER_SHARD_MAX);
        let parked = parked.await?;
        more |= parked.len() == PARKED_PER_SHARD_MAX;
        queued += queue(app, parked).await?;
    }
    Ok(Replayed { queued, more })
}

async fn queue(app: &App, keys: Vec<DeliveryKey>) -> Result<usize, ApiError> {
    for key in &keys {
        app.calls.store.replay(*key, app.calls.now()).await?;
    }
    tracing::info!(outcomes_replayed = keys.len(), "replay");
    Ok(keys.len())
}
