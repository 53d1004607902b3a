//! `POST /api/outbound-call`: validates, creates the call session, dials at once if it may. So does
//! [`test_call`], for a row of a campaign that is tried out.
//!
//! A client may name its request with `Idempotency-Key`: the same key with the same body gets the
//! first answer again and creates nothing, for 24 hours.

mod answer;
pub mod test_call;

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    dial,
    http::{self, ApiError, Violation},
    needs::Need,
    request_key::request_key,
    validate::{self, PlaceCall},
};
use access::Scope;
use answer::{Admitted, Answer};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
    response::Response,
};
use call::{
    CallRequest, CallSession,
    ids::CallId,
    time::Timestamp,
    trace::{TRACEPARENT, TraceContext},
};
use std::{sync::Arc, time::Duration};
use store::{Created, RequestKey};
use traces::Span;
use utoipa_axum::routes;
use webhooks::check_target;

/// What it works with.
pub const NEEDS: &[Need] = &[
    Need::Clients,
    Need::Tokens,
    Need::Carrier,
    Need::Outcomes,
    Need::NewCalls,
];

pub const PATH: &str = "/api/outbound-call";

/// Where a call was asked for, and what the span is called that all others of it hang on.
struct Door {
    path: &'static str,
    span: &'static str,
}

const DOOR: Door = Door {
    path: PATH,
    span: "POST /api/outbound-call",
};

/// The span over which requests of one key are counted; the store counts by the clock's minutes.
const RATE_SPAN_SECS: i64 = 60;

/// How long the caller waits for the first dial (20 s): API Gateway gives up after 30 s. A carrier
/// that takes longer is heard out while the process lives; if Lambda freezes it first, the
/// attempt counts as one that may have rung, and stream or webhook tell the rest.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// The trigger's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(trigger))
        .routes(routes!(test_call::test_call))
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "placeCall",
    tag = "calls",
    summary = "Place a call",
    description = "The call is stored before this is answered, and dialled at once if it may be.",
    request_body = PlaceCall,
    responses(
        (status = 202, body = Admitted, description = "The call is placed",
            headers(("location" = String, description = "Where its record is"))),
        (status = 409, description = "phone_busy, opted_out"),
        (status = 422, description = "invalid_field, call_failed"),
        (status = 429, description = "rate_limited"),
    ),
    security(("apiKey" = ["write"])),
)]
async fn trigger(
    State(app): State<Arc<App>>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let client = auth::key(&app, &parts.headers, Scope::Write)?.name.clone();
    let body = http::read_object(&parts.headers, body).await?;
    let key = request_key(&parts.headers, &client, &body)?;
    let now = app.calls.now();
    if let (Some(key), Some(stored)) = (
        &key,
        app.calls.store.stored_answer(key.as_ref(), now).await?,
    ) {
        return answer::repeat(&app, key, stored).await;
    }
    let request = CallRequest {
        caller_trace: caller_trace(&parts.headers),
        ..validate::call_request(body, (app.new_id)(), now)?
    };
    check_language(&app, &request)?;
    check_callback(&app, &request)?;
    check_window(&app, &request, now)?;
    admit(&app, &client, now).await?;
    place(&app, &request, key.as_ref(), now, DOOR).await
}

/// The trace that the CRM wants continued. A header that is not what it should be counts as none.
fn caller_trace(headers: &HeaderMap) -> Option<TraceContext> {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let (Some(given), None) = (given.next(), given.next()) else {
        return None;
    };
    given.to_str().ok()?.parse().ok()
}

/// Outcomes go only where nobody can make us knock on our own doors, and only signed.
fn check_callback(app: &App, request: &CallRequest) -> Result<(), Violation> {
    let Some(url) = &request.callback_url else {
        return Ok(());
    };
    if app.notifier.is_none() {
        let expected = "nothing, until this service has a key to sign with";
        return Err(Violation::new("callbackUrl", expected));
    }
    if app
        .callback_hosts
        .as_ref()
        .is_some_and(|hosts| !hosts.admit(url))
    {
        let expected = "an address at one of the hosts that this service sends to";
        return Err(Violation::new("callbackUrl", expected));
    }
    check_target(url, app.allows_private_callbacks)
        .map_err(|error| Violation::new("callbackUrl", error))
}

/// A language without a preset of the agent's hangs the conversation, while the patient listens.
fn check_language(app: &App, request: &CallRequest) -> Result<(), Violation> {
    let is_known = |language: &String| app.languages.contains(language);
    if request.language.as_ref().is_none_or(is_known) {
        return Ok(());
    }
    let expected = format!("one of {}", app.languages.join(", "));
    Err(Violation::new("language", expected))
}

/// A call that cannot be dialled before it expires is refused now, not failed later.
fn check_window(app: &App, request: &CallRequest, now: Timestamp) -> Result<(), Violation> {
    let (policy, asked) = (&app.calls.policy, request.calling_window.as_ref());
    let from = request.not_before.unwrap_or(now).max(now);
    if let (Some(own), None) = (&policy.calling_window, policy.next_open(asked, from)) {
        let expected = format!("a span that shares time with this service's own, {own}");
        return Err(Violation::new("callingWindow", expected));
    }
    let planned = CallSession::create(request, now, policy).next;
    if planned.dial_at.is_some_and(|at| at >= planned.expires_at) {
        let expected = "a moment after the calling window opens";
        return Err(Violation::new("expiresAt", expected));
    }
    Ok(())
}

/// Counts a request of a key that makes something, and refuses the one that is too many in its minute.
pub(crate) async fn admit(app: &App, key: &str, now: Timestamp) -> Result<(), ApiError> {
    if app.calls.store.admit(key, now, app.rate_per_minute).await? {
        return Ok(());
    }
    let left = RATE_SPAN_SECS - now.as_secs().rem_euclid(RATE_SPAN_SECS);
    let retry_after = Duration::from_secs(left.unsigned_abs());
    Err(ApiError::RateLimited { retry_after })
}

/// Creates the session and, unless it is for later, dials.
async fn place(
    app: &Arc<App>,
    request: &CallRequest,
    key: Option<&RequestKey>,
    began: Timestamp,
    door: Door,
) -> Result<Response, ApiError> {
    let (created, session) = app.calls.create(request, key).await?;
    let is_new = created == Created::Stored;
    let span = is_new.then(|| Span::root(&session, door.span, began));
    let answer = match (created, key) {
        (Created::Repeated(stored), Some(key)) => return answer::repeat(app, key, stored).await,
        (Created::Repeated(_), None) => return Err(ApiError::Internal),
        (Created::TurnOver, _) => return Err(test_call::erased().into()),
        (Created::PhoneBusy(id), _) => Answer::PhoneBusy(id),
        (Created::OptedOut, _) => Answer::OptedOut,
        (Created::Stored, _) => Answer::accepted(&begin(app, session).await),
    };
    if let Some(key) = key {
        answer.remember(app, key, app.calls.now()).await;
    }
    let response = answer.into_response(app);
    if let Some(span) = span {
        let span = http::answered(span, "POST", door.path, response.status());
        app.calls.end(span);
    }
    Ok(response)
}

/// Dials a new call unless it is for later. The call is stored, so from here on trouble delays it
/// and loses nothing: sweep goes on.
async fn begin(app: &Arc<App>, session: CallSession) -> CallSession {
    if session.dial_at.is_some_and(|at| at > app.calls.now()) {
        return session;
    }
    dial_now(app, session.id).await.unwrap_or(session)
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
