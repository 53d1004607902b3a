//! `GET` and `DELETE /api/outbound-call/{sessionId}`: the whole record of one call, and its
//! cancellation. An API key reaches every call, a session token only its own.
//!
//! Cost: one query over the call's partition and, while it waits, one read of why, and of a call whose request
//! consents to a recording one list of the storage; or one read and one transaction of up to 7 items.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{ApiError, Named, named},
    needs::Need,
    record::{self, Record, Recorded, RecordingView, Standing},
    recording,
};
use access::Scope;
use axum::{Json, Router, extract::State, http::HeaderMap};
use call::{CallEvent, CallSession, CallState, EndCause, ids::CallId};
use std::{error::Error, sync::Arc};
use store::calls::Applied;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[
    Need::Clients,
    Need::Tokens,
    Need::Questions,
    Need::Recordings,
];

pub const PATH: &str = "/api/outbound-call/{sessionId}";

/// The router of status, recording and health, as their Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    let all = routes().merge(recording::routes());
    served(all.merge(crate::health::routes()), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(show, cancel))
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "getCall",
    tag = "calls",
    summary = "Read a call",
    description = "All that is known of it. A session token reads its own call.",
    params(("sessionId" = CallId, Path, description = "The call's id")),
    responses((status = 200, body = Record, description = "The whole record"), (status = 404, description = "no_such_call")),
    security(("apiKey" = ["read"]), ("sessionToken" = [])),
)]
async fn show(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<Json<Record>, ApiError> {
    let id = admitted(&app, &headers, Scope::Read, id)?;
    let record = record::load(&app, id).await?;
    let is_queued = record.session.state == CallState::Initiating;
    let recorded = match Recorded::of(&app, &record).await {
        Ok(recorded) => Some(RecordingView::of(&recorded)),
        // The rest of the record is there all the same.
        Err(error) => {
            let error: &dyn Error = &error;
            tracing::warn!(call_id = %id, error, "nothing is known of the recording");
            None
        }
    };
    let record = Record::of(record, &app.questionnaire).recorded(recorded);
    Ok(Json(if is_queued {
        record.waiting_for(app.calls.store.dialling().await?.reason())
    } else {
        record
    }))
}

/// Ends a call for good. Cancelling twice is fine; a call that came to another end is a conflict.
///
/// A phone that rings goes on ringing, because Knowlarity takes no hang-up: whoever answers is
/// disconnected as soon as the audio stream opens.
#[utoipa::path(
    delete,
    path = PATH,
    operation_id = "cancelCall",
    tag = "calls",
    summary = "Cancel a call",
    description = "Ends a call that waits, rings or is talked on. A phone that rings goes on ringing; who answers is disconnected.",
    params(("sessionId" = CallId, Path, description = "The call's id")),
    responses(
        (status = 200, body = Standing, description = "It is cancelled, or was before"),
        (status = 404, description = "no_such_call"),
        (status = 409, description = "already_ended"),
    ),
    security(("apiKey" = ["write"]), ("sessionToken" = [])),
)]
async fn cancel(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<Json<Standing>, ApiError> {
    let id = admitted(&app, &headers, Scope::Write, id)?;
    let session = end(&app, id).await?;
    Ok(Json(Standing::of(&session)))
}

/// Ends a call for good, for whoever may.
pub(crate) async fn end(app: &App, id: CallId) -> Result<CallSession, ApiError> {
    match app.calls.apply(id, &CallEvent::Cancelled).await? {
        Applied::Changed { session, .. } => Ok(session),
        Applied::Unchanged { session, .. } if session.restricted_at.is_some() => {
            Err(ApiError::NoSuchCall)
        }
        Applied::Unchanged { session, .. } if session.cause == Some(EndCause::Cancelled) => {
            Ok(session)
        }
        Applied::Unchanged { session, .. } => Err(ApiError::Ended {
            id,
            state: session.state,
        }),
        Applied::NoSuchCall | Applied::NoChannel | Applied::Paced | Applied::Held(_) => {
            Err(ApiError::NoSuchCall)
        }
    }
}

/// Who asks is checked before whether the call exists.
fn admitted(app: &App, headers: &HeaderMap, scope: Scope, id: Named) -> Result<CallId, ApiError> {
    let id = named(id);
    auth::key_or_session(app, headers, scope, id)?;
    id.ok_or(ApiError::NoSuchCall)
}
