//! `GET /api/outbound-calls`: unfinished calls, or all of one patient, page by page, and statistics over
//! every state.
//!
//! Cost of a page of `n` calls (of a patient, `n` is all that he ever had): one query of keys, `n / 50` batches of two items each call, one
//! batch of four counters, one read.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{ApiError, Violation},
    needs::Need,
    query,
    record::{PatientView, RowView},
    validate::PATIENT_ID_RULE,
};
use access::Scope;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::HeaderMap,
};
use call::{
    CallRequest, CallSession, CallState, EndCause, Speaking, TestOf, ids::CallId,
    rules::is_patient_id, time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};
use store::{Stats, StoreError};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

pub const PATH: &str = "/api/outbound-calls";

/// Calls on a page: a screenful, under 1 MB at the largest; and at most, because Lambda answers with
/// at most 6 MB and one call takes up to 20 KB.
const LIMITS: query::Limits = query::Limits {
    default: 50,
    max: 100,
};

const PARAMETERS: [&str; 4] = ["status", "patientId", "limit", "cursor"];

const STATUS_RULE: &str =
    "one of initiating, dialing, connected, active, disconnected: the list holds unfinished calls";
const NO_STATUS_RULE: &str = "nothing beside patientId, which gives calls in every state";
const CURSOR_RULE: &str = "the nextCursor of the page before, asked with the same parameters";

/// The list's router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list))
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "listCalls",
    tag = "calls",
    summary = "List calls",
    description = "Those that are not finished, or with `patientId` all of one patient, newest first. With the numbers of calls in every state.",
    params(
        ("patientId" = Option<String>, Query, min_length = 1, max_length = 128, description = "All calls of the patient whom the CRM calls so (`patientData.id`), finished ones too; not with `status`"),
        ("status" = Option<CallState>, Query, description = "Calls in this state alone; none that is final"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Entries on a page; 50 if left out"),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses((status = 200, body = Listing, description = "A page of calls")),
    security(("apiKey" = ["read"])),
)]
async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Listing>, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    let wanted = Wanted::read(query.as_deref().unwrap_or_default())?;
    let store = &app.calls.store;
    let (page, stats, in_use) =
        tokio::try_join!(page(&app, &wanted), store.stats(), store.channels_in_use(),)?;
    let (calls, next_cursor) = page;
    Ok(Json(Listing {
        calls: calls
            .into_iter()
            .map(|(call, request)| CallView::of(&call, request))
            .collect(),
        stats: StatsView::of(&stats, in_use, app.calls.policy.channels()),
        next_cursor,
    }))
}

/// The wanted calls with their requests, and where the next page starts.
async fn page(
    app: &App,
    wanted: &Wanted,
) -> Result<(Vec<(CallSession, CallRequest)>, Option<String>), StoreError> {
    let (store, limit) = (&app.calls.store, wanted.limit);
    match &wanted.of {
        Of::Unfinished { status, after } => {
            let page = store.unfinished(*status, after.as_deref(), limit).await?;
            let next = page.next;
            let next = next.map(|sort_key| sort_key.replace('#', CURSOR_SEPARATOR));
            Ok((page.calls, next))
        }
        Of::Patient { id, after } => {
            let page = store.patient_calls(id, *after, limit).await?;
            Ok((page.calls, page.next.map(|next| next.to_string())))
        }
    }
}

/// Stands for the `#` of the store's sort key, which would end a URL's query.
const CURSOR_SEPARATOR: &str = "~";

/// What part of the list is wanted.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    of: Of,
    limit: usize,
}

/// Whose calls are wanted.
#[derive(Debug, PartialEq, Eq)]
enum Of {
    /// Those that are not finished.
    Unfinished {
        status: Option<CallState>,
        /// The store's sort key after which the page starts.
        after: Option<String>,
    },
    /// All of one patient.
    Patient {
        /// The CRM's id of the patient.
        id: String,
        /// The call after which the page starts.
        after: Option<CallId>,
    },
}

impl Wanted {
    fn read(query: &str) -> Result<Self, Violation> {
        let values = query::read(Some(query), &PARAMETERS)?;
        Ok(Self {
            limit: query::limit(&values, LIMITS)?,
            of: match values.get("patientId") {
                Some(id) => of_patient(id, &values)?,
                None => unfinished(&values)?,
            },
        })
    }
}

