//! Agents.

use super::{Page, Shared, answer, checks, defaults, find, page, text};
use crate::elevenlabs::entries::Kind;
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use serde_json::{Value, json};

pub(super) async fn list(
    State(hub): Shared,
    Query(asked): Query<Page>,
    request: Request,
) -> Response {
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

pub(super) async fn create(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::has(&body, &["conversation_config"])?;
        let agent = defaults::agent(body);
        checks::agent(workspace, &agent)?;
        let agent = workspace.create(Kind::Agent, agent)?;
        Ok(json!({ "agent_id": agent["agent_id"] }))
    })
    .await
}

pub(super) async fn update(
    State(hub): Shared,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&hub, request, |workspace, body| {
        let known = find(workspace, Kind::Agent, &id)?;
        let agent = defaults::merged(known, body);
        checks::agent(workspace, &agent)?;
        workspace.replace(Kind::Agent, &id, agent.clone());
        Ok(agent)
    })
    .await
}
