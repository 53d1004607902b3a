//! What the platform's failures and close codes mean for a call.

use serde_json::Value;

/// What a failure or a close means for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AgentFailure {
    /// The conversation ended as intended, reached its longest duration, or may not go on.
    Ended,
    /// Our input or contract is wrong, or we may not: another try fails the same way.
    Refused,
    /// The quota is used up.
    OutOfQuota,
    /// Every conversation of the plan is taken.
    Busy,
    /// Trouble on the platform's side: a new conversation may succeed.
    Transient,
}

/// Errors after which the same patient is not talked to again at once: the time is over, the talk was
/// found unsafe, or the line is dead.
const ENDINGS: [&str; 3] = [
    "max_duration_exceeded",
    "safety_violation",
    "transport_receive_timeout",
];

pub(super) fn failure(message: &Value) -> AgentFailure {
    let event = if message["error_event"].is_object() {
        &message["error_event"]
    } else {
        message
    };
    if let Some(kind) = event["error_type"].as_str()
        && ENDINGS.contains(&kind)
    {
        return AgentFailure::Ended;
    }
    let says_quota = |key: &str| {
        event[key]
            .as_str()
            .is_some_and(|text| text.contains("quota"))
    };
    if ["message", "error_type", "reason"]
        .into_iter()
        .any(says_quota)
    {
        return AgentFailure::OutOfQuota;
    }
    event["code"]
        .as_u64()
        .map_or(AgentFailure::Transient, |code| {
            of_close(u16::try_from(code).ok())
        })
}

/// What a close code means (ElevenLabs' published codes, and those reported by others).
#[must_use]
pub fn of_close(code: Option<u16>) -> AgentFailure {
    match code {
        Some(1000) => AgentFailure::Ended,
        Some(1008) => AgentFailure::Refused,
        Some(3000) => AgentFailure::OutOfQuota,
        Some(4300) => AgentFailure::Busy,
        Some(_) | None => AgentFailure::Transient,
    }
}
