//! The last moment, the last attempt, and how long each wait is.

use super::*;
use crate::policy::{ATTEMPTS_BOUND, DISPATCH_TIMEOUT, LOOK_UP_TIMEOUT};

/// A call that expires so long from now.
fn expiring(state: CallState, left: Duration) -> Call {
    let mut call = Call::in_state(state);
    call.session.expires_at = call.now + left;
    call
}

#[test]
fn who_could_be_dialled_again_only_when_the_call_expires_is_not() {
    let wait = Policy::default().retry_busy;
    let busy = carrier(CarrierStatus::Busy);
    for (left, retries) in [(wait, false), (wait + Duration::from_millis(1), true)] {
        let call = expiring(CallState::Dialing, left).after(std::slice::from_ref(&busy));
        assert_eq!(!call.session.state.is_final(), retries, "{left:?}");
    }
}

#[test]
fn a_callback_at_the_moment_when_the_call_expires_is_too_late() {
    let in_an_hour = |left| {
        let mut call = expiring(CallState::Active, left);
        let at = call.now + secs(3_600);
        call.apply(CallEvent::CallbackAgreed { attempt: 1, at })
    };
    assert_eq!(in_an_hour(secs(3_600)), Err(Rejection::TooLate));
    assert_eq!(in_an_hour(secs(3_601)), Ok(()));
}

/// The talk goes on past the agreed moment, and nearly to the call's end.
#[test]
fn a_callback_that_would_ring_when_the_call_expires_is_none() {
    for (left, is_kept) in [(10_000, false), (10_001, true)] {
        let mut call = Call::in_state(CallState::Active);
        let at = call.now + secs(1);
        call.apply(CallEvent::CallbackAgreed { attempt: 1, at })
            .unwrap();
        call.now = call.now + secs(20);
        call.session.expires_at = call.now + Duration::from_millis(left);
        call.apply(hung_up()).unwrap();
        assert_eq!(call.session.state == CallState::Initiating, is_kept);
    }
}

#[test]
fn no_call_has_more_attempts_than_any_may_have() {
    for (number, retries) in [(ATTEMPTS_BOUND - 1, true), (ATTEMPTS_BOUND, false)] {
        let mut call = Call::in_state(CallState::Dialing);
        call.session.attempts_before = number - 1;
        call.session.attempt.as_mut().unwrap().number = number;
        let status = CarrierStatus::Busy;
        call.apply(CallEvent::Carrier {
            attempt: number,
            status,
        })
        .unwrap();
        assert_eq!(!call.session.state.is_final(), retries, "{number}");
    }
}

#[test]
fn a_dial_that_is_sent_again_has_not_left() {
    let mut call = Call::new();
    call.wait_for_dial();
    let mut call = call.after(&[
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialNotSent {
            attempt: 1,
            retry_after: None,
            because: Hindrance::NoConnection,
        },
    ]);
    call.wait_for_dial();
    let attempt = call.session.attempt.unwrap();
    assert_eq!((attempt.number, attempt.dispatched_at), (1, None));
}

#[test]
fn an_intent_and_a_look_into_the_log_have_their_own_time() {
    let mut intended = Call::new();
    intended.wait_for_dial();
    intended.wait_for_deadline();
    assert_eq!(
        intended.session.deadline,
        Some(intended.now + DISPATCH_TIMEOUT)
    );

    let mut lost = intended.after(&[CallEvent::DialDispatched { attempt: 1 }]);
    lost.wait_for_deadline();
    assert_eq!(lost.effects, [Effect::LookUp { attempt: 1 }]);
    assert_eq!(lost.session.deadline, Some(lost.now + LOOK_UP_TIMEOUT));
}
