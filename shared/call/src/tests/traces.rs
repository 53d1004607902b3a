//! The trace of a call, from its record alone.

use super::*;
use crate::trace::{InvalidTraceContext, TraceContext};
use std::collections::HashSet;

/// The example of the W3C's recommendation.
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn created(caller: Option<&str>) -> CallSession {
    let asked = CallRequest {
        caller_trace: caller.map(|text| text.parse().unwrap()),
        ..request()
    };
    CallSession::create(&asked, Timestamp::from_millis(0), &Policy::default()).next
}

#[test]
fn a_traceparent_reads_back_from_its_text() {
    for text in [
        CALLER,
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    ] {
        assert_eq!(text.parse::<TraceContext>().unwrap().to_string(), text);
    }
    let later = format!("01{}-what-a-later-version-adds", &CALLER[2..]);
    let flags = format!("{}-ff", &CALLER[..CALLER.len() - 3]);
    for text in [later, flags] {
        assert_eq!(text.parse::<TraceContext>().unwrap().to_string(), CALLER);
    }
}

#[test]
fn what_is_no_traceparent_is_refused() {
    for text in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47+6-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47é-00f067aa0ba902b7-01",
    ] {
        assert_eq!(
            text.parse::<TraceContext>(),
            Err(InvalidTraceContext),
            "{text}"
        );
    }
}

#[test]
fn a_call_continues_the_trace_of_who_asked_for_it_and_else_has_that_of_its_own_id() {
    let own = created(None);
    assert_eq!(own.trace().to_string(), own.id.to_string().replace('-', ""),);
    assert!(own.root_span().is_sampled);
    let continued = created(Some(CALLER));
    assert_eq!(continued.trace().to_string(), &CALLER[3..35]);
    assert_eq!(continued.root_span().span, own.root_span().span);
    let unwanted = CALLER.replace("-01", "-00");
    assert!(!created(Some(&unwanted)).attempt_span(1).is_sampled);
}

#[test]
fn every_process_finds_the_same_places_in_the_stored_call() {
    for session in [created(None), created(Some(CALLER))] {
        let stored = serde_json::to_value(&session).unwrap();
        let read: CallSession = serde_json::from_value(stored).unwrap();
        assert_eq!(read.root_span(), session.root_span());
        assert_eq!(read.attempt_span(2), session.attempt_span(2));
    }
}

#[test]
fn a_record_that_was_stored_before_there_were_traces_has_one() {
    let mut stored = serde_json::to_value(created(Some(CALLER))).unwrap();
    let fields = stored.as_object_mut().unwrap();
    assert_eq!(fields.remove("callerTrace").unwrap(), CALLER);
    let read: CallSession = serde_json::from_value(stored).unwrap();
    assert_eq!(read.root_span(), created(None).root_span());
}

#[test]
fn no_two_places_of_calls_in_one_trace_are_the_same() {
    let mut seen = HashSet::new();
    for n in 0..=255 {
        let mut session = created(Some(CALLER));
        let mut id = [7; 16];
        id[15] = n;
        session.id = CallId::from_bytes(id);
        for attempt in 1..=20 {
            assert!(seen.insert(session.attempt_span(attempt).span));
        }
        assert!(seen.insert(session.root_span().span));
    }
}
