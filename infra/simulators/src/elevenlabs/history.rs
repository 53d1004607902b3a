//! `GET /v1/convai/conversations/{id}`: the finished conversation, from what really happened.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::record::{ClosedBy, ConversationRecord, Speaker, Turn};

/// Seconds since the epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "a simulator stands outside the system's clock"
)]
pub(crate) fn unix_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The body of the answer; also `data` of the post-call webhook.
pub(crate) fn conversation(record: &ConversationRecord) -> Value {
    let count = |speaker| {
        record
            .transcript
            .iter()
            .filter(|turn| turn.speaker == speaker)
            .count()
    };
    let has_audio = record.audio_frames > 0;
    json!({
        "agent_id": record.agent_id,
        "agent_name": "Simulated intake",
        "conversation_id": record.conversation_id,
        "status": status(record),
        "user_id": record.user_id,
        "branch_id": null,
        "version_id": null,
        "environment": "production",
        "user_message_count": count(Speaker::Callee),
        "agent_message_count": count(Speaker::Agent),
        "tag_ids": [],
        "transcript": record.transcript.iter().map(turn).collect::<Vec<_>>(),
        "metadata": metadata(record),
        "analysis": analysis(record),
        "conversation_initiation_client_data": client_data(record),
        "has_audio": has_audio || !record.agent_audio.is_empty(),
        "has_user_audio": has_audio,
        "has_response_audio": !record.agent_audio.is_empty(),
        "has_auxiliary_audio": false,
    })
}

fn status(record: &ConversationRecord) -> &'static str {
    match &record.closed {
        None => "in-progress",
        Some(closed) => match (closed.by, closed.code) {
            (ClosedBy::Client | ClosedBy::Lost, _) | (ClosedBy::Agent, Some(1000)) => "done",
            (ClosedBy::Agent | ClosedBy::AgentReset | ClosedBy::Stopped, _) => "failed",
        },
    }
}

fn turn(turn: &Turn) -> Value {
    let (role, medium) = match turn.speaker {
        Speaker::Agent => ("agent", Value::Null),
        Speaker::Callee => ("user", json!("audio")),
    };
    json!({
        "role": role,
        "message": turn.text,
        "time_in_call_secs": turn.at.as_secs(),
        "tool_calls": [],
        "tool_results": [],
        "feedback": null,
        "interrupted": turn.original.is_some(),
        "original_message": turn.original,
        "source_medium": medium,
        "llm_usage": null,
        "conversation_turn_metrics": null,
    })
}

fn metadata(record: &ConversationRecord) -> Value {
    let ended = record.closed.as_ref().map(|closed| closed.at);
    let said = record.transcript.last().map(|turn| turn.at);
    let length = ended.or(said).unwrap_or(Duration::ZERO).as_secs();
    json!({
        "start_time_unix_secs": record.started_unix_secs,
        "accepted_time_unix_secs": record.started_unix_secs,
        "call_duration_secs": length,
        "queue_wait_secs": 0.0,
        "cost": 0,
        "cost_fiat": null,
        "authorization_method": if record.is_signed { "signed_url" } else { "public" },
        "phone_call": null,
        "batch_call": null,
        "deletion_settings": {
            "deletion_time_unix_secs": null,
            "deleted_logs_at_time_unix_secs": null,
            "deleted_audio_at_time_unix_secs": null,
            "deleted_transcript_at_time_unix_secs": null,
            "delete_transcript_and_pii": false,
            "delete_audio": false,
        },
        "feedback": {"overall_score": null, "likes": 0, "dislikes": 0},
        "charging": {
            "dev_discount": false, "is_burst": false, "tier": "pro", "llm_usage": {},
            "llm_price": 0.0, "llm_charge": 0, "call_charge": 0, "platform_charge": 0,
            "free_minutes_consumed": 0,
        },
        "termination_reason": termination_reason(record),
        "error": null,
        "warnings": [],
        "main_language": "hi",
        "rag_usage": null,
        "text_only": false,
        "features_usage": {},
        "initiator_id": null,
        "conversation_initiation_source": "unknown",
        "timezone": "Asia/Kolkata",
    })
}

fn termination_reason(record: &ConversationRecord) -> String {
    let Some(closed) = &record.closed else {
        return String::new();
    };
    let last_error = record
        .sent
        .iter()
        .rev()
        .find(|sent| sent.message["type"] == "error");
    let error_type = last_error.and_then(|sent| sent.message["error_event"]["error_type"].as_str());

    match (closed.by, error_type) {
        (ClosedBy::Client | ClosedBy::Lost, _) => {
            format!("Client disconnected: {}", closed.code.unwrap_or(1006))
        }
        (_, Some(error_type)) => error_type.to_owned(),
        (ClosedBy::Agent, None) if closed.code == Some(1000) => {
            "end_call tool was called".to_owned()
        }
        (ClosedBy::Agent | ClosedBy::AgentReset | ClosedBy::Stopped, None) => {
            "unknown_websocket_crash".to_owned()
        }
    }
}

fn analysis(record: &ConversationRecord) -> Value {
    if record.closed.is_none() {
        return Value::Null;
    }
    let is_complete = status(record) == "done" && record.close_code() == Some(1000);
    let result = if is_complete { "success" } else { "unknown" };
    json!({
        "evaluation_criteria_results": {
            "goodbye": {
                "criteria_id": "goodbye", "result": result, "rationale": "by how it ended",
                "scoring_mode": "binary", "score": null, "max_score": null,
            },
        },
        "data_collection_results": record.collected.iter().map(collected).collect::<Map<_, _>>(),
        "evaluation_criteria_results_list": [],
        "data_collection_results_list": [],
        "call_successful": result,
        "call_success_score": null,
        "transcript_summary": format!("A conversation of {} turns.", record.transcript.len()),
        "call_summary_title": "Intake",
        "scoped": [],
    })
}

fn collected((field, value): (&String, &Value)) -> (String, Value) {
    let kind = if value.is_number() {
        "integer"
    } else {
        "string"
    };
    let result = json!({
        "data_collection_id": field, "name": field, "value": value,
        "json_schema": { "type": kind, "description": field }, "rationale": "said so",
    });
    (field.clone(), result)
}

fn client_data(record: &ConversationRecord) -> Value {
    let sent = |key: &str| {
        record
            .client_data
            .as_ref()
            .and_then(|data| data.get(key))
            .cloned()
    };
    let empty = || Value::Object(Map::new());
    let mut variables = record.dynamic_variables.clone();
    variables.insert(
        "system__conversation_id".to_owned(),
        json!(record.conversation_id),
    );
    variables.insert("system__agent_id".to_owned(), json!(record.agent_id));

    json!({
        "conversation_config_override":
            sent("conversation_config_override").unwrap_or_else(empty),
        "custom_llm_extra_body": sent("custom_llm_extra_body").unwrap_or_else(empty),
        "dynamic_variables": variables,
    })
}
