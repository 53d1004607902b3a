//! The fold as tables, as a snapshot of every state and event, and as properties.

use super::*;
use crate::{
    ids::{CallId, CampaignId, CarrierCallId, ConversationId},
    time::Timestamp,
};
use proptest::prelude::*;
use std::time::Duration;

mod along;
mod bounds;
mod callback;
mod dials;
mod events;
mod hang_up;
mod invariants;
mod late;
mod lease;
mod line_down;
mod reconcile;
mod retries;
mod streams;
mod times;
mod traces;

use events::{CARRIER_STATUSES, every_event};

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
        Self::of(&request())
    }

    /// A call of a row that may be dialled so often.
    fn of_campaign(dials_max: u8) -> Self {
        let campaign = OfCampaign {
            id: CampaignId::from_bytes([9; 16]),
            row: 2,
            dials_max,
        };
        Self::of(&CallRequest {
            campaign: Some(campaign),
            ..request()
        })
    }

    fn of(request: &CallRequest) -> Self {
        let policy = Policy::default();
        let session = CallSession::create(request, START, &policy).next;
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
