//! What the platform adds to what it is given.

use serde_json::{Value, json};

/// Puts `over` into `under`, object by object; anything else is replaced.
pub(super) fn merged(under: Value, over: Value) -> Value {
    match (under, over) {
        (Value::Object(mut under), Value::Object(over)) => {
            for (key, value) in over {
                let below = under.remove(&key).unwrap_or_default();
                under.insert(key, merged(below, value));
            }
            Value::Object(under)
        }
        (_, over) => over,
    }
}

pub(super) fn access() -> Value {
    json!({
        "is_creator": true, "creator_name": "someone", "creator_email": "someone@example.org",
        "role": "admin",
    })
}

pub(super) fn agent(body: Value) -> Value {
    let defaults = json!({
        "agent_id": null,
        "name": "New agent",
        "tags": [],
        "metadata": { "created_at_unix_secs": 1, "updated_at_unix_secs": 1 },
        "access_info": access(),
        "phone_numbers": [],
        "workflow": null,
        "conversation_config": {
            "asr": {
                "quality": "high", "provider": "elevenlabs", "keywords": [],
                "user_input_audio_format": "pcm_16000",
            },
            "turn": { "turn_timeout": 7.0, "turn_eagerness": "normal", "silence_end_call_timeout": -1.0 },
            "tts": {
                "model_id": "eleven_flash_v2", "voice_id": "voice_default", "speed": 1.0,
                "stability": 0.5, "agent_output_audio_format": "pcm_16000",
            },
            "conversation": {
                "max_duration_seconds": 600, "monitoring_enabled": false,
                "client_events": ["audio", "interruption"],
            },
            "vad": { "background_voice_detection": false },
            "language_presets": {},
            "agent": {
                "first_message": "", "language": "en", "hinglish_mode": false,
                "dynamic_variables": { "dynamic_variable_placeholders": {} },
                "prompt": {
                    "prompt": "", "llm": "some-default-model", "temperature": 0.0, "tools": [],
                    "tool_ids": [], "mcp_server_ids": [], "native_mcp_server_ids": [],
                    "knowledge_base": [], "timezone": null,
                    "built_in_tools": { "end_call": null, "skip_turn": null },
                },
            },
        },
        "platform_settings": {
            "auth": { "enable_auth": false, "allowlist": [], "shareable_token": null },
            "queueing_config": { "enabled": true, "wait_timeout_seconds": 60 },
            "call_limits": { "agent_concurrency_limit": -1, "daily_limit": 100_000 },
            "privacy": {
                "record_voice": true, "retention_days": -1, "delete_transcript_and_pii": false,
                "delete_audio": false, "zero_retention_mode": false,
            },
            "evaluation": { "criteria": [] },
            "data_collection": {},
            "overrides": { "conversation_config_override": { "agent": { "language": false } } },
        },
    });
    let mut agent = merged(defaults, body);
    // Whole numbers come back as the platform's own type; criteria get fields of their own.
    let silence = &mut agent["conversation_config"]["turn"]["silence_end_call_timeout"];
    *silence = json!(silence.as_f64());
    let criteria = agent["platform_settings"]["evaluation"]["criteria"].as_array_mut();
    for criterion in criteria.into_iter().flatten() {
        criterion["use_knowledge_base"] = false.into();
        criterion["scoring_mode"] = "binary".into();
    }
    agent
}

pub(super) fn tool(body: Value) -> Value {
    let defaults = json!({
        "id": null,
        "access_info": access(),
        "usage_stats": { "total_calls": 0, "avg_latency_secs": 0.0 },
        "tool_config": {
            "response_timeout_secs": 20, "disable_interruptions": false, "pre_tool_speech": "auto",
            "assignments": [], "dynamic_variables": { "dynamic_variable_placeholders": {} },
        },
    });
    merged(defaults, body)
}

pub(super) fn mcp_server(body: Value) -> Value {
    let defaults = json!({
        "id": null,
        "access_info": access(),
        "dependent_agents": [],
        "metadata": { "created_at": 1, "owner_user_id": null },
        "config": {
            "approval_policy": "require_approval_all", "transport": "SSE", "secret_token": null,
            "request_headers": {}, "description": "", "disable_compression": false,
            "tool_approval_hashes": [],
        },
    });
    merged(defaults, body)
}

/// As its list shows it. Whether retries are on is not among the published fields.
pub(super) fn webhook(body: &Value) -> Value {
    let settings = &body["settings"];
    json!({
        "name": settings["name"], "webhook_url": settings["webhook_url"],
        "auth_type": settings["auth_type"], "is_disabled": false, "is_auto_disabled": false,
        "created_at_unix": 1, "usage": null, "most_recent_failure_error_code": null,
        "most_recent_failure_timestamp": null,
    })
}
