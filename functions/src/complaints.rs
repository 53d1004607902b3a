//! `POST /api/complaints`: all that is known of the dials to a number, for who answers a complaint about them.
//!
//! Served by the Lambda of the opt-outs. The number stands in the body, because addresses get into logs.
//! Cost of a page of `n` calls: three reads, one query, and for each call one read and one query, and one
//! read more for one of a campaign.

use crate::{
    app::App,
    auth,
    described::Routes,
    http::{self, ApiError, Violation},
    record::{DialView, RowView},
    validate::{Fields, PHONE_RULE},
};
use access::Scope;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use call::{
    CallSession, CallState, EndCause, TestOf, ids::CallId, phone::PhoneNumber, time::Timestamp,
};
use campaign::{Consent, Day};
use serde::Serialize;
use std::sync::Arc;
use store::{NumberCursor, StoreError};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub const PATH: &str = "/api/complaints";

/// Calls on a page unless asked otherwise (20), and at most (50): each is some requests to the table, and the
/// answer is due within 30 s.
const LIMIT: u32 = 20;
const LIMIT_MAX: u32 = 50;

const LIMIT_RULE: &str = "a number from 1 to 50";
const CURSOR_RULE: &str = "the nextCursor of the page before";

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(about))
}

/// What is known of a number, and a page of its calls, oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Complaint)]
struct Page {
    phone_number: String,
    /// Since when it wants no calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    opted_out: Option<OptedOut>,
    /// Why promotion may not disturb it.
    #[serde(skip_serializing_if = "Option::is_none")]
    do_not_disturb: Option<Listed>,
    calls: Vec<CallView>,
    /// Calls of the page of which nothing is said, because their patient's data is to be erased.
    withheld: usize,
    /// Where the next page starts; `null` on the last one.
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ComplaintOptOut)]
struct OptedOut {
    since: Timestamp,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ComplaintDnd)]
struct Listed {
    /// The newest list in which it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Day>,
    /// When the carrier said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_at: Option<Timestamp>,
    /// Whether that counts today.
    counts: bool,
}

/// One call, and every dial of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ComplaintCall)]
struct CallView {
    session_id: CallId,
    created_at: Timestamp,
    status: CallState,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<RowView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_of: Option<TestOf>,
    /// Consent to promotion, as the row states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Consent>,
    /// Its attempts whose dial was sent, or may have been.
    dials: Vec<DialView>,
}

/// Whose dials are asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct ComplaintBody {
    phone_number: PhoneNumber,
    #[schema(minimum = 1, maximum = 50, default = 20)]
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "answerComplaint",
    tag = "numbers",
    summary = "All that is known of the dials to a number",
    request_body = ComplaintBody,
    responses((status = 200, body = Page, description = "A page of its calls, oldest first")),
    security(("apiKey" = ["admin"])),
)]
async fn about(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(&app, &parts.headers, Scope::Admin)?.name.clone();
    let body = http::read_object(&parts.headers, body).await?;
    let mut fields = Fields::new("", body, &["phoneNumber", "limit", "cursor"])?;
    let phone: Option<PhoneNumber> = fields.parsed("phoneNumber", PHONE_RULE)?;
    let phone = phone.ok_or_else(|| fields.missing("phoneNumber", PHONE_RULE))?;
    let limit = fields.number::<u32>("limit", LIMIT_RULE)?.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Violation::new("limit", LIMIT_RULE).into());
    }
    let after = fields.text("cursor", CURSOR_RULE, |text| cursor_of(text).is_some())?;
    let after = after.as_deref().and_then(cursor_of);
    let store = &app.calls.store;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (ids, next) = store.calls_of_number(&phone, after, limit).await?;
    let mut calls = Vec::new();
    for id in &ids {
        calls.extend(call(&app, *id).await?);
    }
    tracing::info!(complaints = 1, %by, calls = calls.len(), "complaint");
    let page = Page {
        opted_out: opted_out(&app, &phone).await?,
        do_not_disturb: listed(&app, &phone).await?,
        phone_number: phone.e164().to_owned(),
        withheld: ids.len() - calls.len(),
        calls,
        next_cursor: next.map(|next| format!("{}~{}", next.created_at, next.id)),
    };
    Ok(http::unkept(Json(page)))
}

fn cursor_of(text: &str) -> Option<NumberCursor> {
    let (created_at, id) = text.split_once('~')?;
    Some(NumberCursor {
        created_at: created_at.parse().ok()?,
        id: id.parse().ok()?,
    })
}

async fn opted_out(app: &App, phone: &PhoneNumber) -> Result<Option<OptedOut>, StoreError> {
    let entry = app.calls.store.opt_out_of(phone).await?;
    Ok(entry.map(|entry| OptedOut {
        since: entry.since,
        by: entry.by,
        reason: entry.reason,
    }))
}

async fn listed(app: &App, phone: &PhoneNumber) -> Result<Option<Listed>, StoreError> {
    let store = &app.calls.store;
    let Some(entry) = store.dnd_entry(phone).await? else {
        return Ok(None);
    };
    let lists = store.dnd_lists().await?;
    Ok(Some(Listed {
        as_of: entry.as_of(),
        refused_at: entry.refused_at,
        counts: entry.counts(&lists),
    }))
}

/// What is known of a call; nothing of one whose patient's data is to be erased, or is gone.
async fn call(app: &App, id: CallId) -> Result<Option<CallView>, StoreError> {
    let store = &app.calls.store;
    let session: Option<CallSession> = store.load(id).await?;
    let Some(session) = session.filter(|session| session.restricted_at.is_none()) else {
        return Ok(None);
    };
    let attempts = store.attempts(id).await?.into_iter();
    let sent = attempts.filter(|attempt| attempt.dispatched_at.is_some());
    let consent = match session.campaign {
        Some(of) => store.row(of.id, of.row).await?,
        None => None,
    };
    Ok(Some(CallView {
        session_id: id,
        created_at: session.created_at,
        status: session.state,
        cause: session.cause,
        campaign: session.campaign.map(RowView::from),
        test_of: session.test_of,
        consent: consent.and_then(|row| row.entry?.consent),
        dials: sent.map(DialView::of).collect(),
    }))
}
