//! The call log: every ring that was placed, some time after its end.

use super::{
    flow::Order,
    hub::{Entry, Shared},
    reply,
    settings::{CallLog, Dial},
};
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::Offset};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Most rows in one answer, whatever `limit` asks for.
const LIMIT_MAX: usize = 100;

/// India's offset from UTC, in seconds.
const INDIA_OFFSET_SECS: i32 = 19_800;

/// A ring that is under way.
pub(super) struct Ring<'a> {
    call_id: &'a str,
    order: &'a Order,
    began: Timestamp,
}

impl<'a> Ring<'a> {
    /// Begins at this moment of real time, whole seconds.
    pub(super) fn begin(call_id: &'a str, order: &'a Order) -> Self {
        let second = Timestamp::now().as_second();
        Self {
            call_id,
            order,
            began: Timestamp::from_second(second).unwrap_or_default(),
        }
    }
}

/// Records a ring at its end, unless the log stays empty.
pub(super) fn record(shared: &Shared, ring: Ring<'_>, dial: Dial, talked: Duration) {
    let CallLog::After(delay) = shared.settings.call_log else {
        return;
    };
    let (number, ours) = (&ring.order.number, &ring.order.ours);
    let words = dial.log_words();
    let agent_number = match words {
        _ if dial.is_answered() => ours.clone(),
        words if words.ends_with('#') => format!("{words}{number}"),
        words => words.to_owned(),
    };
    let row = json!({
        "uuid": ring.call_id,
        "customer_number": number,
        "agent_number": agent_number,
        "call_duration": talked.as_secs().to_string(),
        "call_recording": "",
        "knowlarity_number": ours,
        "start_time": in_india(ring.began),
        "business_call_type": "Outbound",
    });
    shared.log(Entry {
        row,
        began: ring.began,
        visible_at: Instant::now() + delay,
    });
}

fn in_india(moment: Timestamp) -> String {
    let offset = Offset::from_seconds(INDIA_OFFSET_SECS).expect("less than a day");
    let local = offset.to_datetime(moment);
    local.strftime("%Y-%m-%d %H:%M:%S+05:30").to_string()
}

/// What a look-up asks for.
#[derive(Deserialize)]
pub(super) struct Asked {
    start_time: String,
    end_time: String,
    limit: usize,
    offset: usize,
}

/// Answers one look-up.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    if !reply::is_authorized(&shared, &headers) {
        return reply::refuse(StatusCode::UNAUTHORIZED, "Unauthorized");
    }
    match shared.settings.call_log {
        CallLog::Status(status) => return reply::on_demand(status),
        CallLog::TimesOut => return std::future::pending().await,
        CallLog::After(_) | CallLog::Empty => {}
    }
    let time = |text: &str| {
        let is_local = text.contains(' ') && text.ends_with("+05:30");
        text.parse::<Timestamp>().ok().filter(|_| is_local)
    };
    let (Some(start), Some(end)) = (time(&asked.start_time), time(&asked.end_time)) else {
        return reply::refuse(StatusCode::BAD_REQUEST, "expected times with +05:30");
    };
    let now = Instant::now();
    let rows =
        shared.logged(|entry| entry.visible_at <= now && (start..=end).contains(&entry.began));
    let limit = asked.limit.min(LIMIT_MAX);
    let page: Vec<&Value> = rows.iter().skip(asked.offset).take(limit).collect();
    Json(json!({ "meta": { "total_count": rows.len() }, "objects": page })).into_response()
}
