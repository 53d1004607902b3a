//! Streams and heartbeats of a call that is answered.

use super::*;

#[test]
fn a_second_stream_is_refused_and_a_lost_one_may_come_back() {
    let mut call = Call::in_state(CallState::Active);
    assert_eq!(call.apply(opened()), Err(Rejection::StreamTaken));
    let call = call.after(&[lost(), opened()]);
    assert_eq!(call.session.state, CallState::Active);
    assert_eq!(call.session.attempt.unwrap().streams, 2);
}

#[test]
fn a_stream_for_an_attempt_that_is_over_is_refused() {
    for state in [CallState::Completed, CallState::Failed] {
        let mut call = Call::in_state(state);
        assert_eq!(call.apply(opened()), Err(Rejection::AttemptOver));
    }
    let mut call = Call::new().dialled();
    call.apply(carrier(CarrierStatus::NoAnswer)).unwrap();
    assert_eq!(call.apply(opened()), Err(Rejection::AttemptOver));
}

#[test]
fn heartbeats_keep_a_call_alive_until_its_longest_duration() {
    let mut call = Call::in_state(CallState::Active);
    let end = call.now + secs(15 * 60);
    while call.now + secs(10) < end {
        call.now = call.now + secs(10);
        call.apply(CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice: Voice::Nobody,
        })
        .unwrap();
    }
    assert_eq!(call.session.deadline, Some(end));
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Completed);
    assert_eq!(call.session.cause, Some(EndCause::MaxDuration));
}

#[test]
fn who_speaks_is_known_from_the_last_heartbeat_until_the_stream_or_the_call_ends() {
    let speaking = |call: &Call| call.session.speaking;
    let beat = |voice| CallEvent::Heartbeat {
        attempt: 1,
        stream: 1,
        voice,
    };
    let talking = |voice| {
        let mut call = Call::in_state(CallState::Active);
        assert_eq!(speaking(&call), None);
        call.now = call.now + secs(10);
        call.apply(beat(voice)).unwrap();
        let at = call.now;
        assert_eq!(speaking(&call), Some(Speaking { who: voice, at }));
        call
    };
    let mut call = talking(Voice::Agent);
    let first = speaking(&call);
    call.now = call.now + secs(5);
    call.apply(CallEvent::AnswerSaved { attempt: 1 }).unwrap();
    assert_eq!(
        speaking(&call),
        first,
        "its moment is that of the heartbeat"
    );
    call.apply(beat(Voice::Callee)).unwrap();
    assert_eq!(speaking(&call).unwrap().who, Voice::Callee);
    for end in [lost(), hung_up(), CallEvent::Cancelled] {
        let mut call = talking(Voice::Nobody);
        call.apply(end.clone()).unwrap();
        assert_eq!(speaking(&call), None, "{end:?}");
    }
    let mut silent = talking(Voice::Agent);
    silent.now = silent.now + secs(20);
    silent.apply(opened()).unwrap();
    assert_eq!(
        (silent.session.state, speaking(&silent)),
        (CallState::Active, None)
    );
}

#[test]
fn a_call_that_was_stored_without_a_voice_is_read() {
    let call = Call::in_state(CallState::Active);
    let stored = serde_json::to_value(&call.session).unwrap();
    assert!(stored.get("speaking").is_none(), "{stored}");
    let read: CallSession = serde_json::from_value(stored).unwrap();
    assert_eq!(read, call.session);
}

#[test]
fn a_relay_that_falls_silent_loses_the_call_and_may_find_it_again() {
    let mut call = Call::in_state(CallState::Active);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Disconnected);
    let mut found = Call {
        session: call.session.clone(),
        ..Call::in_state(CallState::Active)
    };
    found.now = call.now;
    found
        .apply(CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice: Voice::Nobody,
        })
        .unwrap();
    assert_eq!(found.session.state, CallState::Active);
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Initiating);
}
