//! What the platform refuses.

use super::{Kind, Refusal, Workspace};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Types of a literal property.
const LITERALS: [&str; 4] = ["string", "integer", "number", "boolean"];

/// Events that a client may ask for, as the SDK's `ClientEvent` names them.
const EVENTS: [&str; 25] = [
    "conversation_initiation_metadata",
    "asr_initiation_metadata",
    "ping",
    "audio",
    "interruption",
    "user_transcript",
    "tentative_user_transcript",
    "agent_response",
    "agent_response_correction",
    "client_tool_call",
    "mcp_tool_call",
    "mcp_connection_status",
    "agent_tool_request",
    "agent_tool_response",
    "agent_tool_response_full_payload",
    "agent_response_metadata",
    "vad_score",
    "agent_chat_response_part",
    "client_error",
    "guardrail_triggered",
    "dtmf_request",
    "agent_response_complete",
    "context_usage",
    "internal_turn_probability",
    "internal_tentative_agent_response",
];

/// Models that speak English only.
const ENGLISH_ONLY: [&str; 2] = ["eleven_flash_v2", "eleven_turbo_v2"];

fn wrong(place: &[&str], message: &str) -> Refusal {
    let mut loc = vec!["body"];
    loc.extend(place);
    let detail = json!([{ "type": "value_error", "loc": loc, "msg": message }]);
    (StatusCode::UNPROCESSABLE_ENTITY, detail)
}

pub(super) fn missing(place: &[&str]) -> Refusal {
    wrong(place, "Field required")
}

/// Something must be there.
pub(super) fn has(body: &Value, place: &[&str]) -> Result<(), Refusal> {
    let found = place.iter().try_fold(body, |value, key| value.get(key));
    found
        .filter(|value| !value.is_null())
        .map(|_| ())
        .ok_or_else(|| missing(place))
}

fn is_one_of(body: &Value, place: &[&str], allowed: &[&str]) -> Result<(), Refusal> {
    let found = place.iter().try_fold(body, |value, key| value.get(key));
    match found {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if allowed.contains(&text.as_str()) => Ok(()),
        Some(_) => Err(wrong(
            place,
            &format!("Input should be one of {}", allowed.join(", ")),
        )),
    }
}

/// An address must be https; a simulator also takes its own machine.
fn is_safe(body: &Value, place: &[&str]) -> Result<(), Refusal> {
    let found = place.iter().try_fold(body, |value, key| value.get(key));
    let url = found.and_then(Value::as_str).unwrap_or_default();
    let is_safe = url.starts_with("https://") || url.starts_with("http://127.0.0.1");
    is_safe
        .then_some(())
        .ok_or_else(|| wrong(place, "URL must use https"))
}

fn within(body: &Value, place: &[&str], min: f64, max: f64) -> Result<(), Refusal> {
    let found = place.iter().try_fold(body, |value, key| value.get(key));
    let Some(found) = found.filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let is_fit = found
        .as_f64()
        .is_some_and(|number| (min..=max).contains(&number));
    is_fit
        .then_some(())
        .ok_or_else(|| wrong(place, &format!("Input should be {min} to {max}")))
}

