//! What holds for every order of events.

use super::*;

fn any_event() -> impl Strategy<Value = CallEvent> {
    (0..every_event().len(), 1..=5u8).prop_map(|(index, number)| {
        let mut event = every_event().swap_remove(index);
        set_attempt(&mut event, number);
        event
    })
}

fn set_attempt(event: &mut CallEvent, number: u8) {
    use CallEvent as E;
    match event {
        E::DialDispatched { attempt }
        | E::DialHeld { attempt }
        | E::DialAccepted { attempt, .. }
        | E::DialRefused { attempt, .. }
        | E::DialNotSent { attempt, .. }
        | E::DialUnknown { attempt }
        | E::NoTrace { attempt }
        | E::Carrier { attempt, .. }
        | E::StreamOpened { attempt, .. }
        | E::StreamRinging { attempt, .. }
        | E::StreamAnswered { attempt, .. }
        | E::AgentReady { attempt, .. }
        | E::AgentUnavailable { attempt, .. }
        | E::Heartbeat { attempt, .. }
        | E::AnswerSaved { attempt }
        | E::CallbackAgreed { attempt, .. }
        | E::HangingUp { attempt, .. }
        | E::HungUp { attempt, .. }
        | E::StreamLost { attempt, .. } => *attempt = number,
        E::DialDue
        | E::Cancelled
        | E::OptedOut
        | E::Listed
        | E::Restricted
        | E::PostCallReportRead
        | E::DeadlinePassed => {}
    }
}

/// Most steps speak of the latest attempt, so that walks get past the first rings.
fn any_walk() -> impl Strategy<Value = Vec<(CallEvent, bool, u64)>> {
    prop::collection::vec(
        (any_event(), prop::bool::weighted(0.8), 0..2_000u64),
        1..120,
    )
}

fn walk(steps: Vec<(CallEvent, bool, u64)>, mut inspect: impl FnMut(&CallSession, &Decision)) {
    let mut call = Call::new();
    for (mut event, is_current, wait) in steps {
        call.now = call.now + secs(wait);
        if let (true, Some(latest)) = (is_current, &call.session.attempt) {
            set_attempt(&mut event, latest.number);
        }
        if let Ok(decision) = call.session.apply(&event, call.now, &call.policy) {
            inspect(&call.session, &decision);
            call.session = decision.next;
        }
    }
}

proptest! {
    #[test]
    fn invariant_a_final_state_never_changes(steps in any_walk()) {
        walk(steps, |before, decision| {
            if before.state.is_final() {
                let next = &decision.next;
                let only_restricted = CallSession {
                    version: next.version,
                    updated_at: next.updated_at,
                    audit_seq: next.audit_seq,
                    restricted_at: next.restricted_at,
                    ..before.clone()
                };
                assert_eq!(*next, only_restricted);
                let is_update = decision.audit.as_ref().unwrap().is_update();
                let is_restricted = next.restricted_at.is_some();
                assert!(before.restricted_at.is_none() && is_restricted != is_update);
                assert!(!decision.audit.as_ref().unwrap().is_outcome());
            }
        });
    }

    #[test]
    fn invariant_attempts_never_pass_the_retries(steps in any_walk()) {
        walk(steps, |_, decision| {
            let number = decision.next.attempt.as_ref().map_or(0, |attempt| attempt.number);
            assert!(number <= 1 + Policy::default().retries_max);
        });
    }

    #[test]
    fn invariant_an_unfinished_call_always_has_a_deadline(steps in any_walk()) {
        walk(steps, |_, decision| {
            let next = &decision.next;
            assert_eq!(next.deadline.is_none(), next.state.is_final());
            assert_eq!(next.cause.is_some(), next.state.is_final());
            assert_eq!(next.dial_at.is_some(), next.state == CallState::Initiating);
            assert!(next.speaking.is_none() || next.state == CallState::Active);
        });
    }

    #[test]
    fn invariant_an_attempt_is_dispatched_again_only_if_it_was_not_sent(steps in any_walk()) {
        let mut dispatched = std::collections::BTreeMap::<u8, u32>::new();
        walk(steps, |_, decision| {
            if let Some(attempt) = &decision.next.attempt {
                let is_dispatch = decision.effects.iter().any(|e| matches!(e, Effect::Send { .. }));
                let sent = dispatched.entry(attempt.number).or_default();
                *sent += u32::from(is_dispatch);
                assert!(*sent <= 1 + attempt.not_sent);
            }
        });
    }

    #[test]
    fn invariant_the_audit_trail_has_no_gaps(steps in any_walk()) {
        let mut last = 1;
        walk(steps, |before, decision| {
            if let Some(audit) = &decision.audit {
                last += 1;
                assert_eq!(audit.seq, last);
                assert_eq!(audit.from, Some(before.state));
            } else {
                assert_eq!(before.state, decision.next.state);
            }
        });
    }
}
