//! Tools.

use super::{Page, Shared, answer, checks, defaults, find, page, text};
use crate::elevenlabs::entries::Kind;
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use serde_json::Value;

pub(super) async fn list(
    State(hub): Shared,
    Query(asked): Query<Page>,
    request: Request,
) -> Response {
    answer(&hub, request, |workspace, _| {
        let name = |tool: &Value| text(&tool["tool_config"]["name"]);
        Ok(page(workspace.all(Kind::Tool), "tools", name, &asked))
    })
    .await
}

pub(super) async fn create(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::tool(&body)?;
        workspace.create(Kind::Tool, defaults::tool(body))
    })
    .await
}

pub(super) async fn update(
    State(hub): Shared,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&hub, request, |workspace, body| {
        find(workspace, Kind::Tool, &id)?;
        checks::tool(&body)?;
        let mut tool = defaults::tool(body);
        tool["id"] = id.as_str().into();
        workspace.replace(Kind::Tool, &id, tool.clone());
        Ok(tool)
    })
    .await
}
