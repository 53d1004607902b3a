//! The fold as tables, as a snapshot of every state and event, and as properties.

use super::*;
use crate::{
    ids::{CallId, CarrierCallId, ConversationId},
    time::Timestamp,
};
use proptest::prelude::*;
use std::time::Duration;

mod along;
mod bounds;
mod callback;
mod dials;
mod hang_up;
mod invariants;
mod late;
mod lease;
mod reconcile;
mod streams;
mod times;

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn request() -> CallRequest {
    CallRequest {
        callback_url: Some("https://crm.example.com/hook".to_owned()),
        ..CallRequest::new(
            CallId::from_bytes([7; 16]),
            Patient::new("राहुल शर्मा", "+911234567890".parse().unwrap()),
        )
    }
}

/// A call that is told events and keeps what was decided.
struct Call {
    session: CallSession,
    now: Timestamp,
    policy: Policy,
    effects: Vec<Effect>,
}

impl Call {
    fn new() -> Self {
        let policy = Policy::default();
        let session = CallSession::create(&request(), START, &policy).next;
        Self {
            session,
            now: START,
            policy,
            effects: Vec::new(),
        }
    }

    fn after(mut self, events: &[CallEvent]) -> Self {
        for event in events {
            self.apply(event.clone()).unwrap();
        }
        self
    }

    fn apply(&mut self, event: CallEvent) -> Result<(), Rejection> {
        let decision = self.session.apply(&event, self.now, &self.policy)?;
        assert_eq!(decision.next.version, self.session.version + 1);
        self.session = decision.next;
        self.effects = decision.effects;
        Ok(())
    }

    fn wait_for_deadline(&mut self) {
        self.now = self.session.deadline.unwrap();
        self.apply(CallEvent::DeadlinePassed).unwrap();
    }

    fn wait_for_dial(&mut self) {
        self.now = self.session.dial_at.unwrap();
        self.apply(CallEvent::DialDue).unwrap();
    }

    /// Dials until the carrier took the call.
    fn dialled(mut self) -> Self {
        self.wait_for_dial();
        let attempt = self.session.attempt.as_ref().unwrap().number;
        self.after(&[
            CallEvent::DialDispatched { attempt },
            CallEvent::DialAccepted {
                attempt,
                carrier_call_id: Some(carrier_id()),
            },
        ])
    }

    fn in_state(state: CallState) -> Self {
        let call = Self::new();
        match state {
            CallState::Initiating => call,
            CallState::Dialing => call.dialled(),
            CallState::Connected => call.dialled().after(&[opened()]),
            CallState::Active => call.dialled().after(&[opened(), ready()]),
            CallState::Disconnected => call.dialled().after(&[opened(), ready(), lost()]),
            CallState::Completed => call.dialled().after(&[opened(), ready(), hung_up()]),
            CallState::Failed => call.dialled().after(&[CallEvent::Cancelled]),
        }
    }
}

fn carrier_id() -> CarrierCallId {
    CarrierCallId::new("11111111-2222-4333-8444-555555555555")
}

fn opened() -> CallEvent {
    CallEvent::StreamOpened {
        attempt: 1,
        carrier_call_id: None,
    }
}

fn ready() -> CallEvent {
    CallEvent::AgentReady {
        attempt: 1,
        stream: 1,
        conversation_id: ConversationId::new("conv_1"),
    }
}

fn lost() -> CallEvent {
    CallEvent::StreamLost {
        attempt: 1,
        stream: 1,
    }
}

fn hung_up() -> CallEvent {
    CallEvent::HungUp {
        attempt: 1,
        stream: 1,
        by: HungUpBy::Callee,
    }
}

fn carrier(status: CarrierStatus) -> CallEvent {
    CallEvent::Carrier { attempt: 1, status }
}

