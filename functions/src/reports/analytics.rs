//! `GET /api/analytics`: figures of the calls of some days.
//!
//! Cost: one query for each day and each megabyte of its rows.

use crate::{
    app::App,
    auth,
    http::{self, ApiError},
    needs::Need,
    query,
};
use access::Scope;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients, Need::Questions, Need::Reports];

pub const PATH: &str = "/api/analytics";

/// The router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    http::finish(routes(app))
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new().route(PATH, get(show)).with_state(app)
}

async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    auth::key(&app, &headers, Scope::Admin)?;
    let values = query::read(query.as_deref(), &["range", "from", "to"])?;
    let period = super::period(&app, |name| values.get(name).map(String::as_str))?;
    let figures = super::figures(&app, period).await?;
    Ok(Json(figures).into_response())
}
