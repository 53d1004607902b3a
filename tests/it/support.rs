//! What several test modules start from.

use access::Talk;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{
    AudioGap, AudioReport, AudioTo, CallEvent, CallRequest, GapReason, HungUpBy, Patient,
    ids::{CallId, CarrierCallId, ConversationId},
    phone::PhoneNumber,
    time::Timestamp,
};
use functions::App;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

pub(crate) fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

pub(crate) fn carrier_id(id: CallId) -> CarrierCallId {
    CarrierCallId::new(&format!("carrier-{id}"))
}

pub(crate) fn request_for(number: &str) -> CallRequest {
    let fields = |name: &str, value: &str| Map::from_iter([(name.to_owned(), json!(value))]);
    let patient = Patient {
        id: Some("patient_123".to_owned()),
        treatment_type: Some("heart surgery consultation".to_owned()),
        crm_data: fields("doctor", "Dr. Smith"),
        ..Patient::new("राहुल शर्मा", phone(number))
    };
    CallRequest {
        metadata: fields("campaign", "june"),
        ..CallRequest::new(store::clock::draw_call_id(), patient)
    }
}

/// Somebody picked up the first ring: its stream is open.
pub(crate) fn picked_up() -> CallEvent {
    CallEvent::StreamOpened {
        attempt: 1,
        carrier_call_id: None,
    }
}

/// The agent is ready on the first stream of the first ring.
pub(crate) fn agent_ready(conversation: &str) -> CallEvent {
    CallEvent::AgentReady {
        attempt: 1,
        stream: 1,
        conversation_id: ConversationId::new(conversation),
    }
}

/// The callee hung up, on the first stream of the first ring.
pub(crate) fn hung_up() -> CallEvent {
    CallEvent::HungUp {
        attempt: 1,
        stream: 1,
        by: HungUpBy::Callee,
    }
}

/// Nothing was lost of the first stream of this attempt, which was left then.
pub(crate) fn clean_audio(attempt: u8, at: Timestamp) -> AudioReport {
    AudioReport {
        attempt,
        stream: 1,
        at,
        from_ms: 12,
        length_ms: 180_000,
        gaps: Vec::new(),
        more_gaps: 0,
    }
}

/// The same stream with a reply that ran dry, and some more gaps than are told.
pub(crate) fn gapped_audio(attempt: u8, at: Timestamp) -> AudioReport {
    let gap = AudioGap {
        to: AudioTo::Callee,
        at_ms: 1_600,
        length_ms: 750,
        because: GapReason::UnderRun,
    };
    AudioReport {
        gaps: vec![gap],
        more_gaps: 3,
        ..clean_audio(attempt, at)
    }
}

/// What a CRM posts, with a value of every kind that must never reach a log.
pub(crate) fn patient(number: &str) -> Value {
    json!({
        "patientData": {
            "id": "patient_123", "name": "राहुल शर्मा", "phoneNumber": number,
            "treatmentType": "heart surgery consultation", "crmData": { "doctor": "Dr. Smith" },
        },
        "metadata": { "campaign": "june" },
    })
}

/// The first conversation of a call's first attempt.
pub(crate) fn first_talk(call: CallId) -> Talk {
    Talk {
        call,
        attempt: 1,
        conversation: 1,
    }
}

/// What the agent of that conversation saves with, for an hour.
pub(crate) fn answer_token(app: &App, call: CallId) -> String {
    token_of(app, first_talk(call))
}

/// What the agent of any conversation saves with, for an hour.
pub(crate) fn token_of(app: &App, talk: Talk) -> String {
    let until = app.calls.now() + Duration::from_secs(60 * 60);
    app.tokens.answer_token(talk, until)
}

/// What the client of the API reads one call with, for an hour.
pub(crate) fn session_token(app: &App, call: CallId) -> String {
    let until = app.calls.now() + Duration::from_secs(60 * 60);
    app.tokens.session_token(call, until)
}

/// Status and JSON with which the functions answer; null for a body that is no JSON.
pub(crate) async fn answer_of(app: &Arc<App>, request: Request<Body>) -> (u16, Value) {
    crate::privacy::watch();
    let answer = functions::router(app.clone())
        .oneshot(request)
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// A request with JSON, and with these headers; status and answer.
pub(crate) async fn ask(
    app: &Arc<App>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "api.example.com")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    answer_of(app, request).await
}

/// A message to the MCP server; status and answer.
pub(crate) async fn mcp(
    app: &Arc<App>,
    credential: &str,
    method: &str,
    params: Value,
) -> (u16, Value) {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let headers = [
        ("authorization", credential),
        ("accept", "application/json, text/event-stream"),
    ];
    ask(app, "POST", "/mcp", &headers, &message).await
}
