//! `POST`, `GET` and `DELETE /api/opt-outs`: the numbers that want no calls.
//!
//! The list is asked in the transaction that lets a dial leave, so a number that is on it when
//! `POST` answers is not dialled any more; a call that waits or rings is ended at once. Numbers
//! stand in bodies, because addresses get into logs.

use crate::{
    app::App,
    auth, complaints,
    described::{Routes, served},
    dnd_list,
    http::{self, ApiError, Violation},
    needs::Need,
    query,
    validate::{Fields, PHONE_RULE},
};
use access::Scope;
use axum::{
    Json, Router,
    body::Body,
    extract::{RawQuery, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use call::{
    CallEvent, CallState, ids::CallId, phone::PhoneNumber, rules::is_line, time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::{OptOut, calls::Applied};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

pub const PATH: &str = "/api/opt-outs";

/// Longest reason, in characters: a phrase, not a report.
pub const REASON_CHARS_MAX: usize = 200;

/// Most numbers of one request (100): each is a few requests to the table, one after the other, and the
/// answer is due within 30 s.
pub const NUMBERS_MAX: usize = 100;

const NUMBERS_RULE: &str = "a list of 1 to 100 phone numbers, and no phoneNumber beside it";
const REASON_RULE: &str = "1 to 200 characters without control characters";
const CURSOR_RULE: &str = "the nextCursor of the page before";

/// Numbers on a page unless asked otherwise, and at most.
const LIMITS: query::Limits = query::Limits {
    default: 50,
    max: 100,
};

/// The router of the opt-outs, of the do-not-disturb list and of complaints, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, add, remove))
        .merge(dnd_list::routes())
        .merge(complaints::routes())
}

/// One number of the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OptOut)]
struct Entry {
    phone_number: String,
    since: Timestamp,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The call of this number that was unfinished, and what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<Standing>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NumbersCall)]
struct Standing {
    session_id: CallId,
    status: CallState,
}

impl Entry {
    fn of(entry: OptOut, call: Option<Standing>) -> Self {
        Self {
            phone_number: entry.phone_number.e164().to_owned(),
            since: entry.since,
            by: entry.by,
            reason: entry.reason,
            call,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OptOuts)]
struct Page {
    opt_outs: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A number of a list that was sent, and whether it was not there before.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedOptOut)]
struct Listed {
    #[serde(flatten)]
    entry: Entry,
    is_new: bool,
}

/// All numbers of a list that was sent, in its order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedOptOuts)]
struct AllListed {
    opt_outs: Vec<Listed>,
}

/// A number that wants no calls, or up to a hundred.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct OptOutBody {
    /// Instead of `phoneNumbers`.
    phone_number: Option<PhoneNumber>,
    /// Instead of `phoneNumber`. None is written if one is no number.
    #[schema(min_items = 1, max_items = 100)]
    phone_numbers: Option<Vec<PhoneNumber>>,
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

/// A number.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct PhoneBody {
    phone_number: PhoneNumber,
}

/// One number's entry, or those of a list.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
enum OptOutAnswer {
    One(Entry),
    All(AllListed),
}

/// Puts a number on the list: 201 if it is new there, else 200 with the entry that stands. A list of
/// numbers is looked at as a whole before the first is written: 200 with every entry.
#[utoipa::path(
    post,
    path = PATH,
    operation_id = "addOptOut",
    tag = "numbers",
    summary = "Call a number no more",
    description = "A call of the number that waits, rings or is talked on ends. `phoneNumbers` takes 1 to 100 numbers at once.",
    request_body = OptOutBody,
    responses(
        (status = 200, body = OptOutAnswer, description = "The entry that stands; or, for `phoneNumbers`, all of them"),
        (status = 201, body = Entry, description = "The number is new on the list"),
    ),
    security(("apiKey" = ["write"])),
)]
async fn add(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(&app, &parts.headers, Scope::Write)?.name.clone();
    let body = http::read_object(&parts.headers, body).await?;
    let mut fields = Fields::new("", body, &["phoneNumber", "phoneNumbers", "reason"])?;
    let numbers = numbers_of(&mut fields)?;
    let phone_number = match &numbers {
        Some(_) => None,
        None => Some(phone_of(&mut fields)?),
    };
    let reason = fields.text("reason", REASON_RULE, |text| {
        is_line(text, REASON_CHARS_MAX)
    })?;
    let since = app.calls.now();
    let entry = |phone_number| OptOut {
        phone_number,
        since,
        by: by.clone(),
        reason: reason.clone(),
    };
    let mut listed = Vec::new();
    for phone_number in numbers.into_iter().flatten() {
        listed.push(put(&app, &entry(phone_number)).await?);
    }
    let Some(phone_number) = phone_number else {
        return Ok(Json(AllListed { opt_outs: listed }).into_response());
    };
    let listed = put(&app, &entry(phone_number)).await?;
    let status = if listed.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(listed.entry)).into_response())
}

