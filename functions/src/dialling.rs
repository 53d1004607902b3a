//! `GET /api/dialling`, `POST /api/dialling/pause` and `/resume`: whether phones may ring, and an
//! operator's word on it.
//!
//! What rings or talks when a pause is asked for goes on; calls that come due wait.

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
    http::HeaderMap,
};
use call::{
    dialling::{Dialling, Open, Pause},
    rules::is_line,
};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

/// The path of what holds.
pub const PATH: &str = "/api/dialling";

/// The path that holds dials back.
pub const PAUSE_PATH: &str = "/api/dialling/pause";

/// The path that lets them go on.
pub const RESUME_PATH: &str = "/api/dialling/resume";

/// Longest reason, in characters: a phrase, not a report.
const REASON_CHARS_MAX: usize = 200;

const REASON_RULE: &str = "1 to 200 characters without control characters";

/// The router of dialling, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(show))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// Whether phones ring, and what holds them back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Dialling)]
struct View {
    /// `running` or `paused`.
    status: &'static str,
    /// Why calls wait: `operator`, or vendor and cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<Pause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<Open>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<Open>,
}

impl View {
    fn of(dialling: Dialling) -> Json<Self> {
        let because = dialling.reason();
        Json(Self {
            status: because.as_ref().map_or("running", |_| "paused"),
            because,
            operator: dialling.paused,
            carrier: dialling.carrier.open,
            agent: dialling.agent.open,
        })
    }
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "getDialling",
    tag = "operations",
    summary = "Whether phones may ring",
    responses((status = 200, body = View, description = "And what holds them back")),
    security(("apiKey" = ["read"])),
)]
async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<View>, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    Ok(View::of(app.calls.store.dialling().await?))
}

/// Why no phone rings.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct PauseBody {
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

#[utoipa::path(
    post,
    path = PAUSE_PATH,
    operation_id = "pauseDialling",
    tag = "operations",
    summary = "Hold all dials back",
    description = "What rings or talks goes on; calls that come due wait.",
    request_body = Option<PauseBody>,
    responses((status = 200, body = View, description = "What holds then")),
    security(("apiKey" = ["admin"])),
)]
async fn pause(
    State(app): State<Arc<App>>,
    request: Request<Body>,
) -> Result<Json<View>, ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(&app, &parts.headers, Scope::Admin)?.name.clone();
    let body = http::read_object_if_any(&parts.headers, body).await?;
    let mut fields = Fields::new("", body, &["reason"])?;
    let reason = fields.text("reason", REASON_RULE, |text| {
        is_line(text, REASON_CHARS_MAX)
    })?;
    let pause = Pause {
        by,
        since: app.calls.now(),
        reason,
    };
    tracing::warn!(dialling_paused = 1, by = %pause.by, "no phone rings");
    let change = |dialling: Dialling| dialling.pause(pause.clone());
    Ok(View::of(app.calls.command_dialling(change).await?))
}

/// Also forgets what was held against the vendors.
#[utoipa::path(
    post,
    path = RESUME_PATH,
    operation_id = "resumeDialling",
    tag = "operations",
    summary = "Let dials go on",
    description = "Also forgets what was held against the vendors.",
    responses((status = 200, body = View, description = "What holds then")),
    security(("apiKey" = ["admin"])),
)]
async fn resume(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<View>, ApiError> {
    let by = auth::key(&app, &headers, Scope::Admin)?.name.clone();
    tracing::info!(dialling_resumed = 1, %by, "phones ring again");
    let change = |dialling: Dialling| dialling.resume();
    Ok(View::of(app.calls.command_dialling(change).await?))
}
