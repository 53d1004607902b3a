//! When the phone rings again, and when it does not.

use super::*;

#[test]
fn no_answer_redials_until_retries_run_out() {
    let mut call = Call::new();
    for attempt in 1..=4 {
        call = call.dialled();
        assert_eq!(call.session.attempt.as_ref().unwrap().number, attempt);
        call.wait_for_deadline();
        if attempt < 4 {
            assert_eq!(call.session.state, CallState::Initiating);
            assert_eq!(call.session.dial_at, Some(call.now + secs(15 * 60)));
        }
    }
    assert_eq!(call.session.state, CallState::Failed);
    assert_eq!(call.session.cause, Some(EndCause::NoAnswer));
    assert_eq!(call.session.deadline, None);
}

#[test]
fn each_outcome_waits_its_own_time() {
    #[track_caller]
    fn check(status: CarrierStatus, delay: Duration) {
        let call = Call::new().dialled().after(&[carrier(status)]);
        assert_eq!(call.session.state, CallState::Initiating);
        assert_eq!(call.session.dial_at, Some(call.now + delay));
    }
    check(CarrierStatus::Busy, secs(5 * 60));
    check(CarrierStatus::NoAnswer, secs(15 * 60));
    check(CarrierStatus::Unreachable, secs(30 * 60));
    check(CarrierStatus::Failed, secs(60));
    check(CarrierStatus::Ended, secs(60));
}

#[test]
fn a_refusal_that_binds_the_number_is_never_dialled_again() {
    #[track_caller]
    fn check(reason: RefusalReason, cause: EndCause) {
        let mut call = Call::new();
        call.wait_for_dial();
        let call = call.after(&[
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::DialRefused { attempt: 1, reason },
        ]);
        assert_eq!(call.session.state, CallState::Failed);
        assert_eq!(call.session.cause, Some(cause));
    }
    check(RefusalReason::InvalidNumber, EndCause::InvalidNumber);
    check(RefusalReason::DoNotDisturb, EndCause::DoNotDisturb);
    check(RefusalReason::Rejected, EndCause::Rejected);
}

#[test]
fn saved_answers_block_no_retry_but_that_of_a_lost_connection() {
    let saved = [CallEvent::AnswerSaved { attempt: 1 }];
    let call = Call::in_state(CallState::Active).after(&saved);
    let (attempt, stream) = (1, 1);
    let call = call.after(&[CallEvent::AgentUnavailable {
        attempt,
        stream,
        because: AgentFault::Outage,
    }]);
    assert_eq!(call.session.state, CallState::Initiating);
    assert_eq!(call.session.dial_at, Some(call.now + secs(120)));
}

#[test]
fn a_lost_call_with_saved_answers_is_not_dialled_again() {
    let mut call =
        Call::in_state(CallState::Active).after(&[CallEvent::AnswerSaved { attempt: 1 }, lost()]);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Failed);
    assert_eq!(call.session.cause, Some(EndCause::ConnectionLost));
}

#[test]
fn a_retry_that_would_pass_the_expiry_fails_with_the_outcome() {
    let mut call = Call::new().dialled();
    call.session.expires_at = call.now + secs(60);
    let call = call.after(&[carrier(CarrierStatus::Busy)]);
    assert_eq!(call.session.cause, Some(EndCause::Busy));
}

/// The row's budget holds, whatever the service allows, and callbacks count.
#[test]
fn a_call_of_a_campaign_is_dialled_as_often_as_its_row_may() {
    for dials_max in [1, 2, 6] {
        let mut call = Call::of_campaign(dials_max);
        for attempt in 1..=dials_max {
            call = call.dialled();
            assert_eq!(call.session.attempt.as_ref().unwrap().number, attempt);
            call.wait_for_deadline();
            assert_eq!(call.session.state.is_final(), attempt == dials_max);
        }
    }
    for (dials_max, expected) in [(1, Err(Rejection::NoAttemptLeft)), (2, Ok(()))] {
        let mut call = Call::of_campaign(dials_max).dialled();
        call = call.after(&[opened(), ready()]);
        let at = call.now + secs(600);
        let agreed = call.apply(CallEvent::CallbackAgreed { attempt: 1, at });
        assert_eq!(agreed, expected, "{dials_max}");
    }
}
