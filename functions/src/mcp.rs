//! `POST /mcp`: the tools over the Model Context Protocol, streamable HTTP without sessions, so that
//! any instance of the function answers any request.

mod accept;
mod message;

use crate::{
    app::App,
    auth,
    described::Routes,
    http::{self, ApiError},
    needs::Need,
    reports,
};
use access::Talk;
use agent_tools::{ToolError, ToolUse};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::header::ACCEPT,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::post_service,
};
use call::answers::Source;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
        ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde_json::{Map, Value};
use std::{borrow::Cow, sync::Arc};
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[
    Need::Clients,
    Need::Tokens,
    Need::Questions,
    Need::Reports,
    Need::Prices,
];

pub const PATH: &str = "/mcp";

/// The server's name in its first answer.
const NAME: &str = "outbound-call";

/// The server's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    http::finish(routes(app))
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        // The hosts are API Gateway's and the operator's own; a token is asked for, not a host.
        .disable_allowed_hosts();
    let server = app.clone();
    let service = StreamableHttpService::new(
        move || Ok(Server(server.clone())),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    let post = post_service(service).layer(middleware::from_fn_with_state(app, admit));
    // The server sends nothing by itself, and has no session that could be ended.
    Router::new().route(PATH, post.fallback(async || ApiError::NoStream))
}

/// What is said of it in the API's description.
pub(crate) fn described() -> Routes {
    Routes::new().routes(routes!(message, stream))
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "mcpMessage",
    tag = "vendors",
    summary = "The tools over the Model Context Protocol",
    description = "Streamable HTTP without sessions: one JSON-RPC message, answered with JSON. The agent's tools with the answer token of a call, those for reports with a key of the scope `admin`.",
    request_body = Map<String, Value>,
    responses(
        (status = 200, body = Map<String, Value>, description = "The answer to a request"),
        (status = 202, description = "A notification is taken"),
        (status = 400, body = Map<String, Value>, description = "A JSON-RPC error: no JSON, or no message"),
        (status = 406, body = String, content_type = "text/plain", description = "`Accept` does not name what can be answered"),
    ),
    security(("answerToken" = []), ("apiKey" = ["admin"])),
)]
async fn message() {}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "mcpStream",
    tag = "vendors",
    summary = "No stream",
    description = "The server sends nothing by itself.",
    responses((status = 405, description = "no_stream")),
)]
async fn stream() {}

/// Who asks, and so which tools there are.
#[derive(Clone, Copy)]
enum Asker {
    /// The agent in a conversation: it saves, and reaches the record of its own call only.
    Agent(Talk),
    /// Somebody with an administrator's key: they read reports.
    Admin,
}

/// The agent's turn in which the request was made.
#[derive(Clone, Copy)]
struct Turn(u32);

/// Nobody hears anything without a token.
async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let asker = match auth::agent(&app, request.headers()) {
        Ok(talk) => Asker::Agent(talk),
        Err(_) if auth::is_admin(&app, request.headers()) => Asker::Admin,
        Err(error) => return error.into_response(),
    };
    let (parts, body) = request.into_parts();
    let body = match message::read(&parts.headers, body).await {
        Ok(bytes) => Body::from(bytes),
        Err(refusal) => return refusal,
    };
    let mut request = Request::from_parts(parts, body);
    if let Some(turn) = auth::agent_turn(request.headers()) {
        request.extensions_mut().insert(Turn(turn));
    }
    request.extensions_mut().insert(asker);
    let form = accept::wanted(request.headers());
    request.headers_mut().insert(ACCEPT, accept::both());
    accept::shape(next.run(request).await, form).await
}

struct Server(Arc<App>);

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let version = env!("CARGO_PKG_VERSION");
        ServerConfig::new(capabilities).with_server_info(Implementation::new(NAME, version))
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = match asker(&context)? {
            Asker::Agent(_) => agent_tools::all(&self.0.questionnaire),
            Asker::Admin => reports::tools::all(),
        };
        let tools = tools.into_iter().map(|tool| {
            Tool::new(
                Cow::Borrowed(tool.name),
                Cow::Borrowed(tool.description),
                Arc::new(tool.schema),
            )
        });
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let talk = match asker(&context)? {
            Asker::Agent(talk) => talk,
            Asker::Admin => return report(&self.0, &request.name, &arguments).await,
        };
        let parts = context.extensions.get::<axum::http::request::Parts>();
        let turn = parts.and_then(|parts| parts.extensions.get::<Turn>());
        let tool_use = ToolUse {
            talk,
            source: Source::Mcp,
            turn: turn.map(|turn| turn.0),
        };
        let (calls, questionnaire) = (&self.0.calls, &self.0.questionnaire);
        let result = match agent_tools::run(
            calls,
            questionnaire,
            tool_use,
            &request.name,
            arguments,
        )
        .await
        {
            Ok(said) => CallToolResult::success(vec![ContentBlock::text(said.to_string())]),
            Err(ToolError::NoSuchTool) => {
                return Err(ErrorData::invalid_params(message::NO_SUCH_TOOL, None));
            }
            Err(error) => {
                if let ToolError::Store(error) = &error {
                    tracing::warn!(call_id = %talk.call, %error, "answer not saved");
                }
                CallToolResult::error(vec![ContentBlock::text(error.to_string())])
            }
        };
        Ok(result.into())
    }
}

fn asker(context: &RequestContext<RoleServer>) -> Result<Asker, ErrorData> {
    let parts = context.extensions.get::<axum::http::request::Parts>();
    let asker = parts.and_then(|parts| parts.extensions.get::<Asker>());
    asker
        .copied()
        .ok_or_else(|| ErrorData::internal_error("nobody was admitted", None))
}

/// Calls a tool of an administrator's.
async fn report(
    app: &App,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<CallToolResponse, ErrorData> {
    let Some(said) = reports::tools::run(app, name, arguments).await else {
        return Err(ErrorData::invalid_params(message::NO_SUCH_TOOL, None));
    };
    let result = match said {
        Ok(said) => CallToolResult::success(vec![ContentBlock::text(said.to_string())]),
        Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
    };
    Ok(result.into())
}

#[cfg(test)]
mod tests;
