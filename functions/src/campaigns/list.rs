//! All campaigns, newest first, page by page.

use super::{PATH, view::CampaignView};
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
use utoipa::ToSchema;

/// Campaigns on a page unless asked otherwise, and at most.
const LIMITS: query::Limits = query::Limits {
    default: 50,
    max: 100,
};

const CURSOR_RULE: &str = "the nextCursor of the page before";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Campaigns)]
struct Page<'a> {
    campaigns: Vec<CampaignView<'a>>,
    /// Where the next page starts; `null` on the last one.
    next_cursor: Option<String>,
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "listCampaigns",
    tag = "campaigns",
    summary = "List campaigns",
    description = "Newest first.",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Entries on a page; 50 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses(
        (status = 200, body = Page, description = "A page of campaigns"),
    ),
    security(("apiKey" = ["read"])),
)]
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
