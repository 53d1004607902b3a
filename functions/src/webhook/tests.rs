use super::*;
use crate::tests::{app, call_request};
use call::{Attempt, Policy, ids::CarrierCallId, time::Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_793_400_000_000);

fn session(state: AttemptState, carrier_call_id: Option<&str>) -> CallSession {
    let mut session = CallSession::create(&call_request(), NOW, &Policy::default()).next;
    let attempt = Attempt::intent(2, NOW);
    let carrier_call_id = carrier_call_id.map(CarrierCallId::new);
    session.attempt = Some(Attempt {
        state,
        carrier_call_id,
        ..attempt
    });
    session
}

fn report(carrier_ids: &[&str]) -> Report {
    let carrier_ids = carrier_ids
        .iter()
        .map(|id| CarrierCallId::new(id))
        .collect();
    Report {
        carrier_ids,
        ..Report::default()
    }
}

#[test]
fn a_report_is_about_the_latest_attempt_unless_it_cannot_be() {
    use AttemptState as A;

    for (state, known, reported, expected) in [
        (A::Dispatched, None, &[][..], Some(2)),
        (A::Unknown, None, &["c1"], Some(2)),
        (A::Accepted, Some("c1"), &["c1"], Some(2)),
        (A::Accepted, Some("c1"), &["c0", "c1"], Some(2)),
        (A::Accepted, Some("c1"), &[], Some(2)),
        (A::Accepted, Some("c1"), &["c0"], None),
        (A::Intent, None, &["c0"], None),
        (A::NotSent, None, &[], None),
        (A::Closed, Some("c1"), &[], Some(2)),
    ] {
        let found = latest_attempt(&session(state, known), &report(reported));
        assert_eq!(found, expected, "{state:?} {known:?} {reported:?}");
    }
}

#[test]
fn a_report_under_an_unknown_id_is_about_the_only_ring_of_the_call_that_it_names() {
    let mut call = session(AttemptState::Accepted, Some("c1"));
    let of = |our_id| Report {
        our_id,
        ..report(&["c0"])
    };
    for (number, our_id, expected) in [
        (1, Some(call.id), Some(1)),
        (1, Some(CallId::from_bytes([9; 16])), None),
        (1, None, None),
        (2, Some(call.id), None),
    ] {
        call.attempt.as_mut().unwrap().number = number;
        assert_eq!(
            latest_attempt(&call, &of(our_id)),
            expected,
            "{number} {our_id:?}"
        );
    }
}

#[test]
fn a_pointer_counts_for_its_own_call_only() {
    let session = session(AttemptState::Accepted, Some("c2"));
    let pointer = |call_id| {
        Some(CarrierPointer {
            call_id,
            attempt: 1,
        })
    };
    let attempt_by = |pointer| with_attempt(session.clone(), &report(&["c1"]), pointer).1;
    assert_eq!(attempt_by(pointer(session.id)), Some(1));
    assert_eq!(attempt_by(pointer(CallId::from_bytes([9; 16]))), None);
    assert_eq!(attempt_by(None), None);
}

#[tokio::test]
async fn a_report_that_names_nothing_is_taken_in_without_the_store() {
    let asked = Asked::of(&Method::POST, true, Timestamp::from_millis(0));
    let received = take_in(&app(), &Report::default(), &asked).await.unwrap();
    assert!(received.received && !received.matched && !received.applied);
}