fn of_patient(id: &str, values: &BTreeMap<String, String>) -> Result<Of, Violation> {
    if !is_patient_id(id) {
        return Err(Violation::new("patientId", PATIENT_ID_RULE));
    }
    if values.contains_key("status") {
        return Err(Violation::new("status", NO_STATUS_RULE));
    }
    let after = values.get("cursor").map(|text| text.parse());
    let after = after.transpose();
    Ok(Of::Patient {
        id: id.to_owned(),
        after: after.map_err(|_| Violation::new("cursor", CURSOR_RULE))?,
    })
}

fn unfinished(values: &BTreeMap<String, String>) -> Result<Of, Violation> {
    let status = values.get("status").map(|text| unfinished_state(text));
    let status = status.transpose()?;
    let after = values.get("cursor").map(|text| sort_key(text, status));
    Ok(Of::Unfinished {
        status,
        after: after.transpose()?,
    })
}

fn unfinished_state(text: &str) -> Result<CallState, Violation> {
    let mut unfinished = CallState::ALL.into_iter().filter(|state| !state.is_final());
    let found = unfinished.find(|state| state.label() == text);
    found.ok_or_else(|| Violation::new("status", STATUS_RULE))
}

/// Checks a cursor piece by piece, so that no foreign text becomes a key of the store's.
fn sort_key(cursor: &str, status: Option<CallState>) -> Result<String, Violation> {
    let read = || {
        let mut parts = cursor.split(CURSOR_SEPARATOR);
        let state = unfinished_state(parts.next()?).ok()?;
        let created: Timestamp = parts.next()?.parse().ok()?;
        let id: CallId = parts.next()?.parse().ok()?;
        let is_whole = parts.next().is_none() && status.is_none_or(|status| status == state);
        is_whole.then(|| format!("{state}#{created}#{id}"))
    };
    read().ok_or_else(|| Violation::new("cursor", CURSOR_RULE))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Calls)]
struct Listing {
    calls: Vec<CallView>,
    stats: StatsView,
    /// Where the next page starts; `null` on the last one. A page may hold fewer calls than asked
    /// for, or none, and still have a next one.
    next_cursor: Option<String>,
}

/// One call.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedCall)]
struct CallView {
    session_id: CallId,
    status: CallState,
    /// Why it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    /// Whose voice was heard at the relay's last heartbeat, each 10 s; while patient and agent talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    speaking: Option<Speaking>,
    /// The row of a campaign that it tries out, if it is a test call.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_of: Option<TestOf>,
    patient_data: PatientView,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<RowView>,
    /// Rings of the phone so far.
    attempts: u8,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_dial_at: Option<Timestamp>,
    expires_at: Timestamp,
    metadata: Map<String, Value>,
}

impl CallView {
    fn of(session: &CallSession, request: CallRequest) -> Self {
        Self {
            session_id: session.id,
            status: session.state,
            cause: session.cause,
            speaking: session.speaking,
            test_of: session.test_of,
            patient_data: PatientView::brief(request.patient),
            campaign: session.campaign.map(RowView::from),
            attempts: session.attempt.as_ref().map_or(0, |attempt| attempt.number),
            created_at: session.created_at,
            updated_at: session.updated_at,
            next_dial_at: session.dial_at,
            expires_at: session.expires_at,
            metadata: request.metadata,
        }
    }
}

/// Calls in numbers, over the life of the table.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallStats)]
struct StatsView {
    /// Calls ever created.
    total: u64,
    /// Calls that are not finished.
    active: u64,
    by_state: BTreeMap<&'static str, u64>,
    /// Channels of the carrier's plan that are taken.
    channels_in_use: u32,
    /// Channels of the carrier's plan.
    channels_max: u32,
}

impl StatsView {
    fn of(stats: &Stats, channels_in_use: u32, channels_max: u32) -> Self {
        let count = |state| stats.0.get(&state).copied().unwrap_or(0);
        let all = CallState::ALL;
        Self {
            total: all.into_iter().map(count).sum(),
            active: all
                .into_iter()
                .filter(|state| !state.is_final())
                .map(count)
                .sum(),
            by_state: all
                .into_iter()
                .map(|state| (state.label(), count(state)))
                .collect(),
            channels_in_use,
            channels_max,
        }
    }
}

#[cfg(test)]
mod tests;
