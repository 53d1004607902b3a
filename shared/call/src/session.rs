//! The stored state of one call, and what a decision about it consists of.

use super::{
    attempt::{Attempt, AttemptState, Outcome},
    decision::{Along, Decision},
    event::{ACCOUNT_READ, CallEvent, HangUp},
    policy::{Policy, SEND_TIMEOUT},
    request::CallRequest,
    state::{CallState, EndCause},
    window::CallingWindow,
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
    /// When the phone may ring, if the request said so; else the policy's window holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calling_window: Option<CallingWindow>,
    /// Whether the CRM named an address that outcomes are reported to.
    #[serde(default)]
    pub has_callback: bool,
    /// When the conversation reaches the longest duration; present once it began.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub talk_until: Option<Timestamp>,
    /// Why the relay is hanging up, from its word on that until the end of the attempt: a conversation
    /// that had its goodbye is complete, and who was told that we call again is, whatever breaks or
    /// is reported afterwards.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hanging_up: Option<HangUp>,
    /// The latest attempt, if any dial was intended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<Attempt>,
    /// When the callee wants to be called again; once the conversation has ended, the next dial.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub callback_at: Option<Timestamp>,
    /// Attempts before the callback that was agreed last: retries are counted from there.
    #[serde(default)]
    pub attempts_before: u8,
    /// Answers saved durably so far.
    pub answers_saved: u32,
    /// Audit events written so far; the next one has this number plus one.
    pub audit_seq: u32,
    /// Since when nobody may read it, because its patient's data is to be erased.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub restricted_at: Option<Timestamp>,
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

impl AuditEvent {
    /// Whether it ended an attempt or the call, so that others are to be told.
    #[must_use]
    pub fn is_outcome(&self) -> bool {
        self.outcome.is_some() || self.cause.is_some()
    }

    /// Whether the record of a call that had ended grew, so that whoever placed it is to be told.
    #[must_use]
    pub fn is_update(&self) -> bool {
        self.event == ACCOUNT_READ
    }
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
    /// A later stream of the attempt carries the audio now.
    #[error("another stream took its place")]
    StreamReplaced,
    /// The attempt already has a live audio stream.
    #[error("the attempt already has a stream")]
    StreamTaken,
    /// A callback would need one attempt more than any call may have.
    #[error("no further attempt is left")]
    NoAttemptLeft,
    /// A callback would come when the call may not be placed any more.
    #[error("the call may not be placed that late")]
    TooLate,
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
        let wanted = request.not_before.unwrap_or(now).max(now);
        let expires_at = request.expires_at.unwrap_or(wanted + policy.call_expiry);
        let window = request.calling_window.as_ref();
        let dial_at = policy.next_open(window, wanted).unwrap_or(expires_at);
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
            calling_window: request.calling_window.clone(),
            has_callback: request.callback_url.is_some(),
            talk_until: None,
            hanging_up: None,
            attempt: None,
            callback_at: None,
            attempts_before: 0,
            answers_saved: 0,
            audit_seq: 1,
            restricted_at: None,
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
        let along = Along::between(None, &next, Some(&audit), policy);
        Decision {
            made_on: None,
            next,
            audit: Some(audit),
            along,
            effects: Vec::new(),
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

    /// Whether the dial request of `attempt` may leave now: its right was taken moments ago, and
    /// the hours of the day and the call's own time still allow it.
    #[must_use]
    pub fn may_send(&self, attempt: u8, now: Timestamp, policy: &Policy) -> bool {
        let is_fresh = self.attempt.as_ref().is_some_and(|latest| {
            let since = latest.dispatched_at.map(|at| now.since(at));
            latest.number == attempt
                && latest.state == AttemptState::Dispatched
                && since.is_some_and(|since| since < SEND_TIMEOUT)
        });
        is_fresh && now < self.expires_at && self.opens_at(now, policy) == Some(now)
    }

    /// The first moment from `from` on at which the phone may ring; `None` if it never may.
    pub(super) fn opens_at(&self, from: Timestamp, policy: &Policy) -> Option<Timestamp> {
        policy.next_open(self.calling_window.as_ref(), from)
    }

    /// When the call is over at the latest: what is known of it is kept for a while from then on.
    #[must_use]
    pub fn over_by(&self) -> Timestamp {
        self.expires_at.max(self.updated_at)
    }

    /// Whether the stored deadline has passed at `now`.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}
