//! The workspace behind the simulator: agents, tools, MCP servers and webhooks, as a REST API that
//! keeps what it is given, adds defaults of its own, and refuses a few wrong shapes.
//!
//! The shapes are those of the official SDK (`AgentConfig`, `ToolRequestModel`,
//! `McpServerConfigInput`, `WebhookHmacSettings`). What the platform checks beyond them is not
//! published; checked here is what its errors were reported for.

mod agents;
mod checks;
mod defaults;
mod mcp_servers;
mod tools;
mod webhooks;

use super::entries::{Kind, Refusal, Workspace, WorkspaceWrite};
use super::hub::Hub;
use super::record::lock;
use super::reply;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, patch, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest body taken.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Entries of a page unless the request says otherwise.
const PAGE_DEFAULT: usize = 30;

/// Most entries of a page.
const PAGE_MAX: usize = 100;

/// The routes.
pub(crate) fn router() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/convai/agents", get(agents::list))
        .route("/v1/convai/agents/create", post(agents::create))
        .route(
            "/v1/convai/agents/{id}",
            read(Kind::Agent).patch(agents::update),
        )
        .route("/v1/convai/tools", get(tools::list).post(tools::create))
        .route(
            "/v1/convai/tools/{id}",
            read(Kind::Tool).patch(tools::update),
        )
        .route(
            "/v1/convai/mcp-servers",
            get(mcp_servers::list).post(mcp_servers::create),
        )
        .route(
            "/v1/convai/mcp-servers/{id}",
            read(Kind::McpServer).patch(mcp_servers::update),
        )
        .route(
            "/v1/workspace/webhooks",
            get(webhooks::list).post(webhooks::create),
        )
        .route("/v1/workspace/webhooks/{id}", patch(webhooks::update))
}

/// Reads one entry of a kind.
fn read(kind: Kind) -> MethodRouter<Arc<Hub>> {
    get(
        move |State(hub): Shared, Path(id): Path<String>, request: Request| async move {
            answer(&hub, request, |workspace, _| find(workspace, kind, &id)).await
        },
    )
}

#[derive(Deserialize)]
struct Page {
    page_size: Option<usize>,
    cursor: Option<usize>,
    search: Option<String>,
}

/// Answers a request: an ordered fault, 401, or what `act` says; notes it, and what it wrote.
async fn answer(
    hub: &Hub,
    request: Request,
    act: impl FnOnce(&Workspace, Value) -> Result<Value, Refusal>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    reply::answer(hub, &parts, || {
        perform(hub, &parts.method, parts.uri.path(), &body, act)
    })
    .await
}

fn perform(
    hub: &Hub,
    method: &Method,
    path: &str,
    body: &Bytes,
    act: impl FnOnce(&Workspace, Value) -> Result<Value, Refusal>,
) -> Response {
    let is_write = *method != Method::GET;
    let body = serde_json::from_slice::<Value>(body)
        .ok()
        .filter(Value::is_object);
    let body = match (is_write, body) {
        (true, None) => return refused(checks::missing(&["body"])),
        (_, body) => body.unwrap_or_default(),
    };
    match act(&hub.workspace, body.clone()) {
        Ok(said) => {
            if is_write {
                let request = format!("{method} {path}");
                lock(&hub.workspace.writes).push(WorkspaceWrite { request, body });
            }
            Json(said).into_response()
        }
        Err(refusal) => refused(refusal),
    }
}

fn refused((status, detail): Refusal) -> Response {
    (status, Json(json!({ "detail": detail }))).into_response()
}

/// The entry of this id, or 404.
fn find(workspace: &Workspace, kind: Kind, id: &str) -> Result<Value, Refusal> {
    workspace.one(kind, id).ok_or_else(|| {
        let message = format!("{kind:?} {id} not found");
        let detail = json!({ "status": "not_found", "message": message });
        (StatusCode::NOT_FOUND, detail)
    })
}

/// A page of a list whose entries are searched and sorted by name.
fn page(
    mut entries: Vec<Value>,
    key: &str,
    name: impl Fn(&Value) -> String,
    asked: &Page,
) -> Value {
    let search = asked.search.clone().unwrap_or_default().to_lowercase();
    entries.retain(|entry| name(entry).to_lowercase().starts_with(&search));
    entries.sort_by_key(|entry| name(entry));
    let (from, size) = (
        asked.cursor.unwrap_or(0),
        asked.page_size.unwrap_or(PAGE_DEFAULT),
    );
    let size = size.clamp(1, PAGE_MAX);
    let has_more = from + size < entries.len();
    let shown: Vec<Value> = entries.into_iter().skip(from).take(size).collect();
    let next = has_more.then(|| (from + size).to_string());
    json!({ key: shown, "has_more": has_more, "next_cursor": next })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

type Shared = State<Arc<Hub>>;
