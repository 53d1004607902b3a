//! `GET /api/unknown-messages`: what the vendors said that was not understood.
//!
//! Cost: two queries for each kind.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::ApiError,
    needs::Need,
    query,
};
use access::Scope;
use axum::{
    Json, Router,
    extract::{RawQuery, State},
    http::HeaderMap,
};
use logging::unknown::{Sample, UnknownKind};
use serde::Serialize;
use std::sync::Arc;
use store::Unknown;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients];

pub const PATH: &str = "/api/unknown-messages";

/// Samples of one kind in an answer, unless `limit` says otherwise, and at most.
const LIMITS: query::Limits = query::Limits {
    default: 50,
    max: 100,
};

const KIND_RULE: &str = "a kind of unknown message, such as carrier_status";

/// The router of unknown messages, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list))
}

#[derive(Serialize, ToSchema)]
#[schema(as = UnknownMessages)]
struct Kinds {
    kinds: Vec<Unknown>,
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "listUnknownMessages",
    tag = "operations",
    summary = "Vendors' messages that were not understood",
    params(
        ("kind" = Option<UnknownKind>, Query, description = "Messages of this kind alone"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Samples of each kind; 50 if left out"),
    ),
    responses((status = 200, body = Kinds, description = "Samples by kind, without a patient's words")),
    security(("apiKey" = ["admin"])),
)]
async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Kinds>, ApiError> {
    auth::key(&app, &headers, Scope::Admin)?;
    let values = query::read(query.as_deref(), &["kind", "limit"])?;
    let limit = query::limit(&values, LIMITS)?;
    let wanted = match values.get("kind") {
        None => UnknownKind::ALL.to_vec(),
        Some(text) => {
            let kind = text.parse();
            vec![kind.map_err(|_| ApiError::invalid("kind", KIND_RULE))?]
        }
    };
    let mut kinds = Vec::with_capacity(wanted.len());
    for kind in wanted {
        let now = app.calls.now();
        kinds.push(app.calls.store.unknown(kind, now, limit).await?);
    }
    Ok(Json(Kinds { kinds }))
}

/// Keeps a message that was not understood. Trouble with the store is logged only: who sent it is to
/// be answered as if it had been.
pub(crate) async fn keep(app: &App, kind: UnknownKind, message: &str) {
    tracing::info!(unknown_messages = 1, kind = kind.label(), "unknown message");
    let (store, now) = (&app.calls.store, app.calls.now());
    let kept = store.keep_unknown(kind, &Sample::of(message), 1, now).await;
    if let Err(error) = kept {
        tracing::warn!(kind = kind.label(), %error, "an unknown message is not kept");
    }
}
