//! The workspace behind the simulator: agents, tools, MCP servers and webhooks, as a REST API that
//! keeps what it is given, adds defaults of its own, and refuses a few wrong shapes.
//!
//! The shapes are those of the official SDK (`AgentConfig`, `ToolRequestModel`,
//! `McpServerConfigInput`, `WebhookHmacSettings`). What the platform checks beyond them is not
//! published; checked here is what its errors were reported for.

mod checks;
mod defaults;

use super::entries::{Kind, Refusal, Workspace, WorkspaceWrite};
use super::hub::Hub;
use super::record::lock;
use super::reply::{error, injected, is_authorized};
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
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
        .route("/v1/convai/agents", get(agents))
        .route("/v1/convai/agents/create", post(create_agent))
        .route("/v1/convai/agents/{id}", get(agent).patch(update_agent))
        .route("/v1/convai/tools", get(tools).post(create_tool))
        .route("/v1/convai/tools/{id}", get(tool).patch(update_tool))
        .route(
            "/v1/convai/mcp-servers",
            get(mcp_servers).post(create_mcp_server),
        )
        .route(
            "/v1/convai/mcp-servers/{id}",
            get(mcp_server).patch(update_mcp_server),
        )
        .route("/v1/workspace/webhooks", get(webhooks).post(create_webhook))
        .route("/v1/workspace/webhooks/{id}", patch(update_webhook))
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
    let response = match injected(hub).await {
        Some(response) => response,
        None if !is_authorized(hub, &parts.headers) => error(StatusCode::UNAUTHORIZED),
        None => perform(hub, &parts.method, parts.uri.path(), &body, act),
    };
    hub.note_request(
        &parts.method,
        parts.uri.to_string(),
        response.status().as_u16(),
    );
    response
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

fn not_found(kind: Kind, id: &str) -> Refusal {
    let detail = json!({"status": "not_found", "message": format!("{kind:?} {id} not found")});
    (StatusCode::NOT_FOUND, detail)
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

async fn agents(State(hub): Shared, Query(asked): Query<Page>, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        let summary = |agent: Value| {
            json!({
                "agent_id": agent["agent_id"], "name": agent["name"], "tags": [],
                "voice_id": agent["conversation_config"]["tts"]["voice_id"],
                "created_at_unix_secs": 1, "updated_at_unix_secs": 1, "archived": false,
                "access_info": defaults::access(),
            })
        };
        let agents = workspace
            .all(Kind::Agent)
            .into_iter()
            .map(summary)
            .collect();
        Ok(page(agents, "agents", |agent| text(&agent["name"]), &asked))
    })
    .await
}

async fn create_agent(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::has(&body, &["conversation_config"])?;
        let agent = defaults::agent(body);
        checks::agent(workspace, &agent)?;
        let agent = workspace.create(Kind::Agent, agent)?;
        Ok(json!({ "agent_id": agent["agent_id"] }))
    })
    .await
}

async fn agent(State(hub): Shared, Path(id): Path<String>, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        workspace
            .one(Kind::Agent, &id)
            .ok_or_else(|| not_found(Kind::Agent, &id))
    })
    .await
}

async fn update_agent(State(hub): Shared, Path(id): Path<String>, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        let known = workspace
            .one(Kind::Agent, &id)
            .ok_or_else(|| not_found(Kind::Agent, &id))?;
        let agent = defaults::merged(known, body);
        checks::agent(workspace, &agent)?;
        workspace.replace(Kind::Agent, &id, agent.clone());
        Ok(agent)
    })
    .await
}

async fn tools(State(hub): Shared, Query(asked): Query<Page>, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        let name = |tool: &Value| text(&tool["tool_config"]["name"]);
        Ok(page(workspace.all(Kind::Tool), "tools", name, &asked))
    })
    .await
}

async fn create_tool(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::tool(&body)?;
        workspace.create(Kind::Tool, defaults::tool(body))
    })
    .await
}

async fn tool(State(hub): Shared, Path(id): Path<String>, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        workspace
            .one(Kind::Tool, &id)
            .ok_or_else(|| not_found(Kind::Tool, &id))
    })
    .await
}

async fn update_tool(State(hub): Shared, Path(id): Path<String>, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        workspace
            .one(Kind::Tool, &id)
            .ok_or_else(|| not_found(Kind::Tool, &id))?;
        checks::tool(&body)?;
        let mut tool = defaults::tool(body);
        tool["id"] = id.as_str().into();
        workspace.replace(Kind::Tool, &id, tool.clone());
        Ok(tool)
    })
    .await
}

async fn mcp_servers(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        Ok(json!({ "mcp_servers": workspace.all(Kind::McpServer) }))
    })
    .await
}

async fn create_mcp_server(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::mcp_server(&body)?;
        workspace.create(Kind::McpServer, defaults::mcp_server(body))
    })
    .await
}

async fn mcp_server(State(hub): Shared, Path(id): Path<String>, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        workspace
            .one(Kind::McpServer, &id)
            .ok_or_else(|| not_found(Kind::McpServer, &id))
    })
    .await
}

/// Takes the fields of the published update; a new address is not among them and is passed over.
async fn update_mcp_server(
    State(hub): Shared,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&hub, request, |workspace, body| {
        let mut server = workspace
            .one(Kind::McpServer, &id)
            .ok_or_else(|| not_found(Kind::McpServer, &id))?;
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

async fn webhooks(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        Ok(json!({ "webhooks": workspace.all(Kind::Webhook) }))
    })
    .await
}

async fn create_webhook(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::webhook(&body)?;
        let webhook = workspace.create(Kind::Webhook, defaults::webhook(&body))?;
        let secret = format!("wsec_{}", uuid::Uuid::new_v4().simple());
        Ok(json!({ "webhook_id": webhook["webhook_id"], "webhook_secret": secret }))
    })
    .await
}

async fn update_webhook(State(hub): Shared, Path(id): Path<String>, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::has(&body, &["is_disabled"])?;
        checks::has(&body, &["name"])?;
        let mut webhook = workspace
            .one(Kind::Webhook, &id)
            .ok_or_else(|| not_found(Kind::Webhook, &id))?;
        webhook["name"] = body["name"].clone();
        webhook["is_disabled"] = body["is_disabled"].clone();
        if body["is_disabled"] == false {
            webhook["is_auto_disabled"] = false.into();
        }
        workspace.replace(Kind::Webhook, &id, webhook);
        Ok(json!({ "status": "ok" }))
    })
    .await
}