/// Every event about attempt 1, in the order of a call's life.
fn every_event() -> Vec<CallEvent> {
    let conversation_id = ConversationId::new("conv_2");
    let mut events = vec![
        CallEvent::DialDue,
        CallEvent::Restricted,
        CallEvent::PostCallReportRead,
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialAccepted {
            attempt: 1,
            carrier_call_id: Some(carrier_id()),
        },
        CallEvent::DialRefused {
            attempt: 1,
            reason: RefusalReason::InvalidNumber,
        },
        CallEvent::DialNotSent {
            attempt: 1,
            retry_after: None,
            because: Hindrance::NoConnection,
        },
        CallEvent::DialUnknown { attempt: 1 },
        CallEvent::NoTrace { attempt: 1 },
    ];
    events.extend(CARRIER_STATUSES.map(carrier));
    events.extend([
        opened(),
        CallEvent::StreamRinging {
            attempt: 1,
            stream: 1,
        },
        CallEvent::StreamAnswered {
            attempt: 1,
            stream: 1,
        },
        CallEvent::AgentReady {
            attempt: 1,
            stream: 1,
            conversation_id,
        },
        CallEvent::AgentUnavailable {
            attempt: 1,
            stream: 1,
            because: AgentFault::Outage,
        },
        CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
        },
        CallEvent::AnswerSaved { attempt: 1 },
        CallEvent::HangingUp {
            attempt: 1,
            stream: 1,
            because: HangUp::Agent,
        },
        hung_up(),
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Agent,
        },
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Limit,
        },
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Transfer,
        },
        CallEvent::CallbackAgreed {
            attempt: 1,
            at: Timestamp::from_millis(1_793_400_000_000) + secs(3_600),
        },
        lost(),
        CallEvent::Cancelled,
        CallEvent::OptedOut,
        CallEvent::DeadlinePassed,
    ]);
    events
}

const CARRIER_STATUSES: [CarrierStatus; 10] = [
    CarrierStatus::Ringing,
    CarrierStatus::Answered,
    CarrierStatus::Busy,
    CarrierStatus::NoAnswer,
    CarrierStatus::Unreachable,
    CarrierStatus::Rejected,
    CarrierStatus::InvalidNumber,
    CarrierStatus::DoNotDisturb,
    CarrierStatus::Failed,
    CarrierStatus::Ended,
];

#[test]
fn every_state_and_event() {
    let mut table = String::new();
    for state in CallState::ALL {
        for event in every_event() {
            let mut call = Call::in_state(state);
            if event == CallEvent::DeadlinePassed {
                call.now = call.session.deadline.unwrap_or(call.now);
            }
            let result = match call.apply(event.clone()) {
                Ok(()) => describe(&call),
                Err(rejection) => format!("- {rejection}"),
            };
            table += &format!("{:<13} {:<24} {result}\n", state.label(), event.label());
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

fn describe(call: &Call) -> String {
    let session = &call.session;
    let mut text = session.state.label().to_owned();
    if let Some(cause) = session.cause {
        text += &format!(" cause={cause:?}");
    }
    if let Some(attempt) = &session.attempt {
        text += &format!(" attempt={} {:?}", attempt.number, attempt.state);
        text += &attempt
            .outcome
            .map_or(String::new(), |outcome| format!(" {outcome:?}"));
    }
    if let Some(due) = session.dial_at {
        text += &format!(" dial in {}s", due.since(call.now).as_secs());
    }
    if let Some(deadline) = session.deadline {
        text += &format!(" deadline in {}s", deadline.since(call.now).as_secs());
    }
    for effect in &call.effects {
        text += &format!(" {effect:?}");
    }
    text
}

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
fn a_deadline_that_has_not_passed_changes_nothing() {
    for state in CallState::ALL.into_iter().filter(|state| !state.is_final()) {
        let mut call = Call::in_state(state);
        assert_eq!(
            call.apply(CallEvent::DeadlinePassed),
            Err(Rejection::NotDue)
        );
    }
}

#[test]
fn a_call_is_not_dialled_before_its_time_or_after_its_expiry() {
    let policy = Policy::default();
    let asked = CallRequest {
        not_before: Some(START + secs(60)),
        expires_at: Some(START + secs(120)),
        ..request()
    };
    let session = CallSession::create(&asked, START, &policy).next;
    let at = |n| session.apply(&CallEvent::DialDue, START + secs(n), &policy);
    assert_eq!(at(59), Err(Rejection::NotDue));
    assert_eq!(at(60).unwrap().next.state, CallState::Dialing);
    assert_eq!(at(119).unwrap().next.state, CallState::Dialing);
    assert_eq!(at(120).unwrap().next.cause, Some(EndCause::Expired));
}

#[test]
fn a_retry_that_would_pass_the_expiry_fails_with_the_outcome() {
    let mut call = Call::new().dialled();
    call.session.expires_at = call.now + secs(60);
    let call = call.after(&[carrier(CarrierStatus::Busy)]);
    assert_eq!(call.session.cause, Some(EndCause::Busy));
}
