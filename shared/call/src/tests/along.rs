//! What is stored beside the session, with it or not at all.

use super::*;
use crate::{
    decision::{Along, Channel, DueDial},
    delivery::Target,
};

/// A call before its dial has left, which no state of its own has.
fn intended() -> Call {
    let mut call = Call::new();
    call.wait_for_dial();
    call
}

/// A call whose carrier named no ring.
fn unnamed() -> Call {
    intended().after(&[
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialAccepted {
            attempt: 1,
            carrier_call_id: None,
        },
    ])
}

fn situations() -> Vec<(&'static str, Call)> {
    let states = CallState::ALL.map(|state| (state.label(), Call::in_state(state)));
    let between = [("intended", intended()), ("unnamed", unnamed())];
    states.into_iter().chain(between).collect()
}

#[test]
fn what_every_event_stores_beside_the_call() {
    let mut table = String::new();
    for (situation, mut call) in situations() {
        call.policy.reports_outcomes = true;
        call.session.has_callback = true;
        // Some time passes, so that the talk has a length.
        call.now = call.now + secs(2);
        for event in every_event() {
            let due = if event == CallEvent::DeadlinePassed {
                call.session.deadline
            } else {
                call.session.dial_at
            };
            let now = due.unwrap_or(call.now).max(call.now);
            let Ok(decision) = call.session.apply(&event, now, &call.policy) else {
                continue;
            };
            let audit = decision.audit.map_or("no line", |line| {
                if line.is_outcome() { "outcome" } else { "line" }
            });
            let along = describe(&decision.along, call.now);
            table += &format!("{situation:<13} {:<24} {audit}{along}\n", event.label());
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

fn describe(along: &Along, now: Timestamp) -> String {
    let mut text = String::new();
    if let Some(attempt) = &along.attempt {
        text += &format!(" attempt={}", attempt.number);
    }
    if let Some((from, to)) = along.moved {
        let from = from.map_or("-", CallState::label);
        text += &format!(" {from}→{}", to.label());
    }
    match along.dial {
        DueDial::Kept => {}
        DueDial::At(due) => text += &format!(" dial in {}s", due.since(now).as_secs()),
        DueDial::Gone => text += " no dial",
    }
    if along.channel != Channel::Unchanged {
        text += &format!(" {:?}", along.channel);
    }
    if along.unless_opted_out {
        text += " unless opted out";
    }
    if along.is_not_to_be_disturbed {
        text += " not to be disturbed";
    }
    if let Some((_, attempt)) = &along.carrier_call {
        text += &format!(" named={attempt}");
    }
    if let Some(awaited) = &along.conversation {
        let wait = awaited.ask_from.since(now).as_secs();
        text += &format!(" conversation={} asked for in {wait}s", awaited.attempt);
    }
    if let Some(result) = &along.result {
        let secs = result.talk.map(|talk| talk.as_secs());
        text += &format!(
            " result={} after {} talk={secs:?}",
            result.state.label(),
            result.attempts
        );
    }
    if along.hides {
        text += " hides";
    }
    if !along.notify.is_empty() {
        let labels = along.notify.iter().map(|target| target.label());
        text += &format!(" to {}", labels.collect::<Vec<_>>().join("+"));
    }
    if along.frees_number {
        text += " frees number";
    }
    text
}

#[test]
fn who_wants_no_outcomes_is_sent_none() {
    let mut call = Call::in_state(CallState::Active);
    let notified = |call: &Call| {
        let decision = call.session.apply(&hung_up(), call.now, &call.policy);
        decision.unwrap().along.notify
    };
    call.session.has_callback = false;
    call.policy.reports_outcomes = false;
    assert_eq!(notified(&call), []);
    call.session.has_callback = true;
    assert_eq!(notified(&call), [Target::Callback]);
    call.session.has_callback = false;
    call.policy.reports_outcomes = true;
    assert_eq!(notified(&call), [Target::Monitoring]);
}

#[test]
fn an_outcome_has_a_name_of_its_own() {
    let names = [
        Outcome::Answered,
        Outcome::CallbackAgreed,
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::Unreachable,
        Outcome::CarrierError,
        Outcome::AgentUnavailable,
        Outcome::ConnectionLost,
        Outcome::Cancelled,
        Outcome::NotDialled,
    ]
    .map(Outcome::label);
    let expected = [
        "answered",
        "callback_agreed",
        "busy",
        "no_answer",
        "unreachable",
        "carrier_error",
        "agent_unavailable",
        "connection_lost",
        "cancelled",
        "not_dialled",
    ];
    assert_eq!(names, expected);
    let refused = Outcome::Refused(RefusalReason::Rejected);
    assert_eq!(refused.refusal(), Some(RefusalReason::Rejected));
    assert_eq!(Outcome::Busy.refusal(), None);
}
