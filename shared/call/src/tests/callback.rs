//! Who asks to be called again is called again, once the conversation has ended.

use super::*;

fn agreed(call: &Call, after: u64) -> CallEvent {
    CallEvent::CallbackAgreed {
        attempt: 1,
        at: call.now + secs(after),
    }
}

#[test]
fn the_phone_rings_again_when_that_was_agreed() {
    for end in [hung_up(), carrier(CarrierStatus::Ended)] {
        let mut call = Call::in_state(CallState::Active);
        let (wrong, right) = (agreed(&call, 600), agreed(&call, 3_600));
        let due = call.now + secs(3_600);
        call = call.after(&[wrong, right, CallEvent::AnswerSaved { attempt: 1 }]);
        assert_eq!(call.session.state, CallState::Active, "they talk on");
        call = call.after(&[end]);
        assert_eq!(call.session.state, CallState::Initiating);
        assert_eq!(
            (call.session.dial_at, call.session.callback_at),
            (Some(due), None)
        );
        let attempt = call.session.attempt.as_ref().unwrap();
        assert_eq!(attempt.outcome, Some(Outcome::CallbackAgreed));
        // The next conversation ends the call for good.
        let call = call.dialled().after(&[
            CallEvent::StreamOpened {
                attempt: 2,
                carrier_call_id: None,
            },
            CallEvent::HungUp {
                attempt: 2,
                stream: 1,
                by: HungUpBy::Agent,
            },
        ]);
        assert_eq!(call.session.cause, Some(EndCause::AgentEnded));
    }
}

#[test]
fn a_callback_whose_moment_passed_in_the_talk_rings_when_the_line_is_free() {
    let mut call = Call::in_state(CallState::Active);
    let soon = agreed(&call, 5);
    call.apply(soon).unwrap();
    call.now = call.session.talk_until.unwrap();
    call.session.deadline = call.session.talk_until;
    call.apply(CallEvent::DeadlinePassed).unwrap();
    assert_eq!(call.session.state, CallState::Initiating);
    assert_eq!(
        call.session.dial_at,
        Some(call.now + policy::CALLBACK_PAUSE)
    );
}

#[test]
fn a_stream_that_is_lost_after_that_loses_no_callback() {
    let mut call = Call::in_state(CallState::Active);
    let event = agreed(&call, 3_600);
    call = call.after(&[event, lost()]);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Initiating);
    let attempt = call.session.attempt.as_ref().unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::CallbackAgreed));
}

#[test]
fn what_cannot_be_is_refused_when_it_is_agreed() {
    let mut call = Call::in_state(CallState::Active);
    let late = agreed(&call, 25 * 3_600);
    assert_eq!(call.apply(late), Err(Rejection::TooLate));
    call.session.attempt.as_mut().unwrap().number = policy::ATTEMPTS_BOUND;
    let event = CallEvent::CallbackAgreed {
        attempt: policy::ATTEMPTS_BOUND,
        at: call.now + secs(600),
    };
    assert_eq!(call.apply(event), Err(Rejection::NoAttemptLeft));
    assert_eq!(call.session.callback_at, None);
}

#[test]
fn a_callback_has_all_its_retries_whatever_was_dialled_and_answered_before() {
    for retries in [0, 3] {
        let mut call = Call::in_state(CallState::Active);
        call.policy.retries_max = retries;
        let event = agreed(&call, 600);
        call = call.after(&[event, CallEvent::AnswerSaved { attempt: 1 }, hung_up()]);
        for retry in 0..=retries {
            call = call.dialled();
            let attempt = 2 + retry;
            assert_eq!(call.session.attempt.as_ref().unwrap().number, attempt);
            let status = CarrierStatus::NoAnswer;
            call.apply(CallEvent::Carrier { attempt, status }).unwrap();
        }
        assert_eq!(call.session.cause, Some(EndCause::NoAnswer));
    }
}

#[test]
fn a_callback_waits_for_the_hours_of_the_day() {
    let mut call = Call::in_state(CallState::Active);
    call.policy.calling_window = Some("09:00-21:00 Asia/Kolkata".parse().unwrap());
    let night = CallEvent::CallbackAgreed {
        attempt: 1,
        at: call.now + secs(60),
    };
    let opening = call
        .session
        .opens_at(call.now + secs(60), &call.policy)
        .unwrap();
    let call = call.after(&[night, hung_up()]);
    assert_eq!(call.session.dial_at, Some(opening));
}

#[test]
fn who_was_handed_over_is_not_called_again() {
    let call = Call::in_state(CallState::Active);
    let event = agreed(&call, 600);
    let call = call.after(&[
        event,
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Transfer,
        },
    ]);
    assert_eq!(call.session.state, CallState::Completed);
    assert_eq!(call.session.cause, Some(EndCause::Transferred));
}
