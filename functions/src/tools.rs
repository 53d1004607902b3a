//! `POST /api/tools/{name}`: the tools as ElevenLabs webhook tools, for agents without MCP.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{self, ApiError},
    needs::Need,
};
use agent_tools::{ToolError, ToolUse};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
};
use call::answers::Source;
use serde_json::Value;
use std::sync::Arc;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Tokens, Need::Questions];

pub const PATH: &str = "/api/tools/{name}";

/// The tools' router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(call))
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "callTool",
    tag = "vendors",
    summary = "A tool of the agent's",
    description = "What the agent's platform asks, as an alternative to `/mcp`. Which arguments a tool takes follows from `QUESTIONNAIRE`.",
    params(("name" = String, Path, description = "`save_patient_response`, `save_patient_data`, `validate_patient_data` or `save_conversation_summary`")),
    request_body = Map<String, Value>,
    responses(
        (status = 200, body = Map<String, Value>, description = "What the tool says to the agent"),
        (status = 404, description = "no_such_call, no_such_route"),
    ),
    security(("answerToken" = [])),
)]
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
