//! `POST /api/outbound-call`: validates, creates the call session, dials at once if it may.
//!
//! Cost of one trigger that is dialled at once: one update for the rate, four transactions
//! (created, dial intended, dispatched, result: 6, 6, 3 and 4 items) and three consistent reads.

use crate::{
    App, auth, dial,
    http::{self, ApiError},
    validate,
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Serialize;
use shared::{
    call::{CallRequest, CallSession, CallState, EndCause},
    ids::CallId,
    store::Created,
    time::Timestamp,
    token::Scope,
};
use std::{sync::Arc, time::Duration};

/// The path.
pub const PATH: &str = "/api/outbound-call";

/// The span over which requests of one key are counted; the store counts by the clock's minutes.
const RATE_SPAN_SECS: i64 = 60;

/// How long the caller waits for the first dial (20 s): API Gateway gives up after 30 s. A carrier
/// that takes longer is heard out while the process lives; if Lambda freezes it first, the
/// attempt counts as one that may have rung, and stream or webhook tell the rest.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The trigger's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    http::finish(routes(app))
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new().route(PATH, post(trigger)).with_state(app)
}

/// What the caller gets back. `202` says that the call session exists, and `status` where it
/// stands: a number that the carrier refuses at once is accepted and `failed`, with its cause.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    success: bool,
    session_id: CallId,
    status: CallState,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    /// The call waits for its dial: for a channel, for its time, or for the carrier.
    queued: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_dial_at: Option<Timestamp>,
    /// Reads and cancels this call, and nothing else.
    session_token: String,
    status_url: String,
}

async fn trigger(
    State(app): State<Arc<App>>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let key = auth::key(&app, &parts.headers, Scope::Write)?.name.clone();
    let body = http::read_object(&parts.headers, body).await?;
    let now = app.calls.now();
    let request = validate::call_request(body, (app.new_id)(), now)?;
    admit(&app, &key, now).await?;
    let session = place(&app, &request).await?;
    Ok(accepted(&app, &session))
}

async fn admit(app: &App, key: &str, now: Timestamp) -> Result<(), ApiError> {
    if app.calls.store.admit(key, now, app.rate_per_minute).await? {
        return Ok(());
    }
    let left = RATE_SPAN_SECS - now.as_secs().rem_euclid(RATE_SPAN_SECS);
    let retry_after = Duration::from_secs(left.unsigned_abs());
    Err(ApiError::RateLimited { retry_after })
}

/// Creates the session and, unless it is for later, dials.
async fn place(app: &Arc<App>, request: &CallRequest) -> Result<CallSession, ApiError> {
    let (created, session) = app.calls.create(request).await?;
    if let Created::PhoneBusy(id) = created {
        return Err(ApiError::PhoneBusy(id));
    }
    if session.dial_at.is_some_and(|at| at > app.calls.now()) {
        return Ok(session);
    }
    // The call is stored, so from here on trouble delays it and loses nothing: sweep goes on.
    Ok(dial_now(app, session.id).await.unwrap_or(session))
}

/// Dials, and gives back where the call stands when the caller is to be answered, if it moved.
async fn dial_now(app: &Arc<App>, id: CallId) -> Option<CallSession> {
    // In a task of its own, so that a client that goes away does not cut a dial in two.
    let dialling = {
        let app = app.clone();
        tokio::spawn(async move { dial::begin(&app, id).await })
    };
    match tokio::time::timeout(ANSWER_TIMEOUT, dialling).await {
        Ok(Ok(Ok(session))) => session,
        Ok(Ok(Err(error))) => {
            tracing::warn!(call_id = %id, %error, "first dial left to the sweep");
            None
        }
        Ok(Err(error)) => {
            tracing::error!(call_id = %id, %error, "first dial stopped short");
            None
        }
        Err(_) => app.calls.store.load(id).await.ok().flatten(),
    }
}

fn accepted(app: &App, session: &CallSession) -> Response {
    let status_url = format!("{PATH}/{}", session.id);
    let accepted = Accepted {
        success: true,
        session_id: session.id,
        status: session.state,
        cause: session.cause,
        queued: session.state == CallState::Initiating,
        next_dial_at: session.dial_at,
        session_token: app.tokens.session_token(session.id),
        status_url: status_url.clone(),
    };
    (
        StatusCode::ACCEPTED,
        [(LOCATION, status_url)],
        Json(accepted),
    )
        .into_response()
}
