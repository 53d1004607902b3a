//! MCP servers.

use super::{Shared, answer, checks, defaults, find};
use crate::elevenlabs::entries::Kind;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde_json::json;

pub(super) async fn list(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        Ok(json!({ "mcp_servers": workspace.all(Kind::McpServer) }))
    })
    .await
}

pub(super) async fn create(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::mcp_server(&body)?;
        workspace.create(Kind::McpServer, defaults::mcp_server(body))
    })
    .await
}

/// Takes the fields of the published update; a new address is not among them and is passed over.
pub(super) async fn update(
    State(hub): Shared,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&hub, request, |workspace, body| {
        let mut server = find(workspace, Kind::McpServer, &id)?;
        for (key, value) in body.as_object().into_iter().flatten() {
            if !["url", "name", "transport", "description"].contains(&key.as_str()) {
                server["config"][key] = value.clone();
            }
        }
        workspace.replace(Kind::McpServer, &id, server.clone());
        Ok(server)
    })
    .await
}
