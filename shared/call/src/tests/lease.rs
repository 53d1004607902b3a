//! How long a relay may carry a call that it cannot store, and when another may take it over.

use super::*;

/// The moment at which the call is over for everybody else, if its relay stays silent from now on.
fn given_up(call: &Call) -> Timestamp {
    let mut left_alone = Call {
        session: call.session.clone(),
        ..Call::new()
    };
    while left_alone.session.state.holds_channel() {
        left_alone.wait_for_deadline();
    }
    left_alone.now
}

#[test]
fn a_lease_ends_before_the_call_can_be_given_up() {
    for (state, given_up_after, leased) in [
        (CallState::Connected, 25_000, 18_750),
        (CallState::Active, 45_000, 35_000),
    ] {
        let call = Call::in_state(state);
        let after = |at: Timestamp| at.since(call.session.updated_at);
        assert_eq!(
            after(given_up(&call)),
            Duration::from_millis(given_up_after)
        );
        let lease = call.session.lease(&call.policy);
        assert_eq!(lease, Some(Duration::from_millis(leased)), "{state}");
    }
}

#[test]
fn who_carries_no_audio_has_no_lease() {
    for state in CallState::ALL {
        let carries = matches!(state, CallState::Connected | CallState::Active);
        let call = Call::in_state(state);
        let lease = call.session.lease(&call.policy);
        assert_eq!(lease.is_some(), carries, "{state}");
    }
}

#[test]
fn what_else_is_stored_lengthens_no_lease() {
    let mut call = Call::in_state(CallState::Active);
    let until = |call: &Call| call.session.updated_at + call.session.lease(&call.policy).unwrap();
    let before = until(&call);
    call.now = call.now + secs(8);
    call.apply(CallEvent::AnswerSaved { attempt: 1 }).unwrap();
    assert!(
        until(&call) <= before + secs(1),
        "the margin alone may change"
    );
    assert!(until(&call) < given_up(&call));
}

#[test]
fn a_returning_stream_waits_for_a_missed_beat_and_then_fences_the_old_one() {
    let mut call = Call::in_state(CallState::Active);
    call.now = call.now + secs(15);
    assert_eq!(call.apply(opened()), Err(Rejection::StreamTaken));
    call.now = call.now + Duration::from_millis(1);
    call.apply(opened()).unwrap();
    assert_eq!(call.session.state, CallState::Active);
    let of_streams = || every_event().into_iter().filter(|e| e.stream().is_some());
    assert_eq!(of_streams().count(), 12);
    for stale in of_streams() {
        assert_eq!(call.apply(stale), Err(Rejection::StreamReplaced));
    }
    let stream = 2;
    call.apply(CallEvent::Heartbeat {
        attempt: 1,
        stream,
        voice: Voice::Nobody,
    })
    .unwrap();
    call.apply(CallEvent::StreamLost { attempt: 1, stream })
        .unwrap();
    assert_eq!(call.session.state, CallState::Disconnected);
}

#[test]
fn a_stream_without_its_agent_is_replaced_once_the_agents_time_is_over() {
    let mut call = Call::in_state(CallState::Connected);
    call.now = call.now + secs(10);
    assert_eq!(call.apply(opened()), Err(Rejection::StreamTaken));
    call.now = call.now + Duration::from_millis(1);
    call.apply(opened()).unwrap();
    assert_eq!(call.session.attempt.unwrap().streams, 2);
}

#[test]
fn the_end_of_the_longest_conversation_is_no_missed_beat() {
    let mut call = Call::in_state(CallState::Active);
    let end = call.session.talk_until.unwrap();
    while call.session.deadline != Some(end) {
        call.now = call.now + secs(10);
        let beat = CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice: Voice::Nobody,
        };
        call.apply(beat).unwrap();
    }
    call.now = Timestamp::from_millis(end.as_millis() - 1);
    assert_eq!(call.apply(opened()), Err(Rejection::StreamTaken));
}

/// Half of a heartbeat timeout is a beat that was missed; before the agent is ready there are none.
#[test]
fn a_stream_that_comes_back_takes_over_when_a_beat_was_missed() {
    let (connected, active) = ([opened()], [opened(), ready()]);
    for (events, patience) in [(&connected[..], 5_000), (&active[..], 15_000)] {
        let comes_back = |before_deadline: i64| {
            let mut call = Call::new();
            call.policy.disconnect_grace = secs(5);
            let mut call = call.dialled().after(events);
            let deadline = call.session.deadline.unwrap().as_millis();
            call.now = Timestamp::from_millis(deadline - before_deadline);
            call.apply(opened())
        };
        assert_eq!(comes_back(patience), Err(Rejection::StreamTaken));
        assert_eq!(comes_back(patience - 1), Ok(()));
    }
}
