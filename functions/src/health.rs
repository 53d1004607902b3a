//! `GET /health`: whether calls can be stored. Takes no key and tells nothing else.

use crate::{app::App, http::ApiError};
use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use std::sync::Arc;

pub const PATH: &str = "/health";

/// The routes, without the answers for unknown ones.
pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new().route(PATH, get(health)).with_state(app)
}

/// 200 when the store answers, 503 otherwise.
async fn health(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    app.calls.store.check().await.map_err(|error| {
        tracing::warn!(%error, "health check failed");
        ApiError::Unavailable
    })?;
    Ok(Json(json!({ "status": "ok" })))
}