/// The whole agent, after defaults.
pub(super) fn agent(workspace: &Workspace, agent: &Value) -> Result<(), Refusal> {
    let config = &agent["conversation_config"];
    let duration = [
        "conversation_config",
        "conversation",
        "max_duration_seconds",
    ];
    within(agent, &duration, 60.0, 7_200.0)?;
    let events = config["conversation"]["client_events"].as_array();
    for event in events.into_iter().flatten() {
        if !EVENTS.iter().any(|known| event == known) {
            return Err(wrong(
                &["conversation_config", "conversation", "client_events"],
                "unknown event",
            ));
        }
    }
    let model = config["tts"]["model_id"].as_str().unwrap_or_default();
    if config["agent"]["language"] != "en" && ENGLISH_ONLY.contains(&model) {
        let message = "Non-english Agents must use turbo or flash v2_5.";
        let detail = json!({ "status": "invalid_agent_config", "message": message });
        return Err((StatusCode::BAD_REQUEST, detail));
    }
    let prompt = &config["agent"]["prompt"];
    for (key, kind) in [
        ("tool_ids", Kind::Tool),
        ("mcp_server_ids", Kind::McpServer),
    ] {
        for id in prompt[key].as_array().into_iter().flatten() {
            let id = id.as_str().unwrap_or_default();
            super::find(workspace, kind, id)?;
        }
    }
    if agent["platform_settings"]["data_collection"]
        .as_object()
        .is_some_and(|items| items.len() > 25)
    {
        return Err(wrong(
            &["platform_settings", "data_collection"],
            "too many items",
        ));
    }
    if prompt["mcp_server_ids"]
        .as_array()
        .is_some_and(|ids| !ids.is_empty())
        && agent["platform_settings"]["privacy"]["zero_retention_mode"] == true
    {
        return Err(wrong(
            &["mcp_server_ids"],
            "MCP is not available with zero retention",
        ));
    }
    Ok(())
}

pub(super) fn tool(body: &Value) -> Result<(), Refusal> {
    has(body, &["tool_config", "type"])?;
    has(body, &["tool_config", "name"])?;
    has(body, &["tool_config", "description"])?;
    let config = &body["tool_config"];
    let name = config["name"].as_str().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(1..=64).contains(&name.len()) || !name.chars().all(is_name) {
        return Err(wrong(
            &["tool_config", "name"],
            "String should match [a-zA-Z0-9_-]{1,64}",
        ));
    }
    let timeout = ["tool_config", "response_timeout_secs"];
    match config["type"].as_str() {
        Some("client") => {
            within(body, &timeout, 1.0, 120.0)?;
            schema(&config["parameters"])
        }
        Some("webhook") => {
            within(body, &timeout, 5.0, 300.0)?;
            is_safe(body, &["tool_config", "api_schema", "url"])?;
            headers(&config["api_schema"]["request_headers"])?;
            schema(&config["api_schema"]["request_body_schema"])
        }
        _ => Err(wrong(
            &["tool_config", "type"],
            "Input should be client or webhook",
        )),
    }
}

/// A property has a known type and exactly one source for its value.
fn schema(schema: &Value) -> Result<(), Refusal> {
    if schema.is_null() {
        return Ok(());
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if matches!(property["type"].as_str(), Some("object" | "array")) {
            continue;
        }
        is_one_of(property, &["type"], &LITERALS)?;
        let sources = [
            "description",
            "dynamic_variable",
            "constant_value",
            "is_system_provided",
        ];
        let given = sources
            .iter()
            .filter(|key| property.get(*key).is_some_and(|v| !v.is_null()));
        if property["type"].is_null() || given.count() != 1 {
            return Err(wrong(
                &[name],
                "Must set one of: description, dynamic_variable, constant_value",
            ));
        }
    }
    Ok(())
}

/// A header is a text, or names a secret or a variable.
fn headers(headers: &Value) -> Result<(), Refusal> {
    for (name, value) in headers.as_object().into_iter().flatten() {
        let names = |key: &str| value[key].is_string();
        if !value.is_string() && !names("secret_id") && !names("variable_name") {
            return Err(wrong(
                &["request_headers", name],
                "Input should be a valid string or locator",
            ));
        }
    }
    Ok(())
}

pub(super) fn mcp_server(body: &Value) -> Result<(), Refusal> {
    has(body, &["config", "name"])?;
    has(body, &["config", "url"])?;
    is_safe(body, &["config", "url"])?;
    is_one_of(body, &["config", "transport"], &["SSE", "STREAMABLE_HTTP"])?;
    within(body, &["config", "response_timeout_secs"], 5.0, 300.0)?;
    headers(&body["config"]["request_headers"])
}

pub(super) fn webhook(body: &Value) -> Result<(), Refusal> {
    for key in ["auth_type", "name", "webhook_url"] {
        has(body, &["settings", key])?;
    }
    is_one_of(body, &["settings", "auth_type"], &["hmac"])?;
    is_safe(body, &["settings", "webhook_url"])
}
