//! `GET /api/analytics`: figures of the calls of some days.
//!
//! Cost: one query for each day and each megabyte of its rows.

use super::{Range, each_call};
use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::ApiError,
    needs::Need,
    query,
};
use access::Scope;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use call::report::{Analytics, Period};
use campaign::Day;
use serde::Serialize;
use std::sync::Arc;
use store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients, Need::Questions, Need::Reports, Need::Prices];

pub const PATH: &str = "/api/analytics";

/// The router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(show))
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "getAnalytics",
    tag = "reports",
    summary = "Figures of the calls of some days",
    params(
        ("range" = inline(Option<Range>), Query, description = "The last day, seven days or thirty; `today` if nothing is said"),
        ("from" = Option<Day>, Query, description = "First day, instead of `range`"),
        ("to" = Option<Day>, Query, description = "Last day, at most 366 days after the first; today if left out"),
    ),
    responses((status = 200, body = Figures, description = "The figures")),
    security(("apiKey" = ["admin"])),
)]
async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    auth::key(&app, &headers, Scope::Admin)?;
    let values = query::read(query.as_deref(), &["range", "from", "to"])?;
    let period = super::period(&app, |name| values.get(name).map(String::as_str))?;
    let figures = figures(&app, period).await?;
    Ok(Json(figures).into_response())
}

/// Figures with the days they are of.
#[derive(Serialize, ToSchema)]
#[schema(as = Figures)]
pub(super) struct Figures {
    from: String,
    to: String,
    #[serde(flatten)]
    analytics: Analytics,
}

/// Adds up every call of the period, page by page.
pub(super) async fn figures(app: &App, period: Period) -> Result<Figures, StoreError> {
    let zone = app.report_zone.clone();
    let mut analytics = Analytics::new(&app.questionnaire, zone, app.prices);
    each_call(app, period, |row| analytics.add(row)).await?;
    Ok(Figures {
        from: period.first.to_string(),
        to: period.last.to_string(),
        analytics,
    })
}
