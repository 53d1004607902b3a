//! `DELETE /api/patients/{id}` and what belongs to it: taking a patient's data out of sight at once,
//! erasing it when the time is over for which it must be kept, and holding it back from that.
//!
//! Cost of an erasure: three queries, one write, for each call three reads, one transaction of up to 8 items and one
//! query of its keys, for each recorded one a transaction of two items more, for each of its conversations one transaction of two items, and for each row of a
//! campaign four reads, two queries and two transactions.

pub(crate) mod rows;

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{ApiError, Named, named},
    needs::Need,
};
use access::Scope;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use call::{CallEvent, ids::CallId, rules::PATIENT_ID_CHARS_MAX, time::Timestamp};
use rows::Rows;
use serde::Serialize;
use std::{collections::BTreeSet, sync::Arc};
use store::{Erasure, Hold, calls::Applied};
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

/// The path of a patient: the CRM's id, percent-encoded, or the `sessionId` of a call without one.
pub const PATH: &str = "/api/patients/{id}";
/// The path of the hold on a patient's data.
pub const HOLD_PATH: &str = "/api/patients/{id}/hold";
/// The path of what was asked to be erased.
pub const ERASURES_PATH: &str = "/api/erasures";

/// The patients' router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(erase))
        .routes(routes!(hold, release))
        .routes(routes!(erasures))
}

/// What becomes of a patient's data.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Restricted {
    /// Names the request in `GET /api/erasures`.
    erasure_id: CallId,
    /// Calls that nobody can read any more.
    calls: usize,
    /// Rows of campaigns that say nothing of the patient any more.
    rows: usize,
    /// When everything of the calls is erased at the latest, but for DynamoDB's delay of up to two days.
    erased_after: Timestamp,
    /// Whether a hold keeps it from being erased then.
    held: bool,
}

/// Restricts every call of the patient at once; a call that runs is cancelled first. Rows of campaigns
/// are emptied. Safe to repeat.
#[utoipa::path(
    delete,
    path = PATH,
    operation_id = "erasePatient",
    tag = "patients",
    summary = "Erase a patient",
    description = "Takes all that is known of the patient out of sight at once. Safe to repeat.",
    params(("id" = String, Path, description = "The CRM's id of the patient, or the `sessionId` of a call without one")),
    responses((status = 202, body = Restricted, description = "Nobody reads it any more, and it is erased in time"), (status = 404, description = "no_such_patient")),
    security(("apiKey" = ["admin"])),
)]
async fn erase(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let by = auth::key(&app, &headers, Scope::Admin)?.name.clone();
    let patient = patient_of(id)?;
    let (calls, rows) = known_of(&app, &patient).await?;
    let erasure = Erasure {
        id: store::clock::draw_call_id(),
        at: app.calls.now(),
        by,
        calls: calls.len(),
        rows: rows.len(),
    };
    let store = &app.calls.store;
    store.put_erasure(&erasure).await?;
    tracing::info!(erasures = 1, erasure_id = %erasure.id, by = %erasure.by, calls = erasure.calls, rows = erasure.rows, "erasure");
    rows::stop(&app, &rows).await?;
    // One may have been made of a row since.
    let calls = store.calls_of_patient(&patient).await?;
    let mut calls: BTreeSet<CallId> = calls.into_iter().collect();
    let mut over_by = erasure.at;
    for call in &calls {
        over_by = over_by.max(restrict(&app, *call).await?);
    }
    rows::erase(&app, &patient, &rows).await?;
    // From here on no call is made that tries them out.
    for call in rows::test_calls(&app, &rows).await? {
        if calls.insert(call) {
            over_by = over_by.max(restrict(&app, call).await?);
        }
    }
    let restricted = Restricted {
        erasure_id: erasure.id,
        calls: calls.len(),
        rows: rows.len(),
        erased_after: over_by + store.retention(),
        held: store.hold_of(&patient).await?.is_some(),
    };
    Ok((StatusCode::ACCEPTED, Json(restricted)).into_response())
}

