//! The stored state of one call, and what a decision about it consists of.

use super::{
    attempt::{Attempt, Outcome},
    event::{CallEvent, HungUpBy},
    policy::Policy,
    request::CallRequest,
    state::{CallState, EndCause},
};
use crate::{ids::CallId, phone::PhoneNumber, time::Timestamp};
use serde::{Deserialize, Serialize};

/// One call, from the trigger to its final state: what every decision is made from.
///
/// The request itself (name, CRM data) is kept apart in [`CallRequest`] and read only by who
/// needs it, so that the item written at each transition stays small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallSession {
    /// Which call.
    pub id: CallId,
    /// Counts stored changes, from 1. A commit succeeds only on the version it was decided on.
    pub version: u64,
    /// Where the call stands.
    pub state: CallState,
    /// Why it ended; present exactly in final states.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<EndCause>,
    /// The number to dial; one live call per number.
    pub phone: PhoneNumber,
    /// When the trigger created the call.
    pub created_at: Timestamp,
    /// When the call last changed.
    pub updated_at: Timestamp,
    /// When `DeadlinePassed` is due; absent exactly in final states.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deadline: Option<Timestamp>,
    /// When the next dial is due; present exactly in `initiating`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dial_at: Option<Timestamp>,
    /// No dial after this moment.
    pub expires_at: Timestamp,
    /// When the conversation reaches the longest duration; present once it began.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub talk_until: Option<Timestamp>,
    /// Who is ending the conversation, from the relay's hang-up until the carrier's end of the
    /// call: a conversation that had its goodbye is complete, whatever breaks afterwards.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hanging_up: Option<HungUpBy>,
    /// The latest attempt, if any dial was intended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<Attempt>,
    /// Answers saved durably so far.
    pub answers_saved: u32,
    /// Audit events written so far; the next one has this number plus one.
    pub audit_seq: u32,
}

/// What to store and what to do next. Effects run only after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The session as it is to be stored.
    pub next: CallSession,
    /// What to do once it is stored.
    pub effects: Vec<Effect>,
    /// The line for the audit trail; absent for changes that repeat all the time.
    pub audit: Option<AuditEvent>,
}

/// Something to be done in the world, repeatable by `sweep` if its process dies first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Take the right to dial this attempt ([`CallEvent::DialDispatched`]), then dial it once.
    Dial {
        /// The attempt whose intent is stored.
        attempt: u8,
    },
}

/// Who caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A client of the HTTP API.
    Api,
    /// The process that places dials.
    Dialer,
    /// Knowlarity, through a webhook or the call log.
    Carrier,
    /// The media relay.
    Relay,
    /// The agent, through a tool call.
    Agent,
    /// The sweep, because a deadline passed.
    Sweep,
}

/// One line of the audit trail. Never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// Position in the call's trail, from 1 without gaps.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What happened, a [`CallEvent::label`] or `created`.
    pub event: String,
    /// The state before; absent for the creation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<CallState>,
    /// The state after.
    pub to: CallState,
    /// The attempt it concerns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<u8>,
    /// How that attempt ended, if this ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// Why the call ended, if this ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<EndCause>,
}

/// Why an event changes nothing. None of these is a fault of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Delivered before, or overtaken by what is already known.
    #[error("already applied")]
    AlreadyApplied,
    /// The attempt it speaks of is over, was replaced, or never was.
    #[error("the attempt is over")]
    AttemptOver,
    /// The attempt already has a live audio stream.
    #[error("the attempt already has a stream")]
    StreamTaken,
    /// Its time has not come.
    #[error("not due yet")]
    NotDue,
    /// It cannot happen in this state.
    #[error("{event} does not fit a call that is {state}")]
    Unexpected {
        /// The state it was claimed in.
        state: CallState,
        /// The event's label.
        event: &'static str,
    },
}

impl CallSession {
    /// Creates the session of a validated request and its first audit line.
    #[must_use]
    pub fn create(request: &CallRequest, now: Timestamp, policy: &Policy) -> Decision {
        let dial_at = request.not_before.unwrap_or(now).max(now);
        let expires_at = request.expires_at.unwrap_or(dial_at + policy.call_expiry);
        let next = Self {
            id: request.id,
            version: 1,
            state: CallState::Initiating,
            cause: None,
            phone: request.patient.phone_number.clone(),
            created_at: now,
            updated_at: now,
            deadline: Some(expires_at),
            dial_at: Some(dial_at),
            expires_at,
            talk_until: None,
            hanging_up: None,
            attempt: None,
            answers_saved: 0,
            audit_seq: 1,
        };
        let audit = AuditEvent {
            seq: 1,
            at: now,
            by: Actor::Api,
            event: "created".to_owned(),
            from: None,
            to: CallState::Initiating,
            attempt: None,
            outcome: None,
            cause: None,
        };
        Decision {
            next,
            effects: Vec::new(),
            audit: Some(audit),
        }
    }

    /// Applies `event` at `now` and says what to store and what to do next.
    ///
    /// # Errors
    /// A [`Rejection`] says why the event changes nothing.
    pub fn apply(
        &self,
        event: &CallEvent,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Decision, Rejection> {
        super::apply::apply(self, event, now, policy)
    }

    /// Whether the stored deadline has passed at `now`.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}
