//! The dial protocol: who sends what, and what a silence means.

use super::*;

#[test]
fn a_dial_that_was_not_sent_goes_out_again_as_the_same_attempt() {
    let mut call = Call::new();
    for wait in [5, 10, 20, 40, 80, 160, 300, 300] {
        call.wait_for_dial();
        call = call.after(&[
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::DialNotSent {
                attempt: 1,
                retry_after: None,
                because: Hindrance::NoConnection,
            },
        ]);
        assert_eq!(call.session.state, CallState::Initiating);
        assert_eq!(call.session.dial_at, Some(call.now + secs(wait)));
    }
    call.wait_for_dial();
    assert_eq!(call.effects, [Effect::Dial { attempt: 1 }]);
    assert_eq!(call.session.attempt.unwrap().not_sent, 8);
}

#[test]
fn the_carriers_retry_after_is_honoured_up_to_five_minutes() {
    for (asked, waits) in [(7, 7), (3_600, 300)] {
        let mut call = Call::new();
        call.wait_for_dial();
        let retry_after = Some(secs(asked));
        let call = call.after(&[
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::DialNotSent {
                attempt: 1,
                retry_after,
                because: Hindrance::RateLimited,
            },
        ]);
        assert_eq!(call.session.dial_at, Some(call.now + secs(waits)));
    }
}

#[test]
fn only_one_dialer_takes_an_intent() {
    let mut call = Call::new();
    call.wait_for_dial();
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    let second = call.apply(CallEvent::DialDispatched { attempt: 1 });
    assert_eq!(second, Err(Rejection::AlreadyApplied));
}

#[test]
fn an_intent_that_never_left_is_given_out_again() {
    let mut call = Call::new();
    call.wait_for_dial();
    call.wait_for_deadline();
    assert_eq!(call.session.state, CallState::Dialing);
    assert_eq!(call.effects, [Effect::Dial { attempt: 1 }]);
}

#[test]
fn an_unknown_dial_is_never_sent_again_and_waits_longer_for_evidence() {
    let mut call = Call::new();
    call.wait_for_dial();
    call = call.after(&[
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialUnknown { attempt: 1 },
    ]);
    assert_eq!(call.session.deadline, Some(call.now + secs(90)));
    call.wait_for_deadline();
    assert_eq!(call.effects, [Effect::LookUp { attempt: 1 }]);
    assert_eq!(call.session.deadline, Some(call.now + secs(20)));
    call.wait_for_deadline();
    assert_eq!(call.effects, []);
    assert_eq!(
        call.session.attempt.as_ref().unwrap().outcome,
        Some(Outcome::NoAnswer)
    );
    call.wait_for_dial();
    assert_eq!(call.effects, [Effect::Dial { attempt: 2 }]);
}

#[test]
fn a_stream_proves_an_unknown_dial() {
    let mut call = Call::new();
    call.wait_for_dial();
    let call = call.after(&[
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialUnknown { attempt: 1 },
        opened(),
    ]);
    assert_eq!(call.session.state, CallState::Connected);
    assert_eq!(call.session.attempt.unwrap().state, AttemptState::Accepted);
}

#[test]
fn the_stream_may_arrive_before_the_dial_reply() {
    let mut call = Call::new();
    call.wait_for_dial();
    let mut call = call.after(&[CallEvent::DialDispatched { attempt: 1 }, opened()]);
    let carrier_call_id = Some(carrier_id());
    call.apply(CallEvent::DialAccepted {
        attempt: 1,
        carrier_call_id,
    })
    .unwrap();
    assert_eq!(call.session.state, CallState::Connected);
    assert_eq!(
        call.session.attempt.unwrap().carrier_call_id,
        Some(carrier_id())
    );
}

#[test]
fn a_dial_that_its_campaign_holds_is_due_again_as_the_same_attempt() {
    let mut call = Call::of_campaign(1);
    call.wait_for_dial();
    call.apply(CallEvent::DialHeld { attempt: 1 }).unwrap();
    let session = &call.session;
    assert_eq!(
        (session.state, session.dial_at),
        (CallState::Initiating, Some(call.now))
    );
    call.wait_for_dial();
    assert_eq!(call.effects, [Effect::Dial { attempt: 1 }]);
    call.apply(CallEvent::DialDispatched { attempt: 1 })
        .unwrap();
    let held = call.apply(CallEvent::DialHeld { attempt: 1 });
    assert_eq!(held, Err(Rejection::AlreadyApplied), "it may ring");
}

#[test]
fn an_attempt_keeps_the_number_and_the_hours_under_which_its_phone_rang() {
    let terms = |caller: &str, is_promotional, window: Option<&str>| DialTerms {
        caller: Some(caller.parse().unwrap()),
        is_promotional,
        calling_window: window.map(|window| window.parse().unwrap()),
    };
    let (own, all_day) = ("+911409876543", "00:00-24:00 Asia/Kolkata");
    let sells = CallRequest {
        caller: Some(own.parse().unwrap()),
        is_promotional: true,
        calling_window: Some(all_day.parse().unwrap()),
        ..request()
    };
    for (request, first, second) in [
        (
            request(),
            terms("+911234567800", false, None),
            terms("+911234567801", false, Some("00:00-24:00 Asia/Tokyo")),
        ),
        (
            sells,
            terms(own, true, Some(all_day)),
            terms(own, true, Some(all_day)),
        ),
    ] {
        let mut call = Call::of(&request);
        call.policy.caller = Some("+911234567800".parse().unwrap());
        call.wait_for_dial();
        assert_eq!(call.session.attempt.as_ref().unwrap().terms, None);
        let mut call = call.after(&[CallEvent::DialDispatched { attempt: 1 }]);
        assert_eq!(call.session.attempt.as_ref().unwrap().terms, Some(first));
        call.apply(CallEvent::Carrier {
            attempt: 1,
            status: CarrierStatus::Busy,
        })
        .unwrap();
        call.policy.caller = Some("+911234567801".parse().unwrap());
        call.policy.calling_window = Some("00:00-24:00 Asia/Tokyo".parse().unwrap());
        let call = call.dialled();
        assert_eq!(call.session.attempt.unwrap().terms, Some(second));
    }
}