/// Puts a number on the list for whoever asked elsewhere than at the API.
pub(crate) async fn put_number(
    app: &App,
    phone_number: PhoneNumber,
    by: &str,
    reason: &str,
) -> Result<(), ApiError> {
    let entry = OptOut {
        phone_number,
        since: app.calls.now(),
        by: by.to_owned(),
        reason: Some(reason.to_owned()),
    };
    put(app, &entry).await.map(|_| ())
}

/// Puts one number on the list, and ends its call. Doing it again ends what the first time did not.
async fn put(app: &App, entry: &OptOut) -> Result<Listed, ApiError> {
    let (entry, is_new) = app.calls.store.opt_out(entry).await?;
    tracing::info!(opt_outs_added = u8::from(is_new), by = %entry.by, "opt-out");
    let call = stop_call(app, &entry.phone_number).await?;
    let entry = Entry::of(entry, call);
    Ok(Listed { entry, is_new })
}

/// Ends the number's call unless somebody is talking; says where it stands.
async fn stop_call(app: &App, phone: &PhoneNumber) -> Result<Option<Standing>, ApiError> {
    let Some(id) = app.calls.store.live_call_of(phone).await? else {
        return Ok(None);
    };
    Ok(match app.calls.apply(id, &CallEvent::OptedOut).await? {
        Applied::Changed { session, .. } | Applied::Unchanged { session, .. } => Some(Standing {
            session_id: id,
            status: session.state,
        }),
        Applied::NoChannel | Applied::Paced | Applied::Held(_) | Applied::NoSuchCall => None,
    })
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "listOptOuts",
    tag = "numbers",
    summary = "List the numbers that want no calls",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Entries on a page; 50 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before")),
    responses((status = 200, body = Page, description = "A page of numbers")),
    security(("apiKey" = ["read"])),
)]
async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Page>, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    let values = query::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = query::limit(&values, LIMITS)?;
    let after = values
        .get("cursor")
        .map(|text| number_of(text))
        .transpose()?;
    let (entries, next) = app.calls.store.opt_outs(after.as_ref(), limit).await?;
    Ok(Json(Page {
        opt_outs: entries
            .into_iter()
            .map(|entry| Entry::of(entry, None))
            .collect(),
        next_cursor: next.map(|phone| cursor_of(&phone)),
    }))
}

/// Takes a number off the list, so that it may be called again: 204, and 404 if it is not there.
#[utoipa::path(
    delete,
    path = PATH,
    operation_id = "removeOptOut",
    tag = "numbers",
    summary = "Let a number be called again",
    request_body = PhoneBody,
    responses(
        (status = 204, description = "It is not on the list any more"),
        (status = 404, description = "no_such_opt_out"),
    ),
    security(("apiKey" = ["admin"])),
)]
async fn remove(
    State(app): State<Arc<App>>,
    request: Request<Body>,
) -> Result<StatusCode, ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(&app, &parts.headers, Scope::Admin)?.name.clone();
    let body: Map<String, Value> = http::read_object(&parts.headers, body).await?;
    let mut fields = Fields::new("", body, &["phoneNumber"])?;
    let phone = phone_of(&mut fields)?;
    let removed = app.calls.store.opt_in(&phone).await?;
    tracing::info!(opt_outs_removed = u8::from(removed.is_some()), %by, "opt-out");
    removed
        .map(|_| StatusCode::NO_CONTENT)
        .ok_or(ApiError::NoSuchOptOut)
}

/// The list of numbers, if there is one; the first that is none is named by its place, from 0.
fn numbers_of(fields: &mut Fields) -> Result<Option<Vec<PhoneNumber>>, Violation> {
    const NAME: &str = "phoneNumbers";
    let Some(value) = fields.take(NAME) else {
        return Ok(None);
    };
    let wrong = || fields.violation(NAME, NUMBERS_RULE);
    let Value::Array(numbers) = value else {
        return Err(wrong());
    };
    if !(1..=NUMBERS_MAX).contains(&numbers.len()) {
        return Err(wrong());
    }
    if fields.take("phoneNumber").is_some() {
        return Err(fields.violation(NAME, NUMBERS_RULE));
    }
    let read = |(index, number): (usize, &Value)| {
        let number = number.as_str().and_then(|text| text.parse().ok());
        number.ok_or_else(|| fields.violation(&format!("{NAME}[{index}]"), PHONE_RULE))
    };
    let read: Result<Vec<_>, _> = numbers.iter().enumerate().map(read).collect();
    read.map(Some)
}

fn phone_of(fields: &mut Fields) -> Result<PhoneNumber, Violation> {
    let phone = fields.parsed("phoneNumber", PHONE_RULE)?;
    phone.ok_or_else(|| fields.missing("phoneNumber", PHONE_RULE))
}

/// A page's last number, in a form that stands in an address without escapes.
fn cursor_of(phone: &PhoneNumber) -> String {
    URL_SAFE_NO_PAD.encode(phone.e164())
}

fn number_of(cursor: &str) -> Result<PhoneNumber, Violation> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let phone = text.and_then(|text| text.parse().ok());
    phone.ok_or_else(|| Violation::new("cursor", CURSOR_RULE))
}
