//! Settings of the domain: how calls are made, and what is asked.

use super::env::{ConfigError, Env};
use call::{Policy, answers::Questionnaire};
use std::time::Duration;

/// Reads what the agent asks; the hospital's own questions unless the settings say otherwise.
pub fn questionnaire(env: &Env) -> Option<Questionnaire> {
    match env.text("QUESTIONNAIRE") {
        Some(_) => env.parsed("QUESTIONNAIRE"),
        None => Some(Questionnaire::default()),
    }
}

/// Most retries that may be set: a person who did not answer eleven calls will not answer more.
const RETRIES_BOUND: u8 = 10;

/// Oldest do-not-disturb list that may be set (30 days): its numbers are kept for a day longer.
pub const DND_LIST_AGE_BOUND: Duration = Duration::from_hours(30 * 24);

/// Most channels that may be set, far above any plan.
const CHANNELS_BOUND: u32 = 10_000;

/// Most dials in a second that may be set, far above any carrier's limit.
const PACE_BOUND: u32 = 1_000;

/// Reads the deadlines and retry delays of a call, and the limits on all of them.
///
/// # Errors
/// [`ConfigError`].
pub fn policy(env: &Env) -> Result<Policy, ConfigError> {
    let mut policy = Policy::default();
    for (name, field) in [
        ("RING_TIMEOUT", &mut policy.ring_timeout),
        ("ANSWER_MARGIN", &mut policy.answer_margin),
        ("RECONCILE_MARGIN", &mut policy.reconcile_margin),
        ("AGENT_READY_TIMEOUT", &mut policy.agent_ready_timeout),
        ("HEARTBEAT_TIMEOUT", &mut policy.heartbeat_timeout),
        ("MAX_CALL_DURATION", &mut policy.max_call_duration),
        ("DISCONNECT_GRACE", &mut policy.disconnect_grace),
        ("CALL_EXPIRY", &mut policy.call_expiry),
        ("RETRY_BUSY", &mut policy.retry_busy),
        ("RETRY_NO_ANSWER", &mut policy.retry_no_answer),
        ("RETRY_UNREACHABLE", &mut policy.retry_unreachable),
        (
            "RETRY_AGENT_UNAVAILABLE",
            &mut policy.retry_agent_unavailable,
        ),
        ("RETRY_CONNECTION_LOST", &mut policy.retry_connection_lost),
        ("RETRY_CARRIER_ERROR", &mut policy.retry_carrier_error),
        ("POST_CALL_WAIT", &mut policy.post_call_wait),
        ("DND_LIST_MAX_AGE", &mut policy.dnd_list_max_age),
    ] {
        *field = env.duration(name).unwrap_or(*field);
    }
    if policy.dnd_list_max_age > DND_LIST_AGE_BOUND {
        env.wrong::<()>("DND_LIST_MAX_AGE", "expected at most 720h");
    }
    policy.retries_max = env
        .number("RETRIES_MAX", 0, RETRIES_BOUND)
        .unwrap_or_default();
    policy.agent_concurrency = env.optional("AGENT_CONCURRENCY", |name| {
        env.number(name, 1, CHANNELS_BOUND)
    });
    policy.dials_per_second =
        env.optional("DIALS_PER_SECOND", |name| env.number(name, 1, PACE_BOUND));
    policy.calling_window = env.optional("CALLING_WINDOW", |name| env.parsed(name));
    policy.window_override = env.flag("CALLING_WINDOW_OVERRIDE").unwrap_or_default();
    policy.reports_outcomes = env.text("MONITORING_WEBHOOK_URL").is_some();
    policy.max_concurrent_calls = env
        .number("MAX_CONCURRENT_CALLS", 1, CHANNELS_BOUND)
        .unwrap_or_default();
    env.check(Some(policy))
}
