//! The stored state of one call, and what a decision about it consists of.

use super::{
    attempt::{Attempt, AttemptState, DialTerms},
    event::HangUp,
    policy::{ATTEMPTS_BOUND, Policy, SEND_TIMEOUT},
    request::{OfCampaign, TestOf},
    rung::Rung,
    state::{CallState, EndCause},
    window::CallingWindow,
};
use crate::{
    ids::CallId,
    phone::PhoneNumber,
    time::Timestamp,
    trace::{SpanId, TraceContext, TraceId, derived},
    voice::Speaking,
};
use serde::{Deserialize, Serialize};

/// One call, from the trigger to its final state: what every decision is made from.
///
/// The request itself (name, CRM data) is kept apart in [`CallRequest`](super::CallRequest) and read only by who
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
    /// The row that it is made of, if a campaign makes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub campaign: Option<OfCampaign>,
    /// The row that it tries out, if it is a test call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub test_of: Option<TestOf>,
    /// The number that is shown to the callee, if not the configured one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller: Option<PhoneNumber>,
    /// Whether the call sells something, which the carrier is told.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_promotional: bool,
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
    /// Its rings so far that say when people answer, at most [`RUNG_MAX`](crate::RUNG_MAX).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rung: Vec<Rung>,
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
    /// Whose voice was heard at the last heartbeat, while patient and agent talk: gone with the stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub speaking: Option<Speaking>,
    /// The place in the CRM's trace from which this call was asked for, if the CRM said one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller_trace: Option<TraceContext>,
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

    /// On which terms its phone rings.
    pub(super) fn terms(&self, policy: &Policy) -> DialTerms {
        let (caller, window) = (&self.caller, &self.calling_window);
        DialTerms {
            caller: caller.clone().or_else(|| policy.caller.clone()),
            is_promotional: self.is_promotional,
            calling_window: window.clone().or_else(|| policy.calling_window.clone()),
        }
    }

    /// When the call is over at the latest: what is known of it is kept for a while from then on.
    #[must_use]
    pub fn over_by(&self) -> Timestamp {
        self.expires_at.max(self.updated_at)
    }

    /// Most attempts that it may have: the budget of its row, or that of any call.
    pub(super) fn attempts_bound(&self) -> u8 {
        let budget = self.campaign.map(|of| of.dials_max);
        budget.map_or(ATTEMPTS_BOUND, |budget| budget.min(ATTEMPTS_BOUND))
    }

    /// Whether the stored deadline has passed at `now`.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

impl CallSession {
    /// The trace that the call belongs to.
    #[must_use]
    pub fn trace(&self) -> TraceId {
        self.caller_trace
            .map_or_else(|| TraceId(self.id.to_bytes()), |caller| caller.trace)
    }

    /// The span of the trigger, which all others of the call hang on: the context of the record.
    #[must_use]
    pub fn root_span(&self) -> TraceContext {
        self.in_trace(derived(self.id, 0))
    }

    /// The span of one attempt, which all that happens in it hangs on.
    #[must_use]
    pub fn attempt_span(&self, attempt: u8) -> TraceContext {
        self.in_trace(derived(self.id, attempt))
    }

    fn in_trace(&self, span: SpanId) -> TraceContext {
        TraceContext {
            trace: self.trace(),
            span,
            is_sampled: self.caller_trace.is_none_or(|caller| caller.is_sampled),
        }
    }
}
