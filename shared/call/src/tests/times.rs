//! When a call may be dialled: window, expiry, and the moment before the request leaves.

use super::*;

const WINDOW: &str = "09:00-21:00 Asia/Kolkata";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn windowed() -> Policy {
    Policy {
        calling_window: Some(WINDOW.parse().unwrap()),
        ..Policy::default()
    }
}

fn created_at(at: &str, request: &CallRequest) -> Call {
    let (now, policy) = (moment(at), windowed());
    Call {
        session: CallSession::create(request, now, &policy).next,
        now,
        policy,
        effects: Vec::new(),
    }
}

#[test]
fn a_call_asked_for_at_night_waits_for_the_morning() {
    let night = created_at("2026-11-23T21:00:00+05:30", &request());
    assert_eq!(
        night.session.dial_at,
        Some(moment("2026-11-24T09:00:00+05:30"))
    );
    let day = created_at("2026-11-23T20:59:59.999+05:30", &request());
    assert_eq!(day.session.dial_at, Some(day.now));
}

#[test]
fn the_requests_own_window_narrows_the_configured_one() {
    let dubai = CallRequest {
        calling_window: Some("09:00-21:00 Asia/Dubai".parse().unwrap()),
        ..request()
    };
    let call = created_at("2026-11-23T09:00:00+05:30", &dubai);
    assert_eq!(
        call.session.dial_at,
        Some(moment("2026-11-23T10:30:00+05:30"))
    );
    // It is open in Dubai until 22:30 in India, where calls end at 21:00.
    let late = moment("2026-11-23T21:00:00+05:30");
    let opens = |call: &Call| call.session.opens_at(late, &call.policy);
    assert_eq!(opens(&call), Some(moment("2026-11-24T10:30:00+05:30")));
    let free = Policy {
        window_override: true,
        ..windowed()
    };
    let replaced = Call {
        policy: free,
        ..call
    };
    assert_eq!(opens(&replaced), Some(late));
}

#[test]
fn windows_that_are_never_open_at_once_let_nothing_through() {
    let policy = windowed();
    let now = moment("2026-11-23T12:00:00+05:30");
    let next = |text: &str| policy.next_open(Some(&text.parse().unwrap()), now);
    assert_eq!(next("21:00-09:00 Asia/Kolkata"), None);
    let last_minute = Some(moment("2026-11-23T20:59:00+05:30"));
    assert_eq!(next("20:59-09:00 Asia/Kolkata"), last_minute);
    // The night of one place is the day of another.
    let new_york = Some(moment("2026-11-23T19:30:00+05:30"));
    assert_eq!(next("09:00-09:30 America/New_York"), new_york);
}

#[test]
fn a_dial_that_comes_due_after_closing_is_put_off_and_takes_no_attempt() {
    let mut call = created_at("2026-11-23T20:59:59.999+05:30", &request());
    call.now = moment("2026-11-23T21:00:00+05:30");
    call.apply(CallEvent::DialDue).unwrap();
    assert_eq!(call.session.state, CallState::Initiating);
    assert_eq!(
        call.session.dial_at,
        Some(moment("2026-11-24T09:00:00+05:30"))
    );
    assert_eq!((call.session.attempt, call.effects), (None, vec![]));
}

#[test]
fn an_intent_that_outlived_the_window_is_not_sent_and_waits_as_the_same_attempt() {
    let mut call = created_at("2026-11-23T20:59:59+05:30", &request());
    call.apply(CallEvent::DialDue).unwrap();
    call.now = moment("2026-11-23T21:00:00+05:30");
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    assert_eq!(call.effects, []);
    assert_eq!(call.session.state, CallState::Initiating);
    call.wait_for_dial();
    assert_eq!(call.now, moment("2026-11-24T09:00:00+05:30"));
    assert_eq!(call.effects, [Effect::Dial { attempt: 1 }]);
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    assert_eq!(call.effects, [Effect::Send { attempt: 1 }]);
}

#[test]
fn a_retry_waits_for_the_window_too() {
    let mut call = created_at("2026-11-23T20:50:00+05:30", &request()).dialled();
    call.apply(carrier(CarrierStatus::NoAnswer)).unwrap();
    assert_eq!(
        call.session.dial_at,
        Some(moment("2026-11-24T09:00:00+05:30"))
    );
}

#[test]
fn a_window_that_never_opens_lets_the_call_expire() {
    let lost = serde_json::from_str("\"09:00-21:00 Asia/Atlantis\"").unwrap();
    let asked = CallRequest {
        calling_window: Some(lost),
        ..request()
    };
    let mut call = created_at("2026-11-23T12:00:00+05:30", &asked);
    assert_eq!(call.session.dial_at, Some(call.session.expires_at));
    call.wait_for_deadline();
    assert_eq!(call.session.cause, Some(EndCause::Expired));
}

#[test]
fn an_intent_that_outlived_the_call_is_not_sent() {
    let mut call = Call::new();
    call.wait_for_dial();
    call.now = call.session.expires_at;
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    assert_eq!(call.session.cause, Some(EndCause::Expired));
    assert_eq!(call.effects, []);
    let attempt = call.session.attempt.unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::NotDialled));
}

#[test]
fn a_right_to_send_that_has_grown_old_is_not_used() {
    let mut call = created_at("2026-11-23T20:59:58+05:30", &request());
    call.apply(CallEvent::DialDue).unwrap();
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    let may_send = |attempt, at| call.session.may_send(attempt, moment(at), &call.policy);
    assert!(may_send(1, "2026-11-23T20:59:59.999+05:30"));
    assert!(!may_send(2, "2026-11-23T20:59:59.999+05:30"));
    assert!(
        !may_send(1, "2026-11-23T21:00:00+05:30"),
        "the window is shut"
    );

    let mut noon = created_at("2026-11-23T12:00:00+05:30", &request());
    noon.apply(CallEvent::DialDue).unwrap();
    noon.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    let may_send = |at| noon.session.may_send(1, moment(at), &noon.policy);
    assert!(may_send("2026-11-23T12:00:04.999+05:30"));
    assert!(!may_send("2026-11-23T12:00:05+05:30"), "too old");
    noon.session.expires_at = moment("2026-11-23T12:00:03+05:30");
    let may_send = |at| noon.session.may_send(1, moment(at), &noon.policy);
    assert!(may_send("2026-11-23T12:00:02.999+05:30"));
    assert!(!may_send("2026-11-23T12:00:03+05:30"), "expired");
}

#[test]
fn who_opts_out_is_not_dialled_and_not_talked_to() {
    for state in CallState::ALL.into_iter().filter(|s| !s.is_final()) {
        let mut call = Call::in_state(state);
        call.apply(CallEvent::OptedOut).unwrap();
        assert_eq!(call.session.cause, Some(EndCause::OptedOut), "{state}");
    }
    let mut intended = Call::new();
    intended.wait_for_dial();
    intended.apply(CallEvent::OptedOut).unwrap();
    let attempt = intended.session.attempt.unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::NotDialled));
}

#[test]
fn a_clock_that_is_minutes_behind_sets_no_deadline_that_has_passed() {
    let mut call = Call::new().dialled();
    let right = call.now;
    call.now = Timestamp::from_millis(right.as_millis() - 120_000);
    call.apply(opened()).unwrap();
    assert_eq!(call.session.updated_at, right);
    let deadline = call.session.deadline.unwrap();
    assert!(deadline > right, "{deadline}");
    call.now = right;
    assert_eq!(
        call.apply(CallEvent::DeadlinePassed),
        Err(Rejection::NotDue)
    );
}
