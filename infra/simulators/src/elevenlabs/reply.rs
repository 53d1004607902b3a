//! Who is answered, and the answers that say no.

use super::behaviour::RestFault;
use super::hub::Hub;
use axum::Json;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::sleep;

/// Answers a request of the REST API: an ordered fault, 401, or what `act` says; and notes it.
pub(super) async fn answer(hub: &Hub, parts: &Parts, act: impl FnOnce() -> Response) -> Response {
    let response = match injected(hub).await {
        Some(response) => response,
        None if !is_authorized(hub, &parts.headers) => error(StatusCode::UNAUTHORIZED),
        None => act(),
    };
    hub.note_request(
        &parts.method,
        parts.uri.to_string(),
        response.status().as_u16(),
    );
    response
}

/// The answer that an ordered fault demands, if it demands one.
async fn injected(hub: &Hub) -> Option<Response> {
    match hub.next_rest_fault()? {
        RestFault::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Some(error(status))
        }
        RestFault::Delay(delay) => {
            sleep(delay).await;
            None
        }
        RestFault::Garbage => Some("<html>busy</html>".into_response()),
    }
}

fn is_authorized(hub: &Hub, headers: &HeaderMap) -> bool {
    headers
        .get("xi-api-key")
        .is_some_and(|key| key.as_bytes() == hub.settings.api_key.as_bytes())
}

/// An error body as the vendor writes them: an object, or FastAPI's list for 422.
pub(super) fn error(status: StatusCode) -> Response {
    let (kind, code) = match status.as_u16() {
        401 => ("authentication_error", "invalid_api_key"),
        403 => ("authorization_error", "forbidden"),
        404 => ("not_found", "agent_not_found"),
        429 => ("rate_limit_error", "too_many_concurrent_requests"),
        500.. => ("server_error", "system_busy"),
        _ => ("invalid_request", "invalid_request"),
    };
    let detail = match status {
        StatusCode::UNPROCESSABLE_ENTITY => {
            json!([{"type": "missing", "loc": ["query", "agent_id"], "msg": "Field required"}])
        }
        _ => json!({"type": kind, "code": code, "message": code, "status": code,
            "request_id": uuid::Uuid::new_v4().simple().to_string()}),
    };
    (status, Json(json!({"detail": detail}))).into_response()
}
