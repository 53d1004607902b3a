//! `POST /api/tools/{name}`: the tools as ElevenLabs webhook tools, for agents without MCP.

use crate::{
    app::App,
    auth,
    http::{self, ApiError},
    needs::Need,
};
use agent_tools::{ToolError, ToolUse};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
    routing::post,
};
use call::answers::Source;
use serde_json::Value;
use std::sync::Arc;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Tokens, Need::Questions];

pub const PATH: &str = "/api/tools/{name}";

/// The tools' router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    http::finish(routes(app))
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new().route(PATH, post(call)).with_state(app)
}

async fn call(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request<Body>,
) -> Result<Json<Value>, ApiError> {
    let (parts, body) = request.into_parts();
    let talk = auth::agent(&app, &parts.headers)?;
    let arguments = http::read_object(&parts.headers, body).await?;
    let tool_use = ToolUse {
        talk,
        source: Source::WebhookTool,
        turn: auth::agent_turn(&parts.headers),
    };
    let said = agent_tools::run(&app.calls, &app.questionnaire, tool_use, &name, arguments).await;
    said.map(Json).map_err(|error| match error {
        ToolError::NoSuchTool => ApiError::NoSuchRoute,
        ToolError::NoSuchCall => ApiError::NoSuchCall,
        ToolError::Invalid(invalid) => ApiError::invalid(&invalid.field, invalid.expected),
        ToolError::Store(error) => error.into(),
    })
}
