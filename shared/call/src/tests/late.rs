//! Who picks up late is talked to.

use super::*;

fn opened_of(attempt: u8) -> CallEvent {
    CallEvent::StreamOpened {
        attempt,
        carrier_call_id: None,
    }
}

/// An attempt that nothing was heard of, at the moment at which it was given up.
fn given_up() -> Call {
    let mut call = Call::new().dialled();
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Initiating);
    call
}

#[test]
fn the_welcome_line_does_not_eat_the_time_to_pick_up() {
    let mut call = Call::new().dialled();
    call.now = call.now + secs(49);
    assert_eq!(
        call.apply(CallEvent::DeadlinePassed),
        Err(Rejection::NotDue)
    );
    let call = call.after(&[opened()]);
    assert_eq!(call.session.state, CallState::Connected);

    let mut reported = Call::new()
        .dialled()
        .after(&[carrier(CarrierStatus::Answered)]);
    reported.now = reported.now + secs(19);
    let not_yet = reported.apply(CallEvent::DeadlinePassed);
    assert_eq!(not_yet, Err(Rejection::NotDue));
    reported.apply(opened()).unwrap();
}

#[test]
fn a_stream_re_opens_an_attempt_that_was_only_presumed_over() {
    let mut unanswered = given_up();
    unanswered.now = unanswered.now + secs(60);
    let mut silent = Call::new()
        .dialled()
        .after(&[carrier(CarrierStatus::Answered)]);
    silent.wait_for_deadline();
    for (call, was) in [
        (unanswered, Outcome::NoAnswer),
        (silent, Outcome::ConnectionLost),
    ] {
        assert_eq!(call.session.attempt.as_ref().unwrap().outcome, Some(was));
        let call = call.after(&[opened(), ready(), hung_up()]);
        let attempt = call.session.attempt.as_ref().unwrap();
        assert_eq!(
            (attempt.number, attempt.outcome, attempt.presumed),
            (1, Some(Outcome::Answered), false)
        );
        assert_eq!(call.session.cause, Some(EndCause::CalleeHungUp));
        let rung: Vec<Outcome> = call.session.rung.iter().map(|rung| rung.outcome).collect();
        assert_eq!(rung, [Outcome::Answered], "one ring, as it ended at last");
    }
}

#[test]
fn nothing_else_re_opens_it() {
    for event in every_event() {
        if event.attempt().is_some() && event != opened() {
            assert_eq!(given_up().apply(event), Err(Rejection::AttemptOver));
        }
    }
}

#[test]
fn what_the_carrier_said_or_a_newer_attempt_stands() {
    let mut reported = Call::new()
        .dialled()
        .after(&[carrier(CarrierStatus::NoAnswer)]);
    assert_eq!(reported.apply(opened()), Err(Rejection::AttemptOver));

    let mut again = given_up();
    again.wait_for_dial();
    assert_eq!(again.apply(opened()), Err(Rejection::AttemptOver));

    let mut cancelled = given_up().after(&[CallEvent::Cancelled]);
    assert_eq!(cancelled.apply(opened()), Err(Rejection::AttemptOver));

    let mut other = given_up();
    assert_eq!(other.apply(opened_of(2)), Err(Rejection::AttemptOver));
}

/// A call whose stream was opened before the pick-up.
fn ringing() -> Call {
    let (attempt, stream) = (1, 1);
    let call = Call::new().dialled();
    call.after(&[opened(), CallEvent::StreamRinging { attempt, stream }])
}

#[test]
fn a_stream_before_the_pick_up_proves_nothing() {
    for (status, outcome) in [
        (CarrierStatus::Busy, Outcome::Busy),
        (CarrierStatus::NoAnswer, Outcome::NoAnswer),
    ] {
        let call = ringing();
        assert_eq!(call.session.state, CallState::Dialing);
        let call = call.after(&[carrier(status)]);
        assert_eq!(call.session.attempt.unwrap().outcome, Some(outcome));
    }
    let mut silent = ringing();
    silent.wait_for_deadline();
    let attempt = silent.session.attempt.unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::NoAnswer));

    let closed = ringing().after(&[lost()]);
    let attempt = closed.session.attempt.unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::NoAnswer));
}

#[test]
fn who_picks_up_after_the_stream_is_talked_to() {
    let (attempt, stream) = (1, 1);
    let mut call = ringing();
    call.now = call.now + secs(29);
    let call = call.after(&[CallEvent::StreamAnswered { attempt, stream }, ready()]);
    assert_eq!(call.session.state, CallState::Active);
    assert_eq!(call.session.attempt.unwrap().answered_at, Some(call.now));
}

#[test]
fn a_pick_up_counts_whoever_tells_of_it_first() {
    let (attempt, stream) = (1, 1);
    let by_stream = CallEvent::StreamAnswered { attempt, stream };
    let mut call = ringing().after(&[carrier(CarrierStatus::Answered)]);
    let picked_up = call.now;
    call.now = call.now + secs(2);
    let mut call = call.after(std::slice::from_ref(&by_stream));
    assert_eq!(call.session.state, CallState::Connected);
    let attempts = call.session.attempt.as_ref();
    assert_eq!(attempts.unwrap().answered_at, Some(picked_up));
    assert_eq!(call.session.deadline, Some(picked_up + secs(10 + 15)));
    call.now = call.now + secs(1);
    assert_eq!(call.apply(by_stream), Err(Rejection::AlreadyApplied));
}

#[test]
fn a_stream_takes_no_word_of_the_carriers_back() {
    let (attempt, stream) = (1, 1);
    let answered = carrier(CarrierStatus::Answered);
    for events in [[answered.clone(), opened()], [opened(), answered.clone()]] {
        let mut call = Call::new().dialled().after(&events);
        let refused = call.apply(CallEvent::StreamRinging { attempt, stream });
        assert_eq!(refused, Err(Rejection::AlreadyApplied));
        assert_eq!(call.session.state, CallState::Connected);
        assert_eq!(call.apply(answered.clone()), Err(Rejection::AlreadyApplied));
    }
}
