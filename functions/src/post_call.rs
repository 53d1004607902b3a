//! `POST /api/elevenlabs/webhook`: what the agent's platform tells of a conversation after its end.
//!
//! The post-call report is kept as it came before it is read, and answered 200 once that is durable: the
//! platform repeats a webhook rarely or not at all. The sweep reads it into the record.
//!
//! Cost: one transaction of three items; if the call is not there or restricted, one more of two.

use crate::{
    app::App,
    described::{Routes, served},
    http::{self, ApiError},
    needs::Need,
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
};
use call::post_call::POST_CALL_REPORT_BYTES_MAX;
use elevenlabs::Conversation;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use store::{ConversationKey, Received, ReportSource};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::PostCalls];

pub const PATH: &str = "/api/elevenlabs/webhook";

/// The webhook with a whole conversation. Recordings, and failures to dial of the platform's own
/// telephony, are not ours to keep.
const TRANSCRIPTION: &str = "post_call_transcription";

/// The webhook's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(receive))
}

/// What the platform is told. It reads the status only; people read the rest.
#[derive(Serialize, ToSchema)]
#[schema(as = PostCallReceipt)]
struct Receipt {
    received: bool,
    /// Whether it is a post-call report of one of our calls.
    matched: bool,
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "takePostCallReport",
    tag = "vendors",
    summary = "The platform's report of a conversation",
    request_body(content = Map<String, Value>, description = "As ElevenLabs writes it"),
    responses((status = 200, body = Receipt, description = "It is kept, or is none of a call here")),
    security(("platformSignature" = [])),
)]
async fn receive(
    State(app): State<Arc<App>>,
    request: Request<Body>,
) -> Result<Json<Receipt>, ApiError> {
    let (parts, body) = request.into_parts();
    let body = http::read_bytes(&parts.headers, body, POST_CALL_REPORT_BYTES_MAX).await?;
    check_signature(&app, &parts.headers, &body)?;
    let matched = match report_of(&body) {
        Some(conversation) => keep(&app, &conversation, &body).await?,
        None => false,
    };
    if !matched {
        tracing::info!(post_calls_unmatched = 1, "post-call webhook");
    }
    Ok(Json(Receipt {
        received: true,
        matched,
    }))
}

fn check_signature(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    if app.post_call_secrets.is_empty() {
        return Err(ApiError::Unsigned);
    }
    let header = headers.get(elevenlabs::SIGNATURE_HEADER);
    let header = header.and_then(|value| value.to_str().ok());
    let header = header.ok_or(ApiError::Unsigned)?;
    elevenlabs::verify(&app.post_call_secrets, header, body, app.calls.now()).map_err(|error| {
        tracing::warn!(post_calls_refused = 1, %error, "post-call webhook");
        ApiError::Unsigned
    })
}

/// The conversation that is told of. What cannot be read is answered 200 all the same: no repeat of
/// it would be better, and the sweep asks for what is missing.
fn report_of(body: &[u8]) -> Option<Conversation> {
    let message: Value = serde_json::from_slice(body).ok()?;
    if message["type"] != TRANSCRIPTION {
        return None;
    }
    Conversation::read(&message["data"])
}

/// Keeps the post-call report, if it is one of our calls'.
async fn keep(app: &App, conversation: &Conversation, body: &[u8]) -> Result<bool, ApiError> {
    let Some(call_id) = conversation.call_id else {
        return Ok(false);
    };
    let key = ConversationKey {
        call_id,
        conversation_id: conversation.id.clone(),
    };
    let attempt = conversation.attempt.unwrap_or(1);
    let (store, now) = (&app.calls.store, app.calls.now());
    let received = store
        .receive_conversation(&key, attempt, body, ReportSource::Webhook, now)
        .await?;
    tracing::info!(post_calls_received = 1, %call_id, attempt, outcome = ?received, "post-call webhook");
    match received {
        Received::Stored | Received::Known => Ok(true),
        Received::NoSuchCall => {
            // Of a patient who is to be erased, the platform has a copy that nobody may have known of.
            let is_forgotten = store.forget_conversation(&key, attempt, now).await?;
            if is_forgotten {
                tracing::info!(%call_id, "post-call webhook of a restricted call");
            }
            Ok(false)
        }
        Received::TooLarge => Err(ApiError::TooLarge(POST_CALL_REPORT_BYTES_MAX)),
    }
}
