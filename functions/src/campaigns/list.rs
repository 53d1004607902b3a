//! All campaigns, newest first, page by page.

use super::view::CampaignView;
use crate::{
    app::App,
    auth,
    http::{ApiError, Violation},
    query,
};
use access::Scope;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::sync::Arc;
use store::campaigns::CampaignCursor;

/// Campaigns on a page unless asked otherwise, and at most.
const LIMITS: query::Limits = query::Limits {
    default: 50,
    max: 100,
};

const CURSOR_RULE: &str = "the nextCursor of the page before";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    campaigns: Vec<CampaignView<'a>>,
    /// Where the next page starts; `null` on the last one.
    next_cursor: Option<String>,
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    let values = query::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = query::limit(&values, LIMITS)?;
    let after = values.get("cursor").map(|text| text.parse());
    let after: Option<CampaignCursor> = after
        .transpose()
        .map_err(|_| Violation::new("cursor", CURSOR_RULE))?;
    let (campaigns, next) = app.calls.store.campaigns(after.as_ref(), limit).await?;
    let page = Page {
        campaigns: campaigns.iter().map(CampaignView::of).collect(),
        next_cursor: next.map(|next| next.to_string()),
    };
    Ok(Json(page).into_response())
}
