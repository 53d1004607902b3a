//! `GET` and `POST /api/knowlarity/webhook[/{secret}]`: what Knowlarity reports about a call.
//!
//! Reports come late, twice, out of order or never, so every one that can be read is answered with
//! 200 and changes a call only if the domain agrees. Knowlarity repeats what it got no 200 for:
//! 503 when the store does not answer is meant to be repeated.
//!
//! Cost: a report with a known carrier id takes three reads and one transaction.

mod doors;

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{self, ApiError},
    needs::Need,
    unknown,
};
use axum::{
    Json, Router,
    body::Body,
    extract::Request,
    http::{Method, StatusCode},
};
use call::{AttemptState, CallEvent, CallSession, ids::CallId, time::Timestamp};
use knowlarity::report::Report;
use logging::unknown::UnknownKind;
use serde::Serialize;
use std::sync::Arc;
use store::{
    CarrierPointer, Recording, StoreError,
    calls::{Applied, ApplyError},
};
use traces::Span;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::CarrierReports];

pub const PATH: &str = "/api/knowlarity/webhook";

/// The path with the shared secret: Knowlarity signs nothing, so the address must be unguessable.
pub const SECRET_PATH: &str = "/api/knowlarity/webhook/{secret}";

/// The webhook's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(doors::by_query, doors::by_body))
        .routes(routes!(doors::secret_by_query, doors::secret_by_body))
}

/// What the carrier is told; it reads only the 200.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CarrierReceipt)]
struct Received {
    received: bool,
    /// A call was found for the report.
    matched: bool,
    /// The report changed that call.
    applied: bool,
    /// It is known which ring of that call is meant.
    #[serde(skip)]
    names_ring: bool,
}

async fn receive(
    app: &App,
    secret: Option<&str>,
    request: Request<Body>,
) -> Result<Json<Received>, ApiError> {
    auth::webhook_secret(app, secret)?;
    let began = app.calls.now();
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts.method, secret.is_some(), began);
    let body = match parts.method {
        Method::POST => http::read_text(&parts.headers, body).await?,
        _ => String::new(),
    };
    let query = parts.uri.query().unwrap_or_default();
    let raw = if body.trim().is_empty() { query } else { &body };
    let report = match Report::read(http::is_json(&parts.headers), &body, query) {
        Ok(report) => report,
        Err(error) => {
            unknown::keep(app, UnknownKind::CarrierReport, raw).await;
            return Err(error.into());
        }
    };
    let received = take_in(app, &report, &asked).await?;
    if let Some(kind) = unknown_kind(&report, &received).filter(|_| !raw.is_empty()) {
        unknown::keep(app, kind, raw).await;
    }
    Ok(Json(received))
}

/// What is not understood of a report that could be read.
fn unknown_kind(report: &Report, received: &Received) -> Option<UnknownKind> {
    if report.is_empty() {
        return Some(UnknownKind::CarrierReport);
    }
    if report.is_unknown() {
        return Some(UnknownKind::CarrierStatus);
    }
    (!received.names_ring).then_some(UnknownKind::CarrierCall)
}

async fn take_in(app: &App, report: &Report, asked: &Asked) -> Result<Received, ApiError> {
    let Some((session, attempt)) = find(app, report).await? else {
        tracing::info!(carrier_reports_unmatched = 1, "carrier report");
        return Ok(Received {
            received: true,
            matched: false,
            applied: false,
            names_ring: false,
        });
    };
    keep_recording(app, report, &session, attempt).await?;
    let applied = apply(app, report, &session, attempt).await?;
    app.calls.end(asked.span(&session, attempt));
    Ok(Received {
        received: true,
        matched: true,
        applied,
        names_ring: attempt.is_some(),
    })
}

/// How the carrier asked, for the trace of the call that its report is about.
struct Asked {
    began: Timestamp,
    method: &'static str,
    route: &'static str,
    name: &'static str,
}

impl Asked {
    fn of(method: &Method, has_secret: bool, began: Timestamp) -> Self {
        let (method, route, name) = match (*method == Method::POST, has_secret) {
            (true, true) => ("POST", SECRET_PATH, "POST /api/knowlarity/webhook/{secret}"),
            (true, false) => ("POST", PATH, "POST /api/knowlarity/webhook"),
            (false, true) => ("GET", SECRET_PATH, "GET /api/knowlarity/webhook/{secret}"),
            (false, false) => ("GET", PATH, "GET /api/knowlarity/webhook"),
        };
        Self {
            began,
            method,
            route,
            name,
        }
    }

    fn span(&self, call: &CallSession, attempt: Option<u8>) -> Span {
        let span = match attempt {
            Some(attempt) => Span::of_attempt(call, attempt, self.name, self.began),
            None => Span::of_call(call, self.name, self.began),
        };
        http::answered(span, self.method, self.route, StatusCode::OK)
    }
}

/// Keeps where the attempt was recorded, unless the patient's data is to be erased.
async fn keep_recording(
    app: &App,
    report: &Report,
    session: &CallSession,
    attempt: Option<u8>,
) -> Result<(), StoreError> {
    let is_open = session.restricted_at.is_none();
    let url = report.recording_url.clone().filter(|_| is_open);
    let (Some(attempt), Some(url)) = (attempt, url) else {
        return Ok(());
    };
    let recording = Recording {
        attempt,
        url,
        reported_at: app.calls.now(),
    };
    app.calls.store.save_recording(session, &recording).await
}

