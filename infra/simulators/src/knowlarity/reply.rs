//! Who is answered, and the answers that say no.

use super::hub::Shared;
use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An answer with a status that a test asked for.
pub(super) fn on_demand(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    refuse(status, "on demand")
}

pub(super) fn is_authorized(shared: &Shared, headers: &HeaderMap) -> bool {
    let is = |name: &str, expected: &str| headers.get(name).is_some_and(|value| value == expected);
    let application_key = shared.settings.application_key.as_deref();
    is("authorization", &shared.settings.api_key)
        && application_key.is_none_or(|key| is("x-api-key", key))
}

pub(super) fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}
