//! What a trigger is answered, now and again later: the first answer to a request key is stored
//! and repeated for a day.

use crate::{
    app::App,
    http::{ApiError, ErrorObject},
    request_key::REPLAYED_HEADER,
    trigger::PATH,
};
use access::SESSION_TOKEN_KEPT;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use call::{CallSession, CallState, EndCause, ids::CallId, time::Timestamp};
use serde::{Deserialize, Serialize};
use store::{RequestKey, Stored};
use utoipa::ToSchema;

/// The outcome of a trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// 202: the call exists; 422 if it has failed already.
    Accepted(Accepted),
    /// 409: the number has this live call.
    PhoneBusy(CallId),
    /// 409: the number wants no calls.
    OptedOut,
}

/// What the caller gets back. The call session exists, and `status` says where it stands: `success`
/// is false, and the answer is an error, if it has failed already, as a number that the carrier
/// refuses at once does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AcceptedCall)]
pub(super) struct Accepted {
    success: bool,
    session_id: CallId,
    status: CallState,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cause: Option<EndCause>,
    /// The call waits for its dial: for a channel, for its time, or for the carrier.
    queued: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    next_dial_at: Option<Timestamp>,
    status_url: String,
    /// Until when the session token reads and cancels the call.
    session_token_until: Timestamp,
}

/// [`Accepted`] with what is never stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlacedCall)]
pub(super) struct Admitted<'a> {
    #[serde(flatten)]
    accepted: &'a Accepted,
    /// Reads and cancels this call, and nothing else.
    session_token: String,
    /// Why it is no success.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
}

impl Answer {
    pub(super) fn accepted(session: &CallSession) -> Self {
        Self::Accepted(Accepted {
            success: session.state != CallState::Failed,
            session_id: session.id,
            status: session.state,
            cause: session.cause,
            queued: session.state == CallState::Initiating,
            next_dial_at: session.dial_at,
            status_url: format!("{PATH}/{}", session.id),
            session_token_until: session.over_by() + SESSION_TOKEN_KEPT,
        })
    }

    pub(super) fn into_response(self, app: &App) -> Response {
        match self {
            Self::PhoneBusy(id) => ApiError::PhoneBusy(id).into_response(),
            Self::OptedOut => ApiError::OptedOut.into_response(),
            Self::Accepted(accepted) => {
                let session_token = app
                    .tokens
                    .session_token(accepted.session_id, accepted.session_token_until);
                let location = [(LOCATION, accepted.status_url.clone())];
                let error = (!accepted.success).then_some(ApiError::CallFailed);
                let status = error
                    .as_ref()
                    .map_or(StatusCode::ACCEPTED, ApiError::status);
                let body = Json(Admitted {
                    accepted: &accepted,
                    session_token,
                    error: error.map(|error| error.object()),
                });
                (status, location, body).into_response()
            }
        }
    }

    /// Stores the answer with its key. Without it a repeated request still creates nothing: it is
    /// told where the call stands then.
    pub(super) async fn remember(&self, app: &App, key: &RequestKey, now: Timestamp) {
        let text = serde_json::to_string(self).expect("an answer is plain data");
        let store = &app.calls.store;
        let saved = match self {
            Self::Accepted(accepted) => store.save_answer(key, accepted.session_id, &text).await,
            Self::PhoneBusy(_) | Self::OptedOut => store.keep_answer(key, Some(&text), now).await,
        };
        if let Err(error) = saved {
            tracing::warn!(%error, "answer not stored with its request key");
        }
    }
}

/// Answers a request whose key was used before.
pub(super) async fn repeat(
    app: &App,
    key: &RequestKey,
    stored: Stored,
) -> Result<Response, ApiError> {
    if stored.request_hash != key.request_hash {
        return Err(ApiError::KeyReused);
    }
    let answer = stored
        .answer
        .and_then(|text| serde_json::from_str(&text).ok());
    let answer = match (answer, stored.call_id) {
        (Some(answer), _) => answer,
        // The first request is still at work, or its process died before it answered.
        (None, Some(id)) => {
            let session = app.calls.store.load(id).await?;
            Answer::accepted(&session.ok_or(ApiError::Unavailable)?)
        }
        (None, None) => return Err(ApiError::Internal),
    };
    let mut response = answer.into_response(app);
    let replayed = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED_HEADER, replayed);
    Ok(response)
}
