//! Dialling: from the due time to what is known of the ring.

use super::Change;
use crate::{
    attempt::{Attempt, AttemptState, Outcome},
    decision::Effect,
    fault::{Hindrance, RefusalReason},
    ids::CarrierCallId,
    policy::{DISPATCH_TIMEOUT, LOOK_UP_TIMEOUT},
    session::Rejection,
    state::{CallState, EndCause},
    time::Timestamp,
};
use std::time::Duration;

impl Change<'_> {
    pub(crate) fn dial_if_due(self) -> Result<Self, Rejection> {
        if self.now >= self.next.expires_at {
            return Ok(self.finish(EndCause::Expired));
        }
        if self.next.dial_at.is_some_and(|due| self.now < due) {
            return Err(Rejection::NotDue);
        }
        match self.closed_until() {
            Some(opening) => Ok(self.wait_for_dial(opening)),
            None => Ok(self.intend()),
        }
    }

    /// When the calling window opens, if it is shut now. A window that never opens leaves the call
    /// to its expiry.
    pub(super) fn closed_until(&self) -> Option<Timestamp> {
        let opening = self.next.opens_at(self.now, self.policy);
        let opening = opening.unwrap_or(self.next.expires_at);
        (opening > self.now).then_some(opening)
    }

    /// Stores the intent of the next ring, or of the same one if it proved not to have been sent.
    pub(super) fn intend(mut self) -> Self {
        let attempt = match self.next.attempt.take() {
            Some(unsent) if unsent.state == AttemptState::NotSent => Attempt {
                state: AttemptState::Intent,
                dispatched_at: None,
                terms: None,
                ..unsent
            },
            Some(over) => Attempt::intent(over.number + 1, self.now),
            None => Attempt::intent(1, self.now),
        };
        self.effects.push(Effect::Dial {
            attempt: attempt.number,
        });
        self.next.attempt = Some(attempt);
        let deadline = self.now + DISPATCH_TIMEOUT;
        self.enter(CallState::Dialing, deadline)
    }

    /// Takes the right to send. What was checked for the intent is checked again, because a crash
    /// may have left any time between the two.
    pub(crate) fn dispatch(mut self) -> Result<Self, Rejection> {
        let now = self.now;
        if self.attempt().state != AttemptState::Intent {
            return Err(Rejection::AlreadyApplied);
        }
        if now >= self.next.expires_at {
            return Ok(self.finish(EndCause::Expired));
        }
        if let Some(opening) = self.closed_until() {
            self.attempt().state = AttemptState::NotSent;
            return Ok(self.wait_for_dial(opening));
        }
        let terms = self.next.terms(self.policy);
        let attempt = self.attempt();
        attempt.state = AttemptState::Dispatched;
        attempt.held_by = None;
        attempt.dispatched_at = Some(now);
        attempt.terms = Some(terms);
        let number = attempt.number;
        self.effects.push(Effect::Send { attempt: number });
        // Until the reply is stored, a crash here leaves the same doubt as no reply at all.
        let deadline = now + self.policy.ring_timeout + self.policy.reconcile_margin;
        Ok(self.enter(CallState::Dialing, deadline))
    }

    /// Frees the channel and keeps the attempt, whose dial has not left.
    pub(crate) fn hold_dial(mut self) -> Result<Self, Rejection> {
        let now = self.now;
        let attempt = self.attempt();
        if attempt.state != AttemptState::Intent {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.state = AttemptState::NotSent;
        Ok(self.wait_for_dial(now))
    }

    pub(crate) fn accept(
        mut self,
        carrier_call_id: Option<&CarrierCallId>,
    ) -> Result<Self, Rejection> {
        let ring_timeout = self.policy.ring_timeout + self.policy.answer_margin;
        let is_ringing = self.next.state == CallState::Dialing;
        let attempt = self.attempt();
        let is_news = matches!(
            attempt.state,
            AttemptState::Dispatched | AttemptState::Unknown
        ) || (attempt.carrier_call_id.is_none() && carrier_call_id.is_some());
        if !is_news {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.state = AttemptState::Accepted;
        attempt.carrier_call_id = attempt.carrier_call_id.take().or(carrier_call_id.cloned());
        let dispatched_at = attempt.dispatched_at;
        if let (true, Some(dispatched_at)) = (is_ringing, dispatched_at) {
            self.next.deadline = Some(dispatched_at + ring_timeout);
        }
        Ok(self)
    }

    pub(crate) fn refuse_dial(mut self, reason: RefusalReason) -> Result<Self, Rejection> {
        if self.attempt().state != AttemptState::Dispatched {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.refuse(reason))
    }

    pub(super) fn refuse(self, reason: RefusalReason) -> Self {
        self.end_attempt(Outcome::Refused(reason))
    }

    /// Frees the channel and keeps the attempt: nothing was dialled, so it may go out again.
    pub(crate) fn send_again(
        mut self,
        retry_after: Option<Duration>,
        because: Hindrance,
    ) -> Result<Self, Rejection> {
        let attempt = self.attempt();
        if attempt.state != AttemptState::Dispatched {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.state = AttemptState::NotSent;
        attempt.not_sent = attempt.not_sent.saturating_add(1);
        attempt.held_by = Some(because);
        let not_sent = attempt.not_sent;
        let wanted = self.now + self.policy.resend_delay(not_sent, retry_after);
        let due = self.next.opens_at(wanted, self.policy);
        let due = due.unwrap_or(self.next.expires_at);
        Ok(self.wait_for_dial(due))
    }

    pub(crate) fn reconcile(mut self) -> Result<Self, Rejection> {
        let attempt = self.attempt();
        if attempt.state != AttemptState::Dispatched {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.state = AttemptState::Unknown;
        Ok(self)
    }

    /// An intent that never left is given out again; an attempt of which nothing is known is
    /// looked up in the carrier's call log, once; a ring nobody answered ends the attempt.
    pub(crate) fn give_up_ringing(mut self) -> Self {
        let now = self.now;
        let attempt = self.attempt();
        let number = attempt.number;
        match attempt.state {
            AttemptState::Intent => {
                self.effects.push(Effect::Dial { attempt: number });
                self.enter(CallState::Dialing, now + DISPATCH_TIMEOUT)
            }
            AttemptState::Dispatched | AttemptState::Unknown if !attempt.looked_up => {
                attempt.looked_up = true;
                self.effects.push(Effect::LookUp { attempt: number });
                self.enter(CallState::Dialing, now + LOOK_UP_TIMEOUT)
            }
            AttemptState::Dispatched
            | AttemptState::Unknown
            | AttemptState::Accepted
            | AttemptState::NotSent
            | AttemptState::Closed => self.presume(Outcome::NoAnswer),
        }
    }

    /// Ends the attempt because nothing was heard of it, which proves nothing.
    pub(super) fn presume(mut self, outcome: Outcome) -> Self {
        self.attempt().presumed = true;
        self.end_attempt(outcome)
    }

    /// Stream, webhook and call log had their time and none knows of a ring.
    pub(crate) fn presume_unanswered(mut self) -> Result<Self, Rejection> {
        let attempt = self.attempt();
        let is_unproven = matches!(
            attempt.state,
            AttemptState::Dispatched | AttemptState::Unknown
        );
        if !is_unproven || !attempt.looked_up {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.presume(Outcome::NoAnswer))
    }
}
