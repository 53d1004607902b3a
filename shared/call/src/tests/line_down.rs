//! The carrier says that the line is down, and the relay says something else, or nothing.

use super::*;

fn ended() -> CallEvent {
    carrier(CarrierStatus::Ended)
}

#[test]
fn who_talked_and_whose_stream_broke_with_the_line_has_hung_up_whoever_tells_first() {
    for events in [[ended(), lost()], [lost(), ended()]] {
        let call = Call::in_state(CallState::Active).after(&events);
        assert_eq!(call.session.state, CallState::Completed);
        assert_eq!(call.session.cause, Some(EndCause::CarrierEnded));
    }
}

#[test]
fn the_relay_says_how_it_ended_though_the_carrier_was_faster() {
    let call = Call::in_state(CallState::Active).after(&[ended(), hung_up()]);
    assert_eq!(call.session.state, CallState::Completed);
    assert_ne!(call.session.cause, Some(EndCause::CarrierEnded));
}

#[test]
fn a_relay_that_never_says_anything_is_gone_and_the_callee_is_rung_again() {
    let mut call = Call::in_state(CallState::Active).after(&[ended()]);
    assert_eq!(call.session.state, CallState::Disconnected);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Initiating);
    let outcome = call.session.attempt.and_then(|attempt| attempt.outcome);
    assert_eq!(outcome, Some(Outcome::ConnectionLost));
}

#[test]
fn the_same_holds_when_the_missing_heartbeat_was_noticed_first() {
    let mut call = Call::in_state(CallState::Active);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Disconnected);
    let mut call = call.after(&[ended()]);
    assert_eq!(call.session.state, CallState::Disconnected);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Initiating);
}

#[test]
fn what_was_said_of_an_earlier_stream_completes_nothing() {
    let again = CallEvent::StreamOpened {
        attempt: 1,
        carrier_call_id: None,
    };
    let call = Call::in_state(CallState::Active).after(&[lost(), again]);
    assert_eq!(call.session.state, CallState::Active);
    let call = call.after(&[ended()]);
    assert_eq!(call.session.state, CallState::Disconnected);
}

#[test]
fn a_report_that_was_wrong_is_taken_back_by_the_next_heartbeat() {
    let beat = CallEvent::Heartbeat {
        attempt: 1,
        stream: 1,
        voice: Voice::Nobody,
    };
    let call = Call::in_state(CallState::Active).after(&[ended(), beat]);
    assert_eq!(call.session.state, CallState::Active);
    let call = call.after(&[lost()]);
    assert_eq!(call.session.state, CallState::Disconnected);
}
