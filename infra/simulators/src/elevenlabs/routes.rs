//! REST and the upgrade, on one port.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::behaviour::Behaviour;
use super::conversations::{self, ListQuery};
use super::engine::Conversation;
use super::history;
use super::hub::Hub;
use super::mcp::McpClient;
use super::post_call;
use super::record::{ConversationRecord, SharedRecord, lock};
use super::reply::{answer, error};
use super::session::Session;
use super::workspace;
use crate::ws;

/// All routes of the simulator.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/v1/convai/conversation/get-signed-url", get(signed_url))
        .route("/v1/convai/conversation/get_signed_url", get(signed_url))
        .route(
            "/v1/convai/conversations/{id}",
            get(conversation).delete(delete),
        )
        .route("/v1/convai/conversations", get(list))
        .route("/v1/convai/conversation", get(upgrade))
        .merge(workspace::router())
        .with_state(hub)
}

#[derive(Deserialize)]
struct SignedUrlQuery {
    agent_id: Option<String>,
    #[serde(default)]
    include_conversation_id: bool,
}

async fn signed_url(
    State(hub): State<Arc<Hub>>,
    Query(query): Query<SignedUrlQuery>,
    parts: Parts,
) -> Response {
    answer(&hub, &parts, || mint(&hub, query, &parts.headers)).await
}

fn mint(hub: &Hub, query: SignedUrlQuery, headers: &HeaderMap) -> Response {
    let Some(agent_id) = query.agent_id else {
        return error(StatusCode::UNPROCESSABLE_ENTITY);
    };
    if !hub.has_agent(&agent_id) {
        return error(StatusCode::NOT_FOUND);
    }
    let Some(host) = headers.get("host").and_then(|host| host.to_str().ok()) else {
        return error(StatusCode::BAD_REQUEST);
    };

    let conversation_id = query.include_conversation_id.then(conversation_id);
    let signature = hub.grant(&agent_id, conversation_id.clone());
    let url = format!(
        "ws://{host}/v1/convai/conversation?agent_id={agent_id}&conversation_signature={signature}"
    );
    let body = match conversation_id {
        Some(id) => json!({"signed_url": url, "conversation_id": id}),
        None => json!({"signed_url": url}),
    };
    Json(body).into_response()
}

async fn conversation(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Response {
    answer(&hub, &parts, || match known(&hub, &id) {
        Some(record) => Json(history::conversation(&lock(&record))).into_response(),
        None => error(StatusCode::NOT_FOUND),
    })
    .await
}

/// Deletes a conversation. One that runs is stored again at its end, as a platform may do.
async fn delete(State(hub): State<Arc<Hub>>, Path(id): Path<String>, parts: Parts) -> Response {
    answer(&hub, &parts, || match known(&hub, &id) {
        Some(record) => {
            let mut record = lock(&record);
            record.is_deleted = record.closed.is_some();
            Json(json!({})).into_response()
        }
        None => error(StatusCode::NOT_FOUND),
    })
    .await
}

/// A conversation that was not deleted.
fn known(hub: &Hub, id: &str) -> Option<SharedRecord> {
    let record = hub.ledger.by_id(id)?;
    let is_deleted = lock(&record).is_deleted;
    (!is_deleted).then_some(record)
}

async fn list(
    State(hub): State<Arc<Hub>>,
    Query(query): Query<ListQuery>,
    parts: Parts,
) -> Response {
    let records = || -> Vec<ConversationRecord> {
        let all = hub.ledger.all();
        let all = all.iter().map(|record| lock(record).clone());
        all.filter(|record| !record.is_deleted).collect()
    };
    answer(&hub, &parts, || {
        match conversations::page(&query, &records()) {
            Some(page) => Json(page).into_response(),
            None => error(StatusCode::UNPROCESSABLE_ENTITY),
        }
    })
    .await
}

#[derive(Deserialize)]
struct UpgradeQuery {
    agent_id: Option<String>,
    conversation_signature: Option<String>,
}

/// Admits a conversation, or refuses the upgrade.
async fn upgrade(
    State(hub): State<Arc<Hub>>,
    Query(query): Query<UpgradeQuery>,
    request: Request,
) -> Response {
    let behaviour = hub.next_behaviour();
    if let Behaviour::RefuseUpgrade(status) = behaviour {
        hub.count_refused();
        return error(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN));
    }
    if let Behaviour::SlowAccept(delay) = behaviour {
        sleep(delay).await;
    }
    match admit(&hub, &query) {
        Ok(record) => converse(hub, record, behaviour, request),
        Err(status) => {
            hub.count_refused();
            error(status)
        }
    }
}

fn admit(hub: &Hub, query: &UpgradeQuery) -> Result<ConversationRecord, StatusCode> {
    let grant = query
        .conversation_signature
        .as_deref()
        .map(|signature| hub.redeem(signature));
    let (agent_id, minted, is_signed) = match grant {
        Some(Some(grant)) => (Some(grant.agent_id), grant.conversation_id, true),
        Some(None) => return Err(StatusCode::FORBIDDEN),
        None if hub.settings.is_public => (query.agent_id.clone(), None, false),
        None => return Err(StatusCode::UNAUTHORIZED),
    };
    let agent_id = agent_id.ok_or(StatusCode::NOT_FOUND)?;
    if query
        .agent_id
        .as_ref()
        .is_some_and(|asked| *asked != agent_id)
    {
        return Err(StatusCode::FORBIDDEN);
    }
    if !hub.has_agent(&agent_id) {
        return Err(StatusCode::NOT_FOUND);
    }
    if hub.ledger.running() >= hub.settings.concurrency_max {
        return Err(StatusCode::TOO_MANY_REQUESTS);
    }
    Ok(ConversationRecord {
        conversation_id: minted.unwrap_or_else(conversation_id),
        agent_id,
        is_signed,
        started_unix_secs: history::unix_secs(),
        ..ConversationRecord::default()
    })
}

fn converse(
    hub: Arc<Hub>,
    record: ConversationRecord,
    behaviour: Behaviour,
    request: Request,
) -> Response {
    let Some((script, choice)) = hub.next_script(&record.agent_id) else {
        return error(StatusCode::NOT_FOUND);
    };
    ws::upgrade(request, async move |socket| {
        let opened = Instant::now();
        let keeps_audio = hub.settings.keeps_audio;
        let record = hub.ledger.open(record);
        let session = Session {
            socket,
            conversation: Conversation::new(script, choice, behaviour, keeps_audio, opened),
            record: Arc::clone(&record),
            ledger: Arc::clone(&hub.ledger),
            opened,
            stop: hub.stop.clone(),
            mcp: McpClient::new(hub.settings.mcp_url.clone()),
        };
        session.run().await;
        post_call::post(hub, record).await;
    })
}

fn conversation_id() -> String {
    format!("conv_{}", uuid::Uuid::new_v4().simple())
}