/// Restricts one call, and has the agent's platform forget its conversations and the storage what was recorded;
/// by when it is over.
async fn restrict(app: &App, call: CallId) -> Result<Timestamp, ApiError> {
    let applied = app.calls.apply(call, &CallEvent::Restricted).await?;
    let (store, now) = (&app.calls.store, app.calls.now());
    store.forget_conversations(call, now).await?;
    if store
        .request(call)
        .await?
        .is_some_and(|asked| asked.recording_consent)
    {
        store.forget_recording(call, now).await?;
    }
    Ok(match applied {
        Applied::Changed { session, .. } | Applied::Unchanged { session, .. } => session.over_by(),
        // Erased between the two requests.
        Applied::NoSuchCall | Applied::NoChannel | Applied::Paced | Applied::Held(_) => now,
    })
}

/// Holds the patient's data back from being erased, until the hold is taken away. What is stored
/// after it is reached by the sweep, which repeats every hold each hour.
#[utoipa::path(
    put,
    path = HOLD_PATH,
    operation_id = "holdPatient",
    tag = "patients",
    summary = "Keep a patient's data from being erased",
    description = "For example during a lawsuit.",
    params(("id" = String, Path, description = "The CRM's id of the patient, or the `sessionId` of a call without one")),
    responses((status = 200, body = Hold, description = "The hold"), (status = 404, description = "no_such_patient")),
    security(("apiKey" = ["admin"])),
)]
async fn hold(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<Json<Hold>, ApiError> {
    let by = auth::key(&app, &headers, Scope::Admin)?.name.clone();
    let patient = patient_of(id)?;
    let (calls, rows) = known_of(&app, &patient).await?;
    let store = &app.calls.store;
    let known = store.hold_of(&patient).await?;
    let hold = known.unwrap_or_else(|| Hold {
        patient: patient.clone(),
        since: app.calls.now(),
        by,
    });
    store.put_hold(&hold).await?;
    for call in calls {
        store.hold_call(&patient, call).await?;
    }
    for (campaign, row) in rows {
        store.hold_row(&patient, campaign, row).await?;
    }
    tracing::info!(holds = 1, by = %hold.by, "hold");
    Ok(Json(hold))
}

/// Takes a hold away: the data expires at its time again, or at once if that is over. Safe to repeat.
#[utoipa::path(
    delete,
    path = HOLD_PATH,
    operation_id = "releasePatient",
    tag = "patients",
    summary = "Take a hold away",
    description = "The data expires at its time again. Safe to repeat.",
    params(("id" = String, Path, description = "The CRM's id of the patient, or the `sessionId` of a call without one")),
    responses((status = 204, description = "There is no hold any more"), (status = 404, description = "no_such_patient")),
    security(("apiKey" = ["admin"])),
)]
async fn release(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let by = &auth::key(&app, &headers, Scope::Admin)?.name;
    let patient = patient_of(id)?;
    let (calls, rows) = known_of(&app, &patient).await?;
    let store = &app.calls.store;
    // The hold goes first: from here on nobody holds any of it again.
    store.remove_hold(&patient).await?;
    for call in calls {
        store.release_call(&patient, call).await?;
    }
    for (campaign, row) in rows {
        store.release_row(&patient, campaign, row).await?;
    }
    tracing::info!(releases = 1, %by, "hold");
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
struct Erasures {
    erasures: Vec<Erasure>,
}

#[utoipa::path(
    get,
    path = ERASURES_PATH,
    operation_id = "listErasures",
    tag = "patients",
    summary = "What was asked to be erased",
    responses((status = 200, body = Erasures, description = "When and by whom, without a word about a patient")),
    security(("apiKey" = ["admin"])),
)]
async fn erasures(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<Erasures>, ApiError> {
    auth::key(&app, &headers, Scope::Admin)?;
    let erasures = app.calls.store.erasures().await?;
    Ok(Json(Erasures { erasures }))
}

fn patient_of(id: Named) -> Result<String, ApiError> {
    // No longer id was ever taken, and a store's key has its bounds.
    let id = named(id).filter(|id: &String| id.chars().count() <= PATIENT_ID_CHARS_MAX);
    id.ok_or(ApiError::NoSuchPatient)
}

/// Calls of a patient, and rows of campaigns.
async fn known_of(app: &App, patient: &str) -> Result<(BTreeSet<CallId>, Rows), ApiError> {
    let calls = app.calls.store.calls_of_patient(patient).await?;
    let rows = rows::of_patient(app, patient, &calls).await?;
    let mut calls: BTreeSet<CallId> = calls.into_iter().collect();
    calls.extend(rows::test_calls(app, &rows).await?);
    if calls.is_empty() && rows.is_empty() {
        return Err(ApiError::NoSuchPatient);
    }
    Ok((calls, rows))
}
