//! The spans of a call that end with a stored change of it.

use call::{Attempt, AttemptState, CallSession, CallState, Decision, Outcome};
use traces::{Span, Traces};

/// Tells what this change, which is stored, brought to an end.
pub(super) fn tell_change(traces: &Traces, before: &CallSession, decision: &Decision) {
    let next = &decision.next;
    if let Some(attempt) = &next.attempt {
        let known = before.attempt.as_ref();
        let known = known.filter(|known| known.number == attempt.number);
        tell_ring(traces, next, known, attempt);
        tell_attempt(traces, next, known, attempt);
    }
    if next.state.is_final() && !before.state.is_final() {
        tell_call(traces, next);
    }
}

/// The phone rang until somebody picked up, or until it was given up.
fn tell_ring(traces: &Traces, call: &CallSession, known: Option<&Attempt>, attempt: &Attempt) {
    let was_picked_up = known.is_some_and(|known| known.answered_at.is_some());
    let given_up = attempt
        .ended_at
        .filter(|_| known.is_some_and(|known| rang(known, attempt.outcome)));
    let ended = attempt.answered_at.or(given_up);
    let (Some(began), Some(ended), false) = (attempt.dispatched_at, ended, was_picked_up) else {
        return;
    };
    let end = if attempt.answered_at.is_some() {
        "picked_up"
    } else {
        attempt.outcome.map_or("given_up", Outcome::label)
    };
    let span = Span::of_attempt(call, attempt.number, "ring", began).word("call.ring_end", end);
    traces.end(span, ended);
}

/// Whether the phone of an attempt rang, or may have, that ends like this: the carrier took the dial, or its
/// report of what came of it was faster than its reply.
fn rang(attempt: &Attempt, ended: Option<Outcome>) -> bool {
    match attempt.state {
        AttemptState::Accepted | AttemptState::Unknown => true,
        AttemptState::Dispatched => matches!(
            ended,
            Some(Outcome::Busy | Outcome::NoAnswer | Outcome::Unreachable)
        ),
        AttemptState::Intent | AttemptState::NotSent | AttemptState::Closed => false,
    }
}

fn tell_attempt(traces: &Traces, call: &CallSession, known: Option<&Attempt>, attempt: &Attempt) {
    let was_closed = known.is_some_and(Attempt::is_closed);
    let (Some(ended), Some(outcome), false) = (attempt.ended_at, attempt.outcome, was_closed)
    else {
        return;
    };
    let span = Span::attempt(call, attempt.number, attempt.started_at);
    traces.end(span.word("call.outcome", outcome.label()), ended);
}

fn tell_call(traces: &Traces, call: &CallSession) {
    let cause = call.cause.map_or("unknown", call::EndCause::label);
    let span = Span::of_call(call, "call", call.created_at).word("call.cause", cause);
    let span = span.word("call.state", call.state.label());
    let span = if call.state == CallState::Failed {
        span.failed(cause)
    } else {
        span
    };
    traces.end(span, call.updated_at);
}
