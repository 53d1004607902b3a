//! A conversation as the platform tells of it afterwards: `data` of its post-call webhook, which is
//! also the answer of `GET /v1/convai/conversations/{id}`.
//!
//! The platform adds fields without notice and leaves others out, so next to nothing is required.

use call::{
    Speaker,
    ids::{CallId, ConversationId},
    post_call::{Digest, Evaluation, LINES_MAX, Line, TEXT_CHARS_MAX},
    time::Timestamp,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most criteria of an evaluation that are kept; the platform allows 30.
const CRITERIA_MAX: usize = 40;

/// Most bytes of text in a transcript (200 KB): what is stored with it must fit an item of 400 KB.
const TRANSCRIPT_BYTES_MAX: usize = 200_000;

/// Latest start of a conversation that is kept, in seconds (9999-12-30): a later one, such as milliseconds
/// where seconds should be, would be stored as no moment that can be read again.
const STARTED_SECS_MAX: i64 = 253_402_207_200;

/// What a conversation left with the platform. Patient data: never logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// The platform's id.
    pub id: ConversationId,
    /// Our call, as the relay told it at the start.
    pub call_id: Option<CallId>,
    /// The attempt, likewise.
    pub attempt: Option<u8>,
    /// Whether the platform has finished with it; before, the rest is not final.
    pub is_over: bool,
    /// What it read out of the conversation, by the name of the field; without what is missing.
    pub collected: Map<String, Value>,
    /// What is kept of the rest.
    pub digest: Digest,
}

impl Conversation {
    /// Reads a post-call report; `None` if it names no conversation.
    #[must_use]
    pub fn read(data: &Value) -> Option<Self> {
        let id = text(&data["conversation_id"])?;
        let variables = &data["conversation_initiation_client_data"]["dynamic_variables"];
        let call_id = text(&variables["call_id"]).or_else(|| text(&data["user_id"]));
        let status = text(&data["status"]).unwrap_or_default();
        Some(Self {
            id: ConversationId::new(&id),
            call_id: call_id.and_then(|id| id.parse().ok()),
            attempt: number(&variables["attempt"]),
            is_over: matches!(status.as_str(), "done" | "failed"),
            collected: collected(&data["analysis"]["data_collection_results"]),
            digest: digest(data, status),
        })
    }
}

fn digest(data: &Value, status: String) -> Digest {
    let (metadata, analysis) = (&data["metadata"], &data["analysis"]);
    let started: Option<i64> = number(&metadata["start_time_unix_secs"]);
    let started = started.filter(|secs| (0..=STARTED_SECS_MAX).contains(secs));
    let reason = text(&metadata["termination_reason"]);
    let error = || text(&metadata["error"]["reason"]);
    Digest {
        status,
        started_at: started.map(|secs| Timestamp::from_millis(1_000 * secs)),
        duration_secs: number(&metadata["call_duration_secs"]),
        termination_reason: reason.or_else(error),
        call_successful: text(&analysis["call_successful"]),
        summary: text(&analysis["transcript_summary"]),
        evaluation: evaluation(&analysis["evaluation_criteria_results"]),
        transcript: transcript(&data["transcript"]),
    }
}

/// Values that were found. Some workspaces report Python's `None` as text.
fn collected(results: &Value) -> Map<String, Value> {
    let results = results.as_object().into_iter().flatten();
    let values = results.filter_map(|(field, result)| {
        let value = &result["value"];
        let is_missing = value.is_null() || matches!(value.as_str(), Some("" | "None" | "null"));
        (!is_missing).then(|| (field.clone(), value.clone()))
    });
    values.collect()
}

fn evaluation(results: &Value) -> BTreeMap<String, Evaluation> {
    let results = results.as_object().into_iter().flatten();
    let judged = results.filter_map(|(criterion, judged)| {
        let result = text(&judged["result"])?;
        let rationale = text(&judged["rationale"]);
        Some((clipped(criterion), Evaluation { result, rationale }))
    });
    judged.take(CRITERIA_MAX).collect()
}

fn transcript(turns: &Value) -> Vec<Line> {
    let mut bytes = 0;
    let turns = turns.as_array().into_iter().flatten();
    let lines = turns.filter_map(|turn| {
        let role = match turn["role"].as_str()? {
            "agent" => Speaker::Agent,
            "user" => Speaker::Callee,
            _ => return None,
        };
        Some(Line {
            role,
            text: text(&turn["message"])?,
            at_secs: number(&turn["time_in_call_secs"]),
        })
    });
    let fits = |line: &Line| {
        bytes += line.text.len();
        bytes <= TRANSCRIPT_BYTES_MAX
    };
    lines.take(LINES_MAX).take_while(fits).collect()
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| clipped(text))
}

