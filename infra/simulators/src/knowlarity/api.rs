//! The dial API, and the routes of all.

use super::{
    call_log,
    flow::{self, Order},
    hub::Shared,
    reply::{is_authorized, on_demand, refuse},
    ring,
    settings::Dial,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/Basic/v1/account/call/makecall", post(ivr_flow))
        .route("/Basic/v1/account/calllog", get(call_log::answer))
        .route("/webapi/{customer}/api/{name}", post(kapps_ivr))
        .with_state(shared)
}

async fn ivr_flow(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    dial(
        shared,
        &headers,
        &body,
        |body, _, _| flow::ivr_flow(body),
        |id| {
            json!({ "success": { "status": "success", "message": "Call successfully placed",
            "call_id": id } })
        },
    )
    .await
}

async fn kapps_ivr(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    dial(
        shared,
        &headers,
        &body,
        |body, shared, id| flow::kapps_ivr(body, &shared.settings, id),
        |id| json!({ "data": { "call_ids": [{ "call_id": id }] } }),
    )
    .await
}

async fn dial(
    shared: Arc<Shared>,
    headers: &HeaderMap,
    body: &[u8],
    read: impl Fn(&Value, &Shared, &str) -> Result<Order, &'static str>,
    accepted: impl Fn(&str) -> Value,
) -> Response {
    if !is_authorized(&shared, headers) {
        return refuse(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return refuse(StatusCode::BAD_REQUEST, "expected JSON");
    };
    let call_id = uuid::Uuid::new_v4().to_string();
    let order = match read(&body, &shared, &call_id) {
        Ok(order) => order,
        Err(expected) => return refuse(StatusCode::BAD_REQUEST, &format!("expected {expected}")),
    };
    let dial = shared.take_dial(&order.number, body, &call_id);
    if let Some(refusal) = refusal(dial) {
        return refusal;
    }
    if dial.is_placed() {
        shared.spawn(ring::ring(shared.clone(), dial, order, call_id.clone()));
    }
    match dial {
        Dial::TimesOut | Dial::TimesOutButRings | Dial::TimesOutButBusy => {
            std::future::pending().await
        }
        Dial::StatusButRings(status) | Dial::StatusButRingsOut(status) => on_demand(status),
        Dial::NoId => Json(json!({ "success": { "status": "success" } })).into_response(),
        Dial::Answer
        | Dial::Busy
        | Dial::NoAnswer
        | Dial::SwitchedOff
        | Dial::Rejected
        | Dial::InvalidNumber
        | Dial::NeverReports
        | Dial::NeverProcessed
        | Dial::Status(_)
        | Dial::RateLimited(_) => Json(accepted(&call_id)).into_response(),
    }
}

/// The answer to a dial that is refused at once.
fn refusal(dial: Dial) -> Option<Response> {
    if let Dial::Status(status) = dial {
        return Some(on_demand(status));
    }
    if let Dial::RateLimited(seconds) = dial {
        let reply = refuse(StatusCode::TOO_MANY_REQUESTS, "Limit Exceeded");
        return Some(([(RETRY_AFTER, seconds.to_string())], reply).into_response());
    }
    (dial == Dial::InvalidNumber).then(|| {
        let text = "Please enter a valid customer number in international format";
        refuse(StatusCode::BAD_REQUEST, text)
    })
}
