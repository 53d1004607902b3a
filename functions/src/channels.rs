//! `POST /api/channels/reconcile`: sets the channel counter to the live calls.
//!
//! The sweep finds a difference each minute and leaves it alone; who is woken by it looks, and asks
//! for this.

use crate::{
    app::App,
    auth,
    http::{self, ApiError},
    needs::Need,
};
use access::Scope;
use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde::Serialize;
use std::sync::Arc;
use store::calls::{ReconcileError, Reconciled};

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

pub const PATH: &str = "/api/channels/reconcile";

/// The router of what an operator does by hand, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    http::finish(routes(app))
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new().route(PATH, post(reconcile)).with_state(app)
}

/// The counter, before and after.
#[derive(Serialize)]
struct Answer {
    before: i64,
    after: u32,
}

/// Takes some seconds: the live calls are counted several times.
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
