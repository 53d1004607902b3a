//! `POST` and `GET /api/dnd-list`: the numbers that promotion may not disturb, as the registry's scrub gave
//! them, brought page by page under the day of which they are.
//!
//! Served by the Lambda of the opt-outs. Numbers stand in bodies, because addresses get into logs, and none
//! is ever given back.

use crate::{
    app::App,
    auth,
    described::Routes,
    http::{self, ApiError, Violation},
    validate::{Fields, PHONE_RULE},
};
use access::Scope;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::HeaderMap,
};
use call::{phone::PhoneNumber, time::Timestamp};
use campaign::{Day, DndList, DndLists, DndPage};
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};
use store::DND_PAGE_MAX;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub const PATH: &str = "/api/dnd-list";

/// Most numbers of a page (99): each is stored in one transaction with the rest.
pub const NUMBERS_MAX: usize = DND_PAGE_MAX;

const DAY_RULE: &str = "the day of which the list is, such as 2026-11-25";
const NUMBERS_RULE: &str = "a list of at most 99 phone numbers";
const COMPLETE_RULE: &str = "true with the last page of a list, else false";

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(take, show))
}

/// What is known of the lists.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DndLists)]
struct View {
    /// Whether promotional calls may be dialled now.
    is_fresh: bool,
    /// Until when they may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    fresh_until: Option<Timestamp>,
    /// The list that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<ListView>,
    /// A list of which some pages have come; its numbers count, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    coming: Option<ListView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DndList)]
struct ListView {
    as_of: Day,
    age_hours: u64,
    numbers: u32,
    /// When its latest page came, and who brought it.
    at: Timestamp,
    by: String,
}

impl ListView {
    fn of(list: DndList, now: Timestamp) -> Self {
        Self {
            age_hours: now.since(list.as_of.begins_in_india()).as_secs() / 3_600,
            as_of: list.as_of,
            numbers: list.numbers,
            at: list.at,
            by: list.by,
        }
    }
}

impl View {
    fn of(app: &App, lists: DndLists) -> Self {
        let (now, max_age) = (app.calls.now(), app.calls.policy.dnd_list_max_age);
        Self {
            is_fresh: lists.are_fresh(now, max_age),
            fresh_until: lists.fresh_until(max_age),
            complete: lists.complete.map(|list| ListView::of(list, now)),
            coming: lists.coming.map(|list| ListView::of(list, now)),
        }
    }
}

/// A page of a list.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct DndPageBody {
    /// The day of which the list is.
    as_of: Day,
    #[schema(max_items = 99)]
    phone_numbers: Vec<PhoneNumber>,
    /// `true` with the last page.
    complete: Option<bool>,
}

/// Takes a page of a list: 200 with what is known of the lists then. The same page again is answered so, too.
#[utoipa::path(
    post,
    path = PATH,
    operation_id = "bringDndList",
    tag = "numbers",
    summary = "Bring a page of a do-not-disturb list",
    description = "Pages of one day make one list; the one with `complete` ends it. Sending a page again is safe.",
    request_body = DndPageBody,
    responses((status = 200, body = View, description = "What is known of the lists then")),
    security(("apiKey" = ["admin"])),
)]
async fn take(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Json<View>, ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(&app, &parts.headers, Scope::Admin)?.name.clone();
    let body = http::read_object(&parts.headers, body).await?;
    let mut fields = Fields::new("", body, &["asOf", "phoneNumbers", "complete"])?;
    let as_of = fields.parsed::<Day>("asOf", DAY_RULE)?;
    let page = DndPage {
        as_of: as_of.ok_or_else(|| fields.missing("asOf", DAY_RULE))?,
        new: 0,
        is_last: is_last(&mut fields)?,
        by,
    };
    let phones = numbers_of(&mut fields)?;
    let (now, max_age) = (app.calls.now(), app.calls.policy.dnd_list_max_age);
    let taken = app.calls.store.put_dnd_page(&page, &phones, now, max_age);
    let lists = taken.await?;
    let lists = lists.map_err(|refusal| Violation::said("asOf", refusal))?;
    if page.is_last {
        tracing::info!(dnd_lists = 1, as_of = %page.as_of, by = %page.by, "do-not-disturb list");
    }
    Ok(Json(View::of(&app, lists)))
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "getDndList",
    tag = "numbers",
    summary = "How fresh the do-not-disturb list is",
    responses((status = 200, body = View, description = "What is known of the lists; no number")),
    security(("apiKey" = ["read"])),
)]
async fn show(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<View>, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    let lists = app.calls.store.dnd_lists().await?;
    Ok(Json(View::of(&app, lists)))
}

fn is_last(fields: &mut Fields) -> Result<bool, Violation> {
    match fields.take("complete") {
        None => Ok(false),
        Some(Value::Bool(is_last)) => Ok(is_last),
        Some(_) => Err(fields.violation("complete", COMPLETE_RULE)),
    }
}

/// The numbers, each once; the first that is none is named by its place, from 0.
fn numbers_of(fields: &mut Fields) -> Result<BTreeSet<PhoneNumber>, Violation> {
    const NAME: &str = "phoneNumbers";
    let numbers = match fields.take(NAME) {
        Some(Value::Array(numbers)) if numbers.len() <= NUMBERS_MAX => numbers,
        Some(_) => return Err(fields.violation(NAME, NUMBERS_RULE)),
        None => return Err(fields.missing(NAME, NUMBERS_RULE)),
    };
    let read = |(index, number): (usize, &Value)| {
        let number = number.as_str().and_then(|text| text.parse().ok());
        number.ok_or_else(|| fields.violation(&format!("{NAME}[{index}]"), PHONE_RULE))
    };
    numbers.iter().enumerate().map(read).collect()
}