fn clipped(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// A whole number in bounds, also one that came as text or with a fraction of nothing.
fn number<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    let whole = |number: f64| (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok());
    let number = value
        .as_i64()
        .or_else(|| value.as_f64().and_then(whole).flatten())
        .or_else(|| value.as_str()?.trim().parse().ok());
    T::try_from(number?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "agent_id": "agent_x", "conversation_id": "conv_x", "status": "done",
            "user_id": "07070707-0707-0707-0707-070707070707",
            "transcript": [
                { "role": "agent", "message": "नमस्ते", "time_in_call_secs": 0, "new_field": [] },
                { "role": "user", "message": "मैं बयालीस साल का हूँ", "time_in_call_secs": 4 },
                { "role": "agent", "message": null, "tool_calls": [{}] },
            ],
            "metadata": {
                "start_time_unix_secs": 1_793_400_000, "call_duration_secs": 181.0,
                "termination_reason": "end_call tool was called",
            },
            "analysis": {
                "evaluation_criteria_results": {
                    "consent": { "criteria_id": "consent", "result": "success", "rationale": "asked" },
                },
                "data_collection_results": {
                    "age": { "value": 42 }, "city": { "value": null }, "gender": { "value": "None" },
                },
                "call_successful": "success", "transcript_summary": "Age collected.",
            },
            "conversation_initiation_client_data": {
                "dynamic_variables": { "call_id": "08080808-0808-0808-0808-080808080808", "attempt": "2" },
            },
        })
    }

    #[test]
    fn what_is_known_is_kept_and_what_is_missing_left_out() {
        let read = Conversation::read(&report()).unwrap();
        assert_eq!(read.call_id, Some(CallId::from_bytes([8; 16])));
        assert_eq!((read.attempt, read.is_over), (Some(2), true));
        assert_eq!(Value::Object(read.collected), json!({ "age": 42 }));
        assert_eq!(
            json!(read.digest),
            json!({
                "status": "done", "startedAt": "2026-10-30T22:40:00.000Z", "durationSecs": 181,
                "terminationReason": "end_call tool was called", "callSuccessful": "success",
                "summary": "Age collected.",
                "evaluation": { "consent": { "result": "success", "rationale": "asked" } },
                "transcript": [
                    { "role": "agent", "text": "नमस्ते", "atSecs": 0 },
                    { "role": "callee", "text": "मैं बयालीस साल का हूँ", "atSecs": 4 },
                ],
            })
        );
    }

    #[test]
    fn next_to_nothing_is_required() {
        let mut data = report();
        data["conversation_initiation_client_data"] = Value::Null;
        let by_user = Conversation::read(&data).unwrap();
        assert_eq!(by_user.call_id, Some(CallId::from_bytes([7; 16])));

        let least = Conversation::read(&json!({ "conversation_id": "conv_x" })).unwrap();
        assert_eq!(
            (least.call_id, least.attempt, least.is_over),
            (None, None, false)
        );
        assert_eq!(least.digest, Digest::default());
        let odd = json!({
            "conversation_id": "c", "transcript": "none", "analysis": [], "metadata": 7,
            "status": 1, "user_id": {},
        });
        assert_eq!(Conversation::read(&odd).unwrap().digest, Digest::default());
        for nothing in [json!(null), json!([]), json!({ "conversation_id": " " })] {
            assert_eq!(Conversation::read(&nothing), None);
        }
    }

    #[test]
    fn a_start_that_is_no_moment_is_left_out() {
        for (secs, is_kept) in [
            (0, true),
            (STARTED_SECS_MAX, true),
            (STARTED_SECS_MAX + 1, false),
            (1_793_400_000_000, false),
            (-1, false),
        ] {
            let mut data = report();
            data["metadata"]["start_time_unix_secs"] = json!(secs);
            let digest = Conversation::read(&data).unwrap().digest;
            assert_eq!(digest.started_at.is_some(), is_kept, "{secs}");
            let stored = serde_json::to_value(&digest).unwrap();
            assert_eq!(serde_json::from_value::<Digest>(stored).unwrap(), digest);
        }
    }

    #[test]
    fn a_monster_is_cut_to_what_fits_an_item() {
        let line = json!({ "role": "agent", "message": "र".repeat(5_000) });
        let data = json!({ "conversation_id": "c", "transcript": vec![line; 3_000] });
        let digest = Conversation::read(&data).unwrap().digest;
        let bytes = serde_json::to_vec(&digest).unwrap().len();
        assert!((150_000..300_000).contains(&bytes), "{bytes}");
    }
}
