//! What each fact does to a session: the steps that the tables in `apply` are made of.

mod carrier;
mod conversation;
mod dialling;
mod ending;

pub(crate) use ending::end_cause;

use crate::{
    attempt::Attempt,
    audit::AuditEvent,
    decision::{Along, Decision, Effect},
    event::CallEvent,
    policy::Policy,
    session::{CallSession, Rejection},
    state::CallState,
    time::Timestamp,
};

/// A session on its way to its next version.
pub(super) struct Change<'a> {
    pub(super) next: CallSession,
    pub(super) now: Timestamp,
    policy: &'a Policy,
    effects: Vec<Effect>,
    is_audited: bool,
}

impl<'a> Change<'a> {
    pub(super) fn of(session: &CallSession, now: Timestamp, policy: &'a Policy) -> Self {
        Self {
            next: session.clone(),
            now,
            policy,
            effects: Vec::new(),
            is_audited: true,
        }
    }

    pub(super) fn into_decision(mut self, before: &CallSession, event: &CallEvent) -> Decision {
        self.next.version += 1;
        self.next.updated_at = self.now;
        if self.next.state != CallState::Active {
            self.next.speaking = None;
        }
        let audit = self.is_audited.then(|| {
            self.next.audit_seq += 1;
            let attempt = self.next.attempt.as_ref();
            let was_closed = |number| {
                let latest = before.attempt.as_ref();
                latest.is_some_and(|a| a.number == number && a.is_closed())
            };
            let ended_now = attempt.filter(|a| a.is_closed() && !was_closed(a.number));
            AuditEvent {
                seq: self.next.audit_seq,
                at: self.now,
                by: event.actor(),
                event: event.label().to_owned(),
                from: Some(before.state),
                to: self.next.state,
                attempt: attempt.map(|a| a.number),
                outcome: ended_now.and_then(|a| a.outcome),
                cause: self.next.cause.filter(|_| !before.state.is_final()),
            }
        });
        Decision {
            made_on: Some(before.version),
            along: Along::between(Some(before), &self.next, audit.as_ref(), self.policy),
            next: self.next,
            audit,
            effects: self.effects,
        }
    }

    /// Whether the stored deadline has passed.
    pub(super) fn is_overdue(&self) -> bool {
        self.next.is_overdue(self.now)
    }

    /// The refusal of an event that cannot happen in this state.
    pub(super) fn unexpected(&self, event: &CallEvent) -> Rejection {
        Rejection::Unexpected {
            state: self.next.state,
            event: event.label(),
        }
    }

    fn enter(mut self, state: CallState, deadline: Timestamp) -> Self {
        self.next.state = state;
        self.next.deadline = Some(deadline);
        self.next.dial_at = None;
        self
    }

    fn attempt(&mut self) -> &mut Attempt {
        self.next
            .attempt
            .as_mut()
            .expect("every state after `initiating` has an attempt")
    }
}
