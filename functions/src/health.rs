//! `GET /health`: whether calls can be stored. Takes no key and tells nothing else.

use crate::{app::App, described::Routes, http::ApiError};
use axum::{Json, extract::State};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub const PATH: &str = "/health";

/// The routes, without the answers for unknown ones.
pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(health))
}

/// That the service answers, and its table.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
}

/// 200 when the store answers, 503 otherwise.
#[utoipa::path(
    get,
    path = PATH,
    operation_id = "health",
    tag = "operations",
    summary = "Whether calls can be stored",
    responses((status = 200, body = Health, description = "They can"), (status = 503, description = "unavailable")),
)]
async fn health(State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    app.calls.store.check().await.map_err(|error| {
        tracing::warn!(%error, "health check failed");
        ApiError::Unavailable
    })?;
    Ok(Json(Health { status: "ok" }))
}
