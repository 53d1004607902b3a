//! `POST /api/channels/reconcile`: sets the channel counter to the live calls.
//!
//! The sweep finds a difference each minute and leaves it alone; who is woken by it looks, and asks
//! for this.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::ApiError,
    needs::Need,
};
use access::Scope;
use axum::{Json, Router, extract::State, http::HeaderMap};
use serde::Serialize;
use std::sync::Arc;
use store::calls::{ReconcileError, Reconciled};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

pub const PATH: &str = "/api/channels/reconcile";

/// The router of what an operator does by hand, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(reconcile))
}

/// The counter, before and after.
#[derive(Serialize, ToSchema)]
#[schema(as = ReconciledChannels)]
struct Answer {
    before: i64,
    after: u32,
}

/// Takes some seconds: the live calls are counted several times.
#[utoipa::path(
    post,
    path = PATH,
    operation_id = "reconcileChannels",
    tag = "operations",
    summary = "Set the channel counter to the live calls",
    description = "Takes some seconds; `unavailable` if too much changes meanwhile.",
    responses((status = 200, body = Answer, description = "The counter, before and after")),
    security(("apiKey" = ["admin"])),
)]
async fn reconcile(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<Answer>, ApiError> {
    let by = auth::key(&app, &headers, Scope::Admin)?.name.clone();
    let Reconciled { before, after } = app.calls.reconcile_channels().await?;
    tracing::info!(channels_reconciled = 1, %by, before, after, "channel counter reconciled");
    Ok(Json(Answer { before, after }))
}

impl From<ReconcileError> for ApiError {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Contended => {
                tracing::warn!(%error, "channel counter left as it is");
                Self::Unavailable
            }
        }
    }
}
