//! The bodies of the dial APIs, and how their answers are read.

use super::{
    carrier::DialRequest,
    config::{Dialect, KnowlarityConfig},
};
use call::ids::CarrierCallId;
use serde_json::{Value, json};

/// Path of the `ivr_flow` dial.
const MAKECALL: &str = "Basic/v1/account/call/makecall";

impl Dialect {
    /// Path of the dial request, unless one is configured.
    pub(super) fn path(&self) -> &'static str {
        match self {
            // `kapps_ivr` has no path of its own: the configuration insists on one.
            Self::IvrFlow | Self::KappsIvr { .. } => MAKECALL,
        }
    }

    pub(super) fn body(&self, config: &KnowlarityConfig, request: &DialRequest) -> Value {
        let caller = request.caller.as_ref().unwrap_or(&config.caller_id);
        match self {
            Self::IvrFlow => json!({
                "k_number": config.number.e164(),
                "customer_number": request.to.e164(),
                "caller_id": caller.e164(),
                "direct_connect": true,
                "ivr_flow": flow(config, request),
            }),
            Self::KappsIvr { ivr_id } => json!({
                "ivr_id": ivr_id,
                "k_number": config.number.e164(),
                "caller_id": caller.e164(),
                "customer_number": request.to.e164(),
                "is_promotional": request.is_promotional.to_string(),
                "metadata": metadata(request),
            }),
        }
    }
}

/// The flow of the user's document: say the welcome line, then open the stream.
fn flow(config: &KnowlarityConfig, request: &DialRequest) -> Value {
    json!({ "flow": { "nodes": [
        {
            "id": "welcome",
            "type": "play",
            "audio": {
                "type": "tts",
                "text": config.welcome_text,
                "language": config.welcome_language,
            },
            "next": "stream_node",
        },
        {
            "id": "stream_node",
            "type": "stream",
            "config": {
                "wss_url": format!("{}/{}?t={}", config.stream_url, request.call_id, request.token),
                "sampling_rate": config.sampling_rate,
                "metadata": metadata(request).to_string(),
            },
        },
    ] } })
}

/// Opaque ids and the token; patient data stays with us.
fn metadata(request: &DialRequest) -> Value {
    json!({
        "client_meta_id": request.call_id,
        "sessionId": request.call_id,
        "attempt": request.attempt,
        "t": request.token,
    })
}

/// Where the answers of Knowlarity's APIs carry the call id, first match wins.
const ID_PATHS: [&str; 5] = [
    "/success/call_id",
    "/call_id",
    "/data/call_ids/0/call_id",
    "/data/call_id",
    "/uuid",
];

/// The carrier's id in an accepting answer.
pub(super) fn carrier_call_id(answer: &Value) -> Option<CarrierCallId> {
    let found = ID_PATHS.iter().filter_map(|path| answer.pointer(path));
    let texts = found.filter_map(|id| match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    texts
        .map(|id| CarrierCallId::new(id.trim()))
        .find(|id| !id.as_str().is_empty())
}
