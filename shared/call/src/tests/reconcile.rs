//! What becomes of an attempt whose dial got no readable reply.

use super::*;

/// An attempt of which nothing was heard until it is looked up.
fn looked_up() -> Call {
    let mut call = Call::new();
    call.wait_for_dial();
    call = call.after(&[
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialUnknown { attempt: 1 },
    ]);
    call.wait_for_deadline();
    assert_eq!(call.effects, [Effect::LookUp { attempt: 1 }]);
    call
}

#[test]
fn a_process_that_died_while_sending_leaves_an_attempt_to_look_up() {
    let mut call = Call::new();
    call.wait_for_dial();
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    call.wait_for_deadline();
    assert_eq!(call.effects, [Effect::LookUp { attempt: 1 }]);
}

#[test]
fn an_attempt_without_a_trace_counts_as_unanswered() {
    let call = looked_up().after(&[CallEvent::NoTrace { attempt: 1 }]);
    let attempt = call.session.attempt.as_ref().unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::NoAnswer));
    assert_eq!(call.session.dial_at, Some(call.now + secs(15 * 60)));
}

#[test]
fn the_call_log_settles_an_unknown_attempt() {
    for (status, outcome) in [
        (CarrierStatus::Busy, Outcome::Busy),
        (CarrierStatus::NoAnswer, Outcome::NoAnswer),
        (CarrierStatus::Failed, Outcome::CarrierError),
        (CarrierStatus::Ended, Outcome::ConnectionLost),
    ] {
        let call = looked_up().after(&[carrier(status)]);
        let attempt = call.session.attempt.as_ref().unwrap();
        assert_eq!(attempt.outcome, Some(outcome), "{status:?}");
    }
}

#[test]
fn absence_counts_only_after_the_time_that_evidence_has() {
    let mut call = Call::new();
    call.wait_for_dial();
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    let early = call.apply(CallEvent::NoTrace { attempt: 1 });
    assert_eq!(early, Err(Rejection::AlreadyApplied));

    let mut accepted = Call::new().dialled();
    let denied = accepted.apply(CallEvent::NoTrace { attempt: 1 });
    assert_eq!(
        denied,
        Err(Rejection::AlreadyApplied),
        "the reply proved it"
    );
}

#[test]
fn an_accepted_ring_is_not_looked_up() {
    let mut call = Call::new().dialled();
    call.wait_for_deadline();
    assert_eq!(call.effects, []);
    assert_eq!(call.session.state, CallState::Initiating);
}

/// Who takes in reports holds no keys of the carrier's: what follows from one is due later.
#[test]
fn no_report_of_the_carrier_has_an_effect() {
    for state in CallState::ALL {
        for status in CARRIER_STATUSES {
            let mut call = Call::in_state(state);
            call.effects.clear();
            let _ = call.apply(carrier(status)); // Refused or not.
            assert_eq!(call.effects, [], "{state} {status:?}");
        }
    }
}