/// Tells the call what the report says of it; whether that changed the call.
async fn apply(
    app: &App,
    report: &Report,
    session: &CallSession,
    attempt: Option<u8>,
) -> Result<bool, ApplyError> {
    let latest = session
        .attempt
        .as_ref()
        .filter(|latest| Some(latest.number) == attempt);
    let stream_seen = latest.is_some_and(|latest| latest.streams > 0);
    let status = report.status(stream_seen);
    let (Some(attempt), Some(status)) = (attempt, status) else {
        let known_word = status.is_some();
        let word = report.words.first().filter(|_| !known_word);
        let word = word.map(|word| logging::masked(word));
        tracing::info!(carrier_reports_idle = 1, call_id = %session.id, known_word, word, "carrier report");
        return Ok(false);
    };
    let learnt = learn_id(app, report, session, attempt).await?;
    let applied = app
        .calls
        .apply(session.id, &CallEvent::Carrier { attempt, status })
        .await?;
    let changed = match applied {
        // No report has an effect: what follows from it is due later, and the sweep's to do.
        Applied::Changed { .. } => true,
        Applied::Unchanged { .. }
        | Applied::NoChannel
        | Applied::Paced
        | Applied::Held(_)
        | Applied::NoSuchCall => false,
    };
    tracing::info!(carrier_reports_matched = 1, call_id = %session.id, attempt, changed, "carrier report");
    Ok(learnt || changed)
}

/// Stores the carrier's id of an attempt whose dial reply had none, so that a late copy of this
/// report is known to be about this attempt and not about the next.
async fn learn_id(
    app: &App,
    report: &Report,
    session: &CallSession,
    attempt: u8,
) -> Result<bool, ApplyError> {
    let is_unnamed = session
        .attempt
        .as_ref()
        .is_some_and(|latest| latest.number == attempt && latest.carrier_call_id.is_none());
    let (true, Some(id)) = (is_unnamed, report.carrier_ids.first()) else {
        return Ok(false);
    };
    let event = CallEvent::DialAccepted {
        attempt,
        carrier_call_id: Some(id.clone()),
    };
    Ok(matches!(
        app.calls.apply(session.id, &event).await?,
        Applied::Changed { .. }
    ))
}

/// The call a report speaks of, and the attempt if it can be told: by our id, by the carrier's,
/// then by a number with exactly one live call.
async fn find(app: &App, report: &Report) -> Result<Option<(CallSession, Option<u8>)>, StoreError> {
    let store = &app.calls.store;
    let pointer = pointer_of(app, report).await?;
    if let Some(id) = report.our_id
        && let Some(session) = store.load(id).await?
    {
        return Ok(Some(with_attempt(session, report, pointer)));
    }
    let id = match pointer {
        Some(pointer) => Some(pointer.call_id),
        None => live_call_of(app, report).await?,
    };
    let Some(id) = id else { return Ok(None) };
    let session = store.load(id).await?;
    Ok(session.map(|session| with_attempt(session, report, pointer)))
}

async fn pointer_of(app: &App, report: &Report) -> Result<Option<CarrierPointer>, StoreError> {
    for id in &report.carrier_ids {
        let pointer = app.calls.store.by_carrier_id(id).await?;
        if pointer.is_some() {
            return Ok(pointer);
        }
    }
    Ok(None)
}

async fn live_call_of(app: &App, report: &Report) -> Result<Option<CallId>, StoreError> {
    let mut found = None;
    for number in &report.numbers {
        match (app.calls.store.live_call_of(number).await?, found) {
            (Some(id), Some(other)) if id != other => return Ok(None),
            (Some(id), _) => found = Some(id),
            (None, _) => {}
        }
    }
    Ok(found)
}

fn with_attempt(
    session: CallSession,
    report: &Report,
    pointer: Option<CarrierPointer>,
) -> (CallSession, Option<u8>) {
    let pointed = pointer.filter(|pointer| pointer.call_id == session.id);
    let attempt = pointed.map(|pointer| pointer.attempt);
    let attempt = attempt.or_else(|| latest_attempt(&session, report));
    (session, attempt)
}

/// The latest attempt, unless the report cannot be about it: its dial has not been sent, or the
/// carrier calls it by another id. Some accounts do so for every ring; a report that names our own id is
/// about the only one that there was.
fn latest_attempt(session: &CallSession, report: &Report) -> Option<u8> {
    let latest = session.attempt.as_ref()?;
    if matches!(latest.state, AttemptState::Intent | AttemptState::NotSent) {
        return None;
    }
    let is_other = latest
        .carrier_call_id
        .as_ref()
        .is_some_and(|known| !report.carrier_ids.is_empty() && !report.carrier_ids.contains(known));
    let is_only = report.our_id == Some(session.id) && latest.number == 1;
    (!is_other || is_only).then_some(latest.number)
}

#[cfg(test)]
mod tests;
