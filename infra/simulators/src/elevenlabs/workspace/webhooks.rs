//! Webhooks of the workspace.

use super::{Shared, answer, checks, defaults, find};
use crate::elevenlabs::entries::Kind;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use serde_json::json;

pub(super) async fn list(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, _| {
        Ok(json!({ "webhooks": workspace.all(Kind::Webhook) }))
    })
    .await
}

pub(super) async fn create(State(hub): Shared, request: Request) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::webhook(&body)?;
        let webhook = workspace.create(Kind::Webhook, defaults::webhook(&body))?;
        let secret = format!("wsec_{}", uuid::Uuid::new_v4().simple());
        Ok(json!({ "webhook_id": webhook["webhook_id"], "webhook_secret": secret }))
    })
    .await
}

pub(super) async fn update(
    State(hub): Shared,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    answer(&hub, request, |workspace, body| {
        checks::has(&body, &["is_disabled"])?;
        checks::has(&body, &["name"])?;
        let mut webhook = find(workspace, Kind::Webhook, &id)?;
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
