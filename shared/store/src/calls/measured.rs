//! The metrics of a call: what each stored change of it adds to them.

use call::{AgentFault, Attempt, CallSession, CallState, Decision, Outcome};
use logging::metrics::{
    AGENT_UNAVAILABLE, ANSWERED_PERCENT, ATTEMPTS_ENDED, CALLS_REACHED, RING_TO_ANSWER,
};

/// Notes a new call.
pub(super) fn note_created() {
    CALLS_REACHED.note_of(CallState::Initiating.label(), 1.0);
}

/// Notes a change that is stored.
pub(super) fn note_change(before: &CallSession, decision: &Decision) {
    let next = &decision.next;
    if before.state != next.state {
        CALLS_REACHED.note_of(next.state.label(), 1.0);
    }
    let Some(attempt) = &next.attempt else { return };
    if let Some(rang_ms) = rang_ms(before, attempt) {
        RING_TO_ANSWER.note(rang_ms);
    }
    let ended = decision.audit.as_ref().and_then(|line| line.outcome);
    if let Some(outcome) = ended {
        note_ended(attempt, outcome);
    }
}

/// How long the phone rang, if this change is the first to say that somebody picked up.
fn rang_ms(before: &CallSession, attempt: &Attempt) -> Option<f64> {
    let known = before.attempt.as_ref();
    let known = known.filter(|known| known.number == attempt.number);
    let is_news = known.is_none_or(|known| known.answered_at.is_none());
    let answered_at = attempt.answered_at.filter(|_| is_news)?;
    let rang = answered_at.since(attempt.dispatched_at?);
    Some(rang.as_secs_f64() * 1_000.0)
}

fn note_ended(attempt: &Attempt, outcome: Outcome) {
    ATTEMPTS_ENDED.note_of(outcome.label(), 1.0);
    if let Some(is_answered) = is_answered(outcome) {
        ANSWERED_PERCENT.note(if is_answered { 100.0 } else { 0.0 });
    }
    if outcome == Outcome::AgentUnavailable {
        AGENT_UNAVAILABLE.note_of(fault_label(attempt.agent_fault), 1.0);
    }
}

/// Whether somebody picked up the phone that was rung; `None` if none was, or nobody waited for it.
const fn is_answered(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Answered
        | Outcome::AgentUnavailable
        | Outcome::ConnectionLost
        | Outcome::CallbackAgreed => Some(true),
        Outcome::Busy | Outcome::NoAnswer | Outcome::Unreachable | Outcome::CarrierError => {
            Some(false)
        }
        Outcome::Refused(_) | Outcome::Cancelled | Outcome::NotDialled => None,
    }
}

/// A fault that nobody named is an agent that was not ready in time.
const fn fault_label(fault: Option<AgentFault>) -> &'static str {
    match fault {
        Some(AgentFault::Configuration) => "configuration",
        Some(AgentFault::Quota) => "quota",
        Some(AgentFault::Busy) => "busy",
        Some(AgentFault::Outage) | None => "outage",
    }
}
