//! Endings: of an attempt, of a call, and what follows from them.

use super::Change;
use crate::{
    attempt::{AttemptState, Outcome},
    event::{HangUp, HungUpBy},
    fault::{AgentFault, RefusalReason},
    rung::Rung,
    session::Rejection,
    state::{CallState, EndCause},
    time::Timestamp,
};

pub(crate) fn end_cause(by: HungUpBy) -> EndCause {
    match by {
        HungUpBy::Callee => EndCause::CalleeHungUp,
        HungUpBy::Agent => EndCause::AgentEnded,
        HungUpBy::Limit => EndCause::MaxDuration,
        HungUpBy::Silence => EndCause::CalleeSilent,
        HungUpBy::Transfer => EndCause::Transferred,
    }
}

/// Why a call fails when this outcome was the last one it may have.
fn failure_cause(outcome: Outcome) -> EndCause {
    match outcome {
        Outcome::Busy => EndCause::Busy,
        Outcome::NoAnswer => EndCause::NoAnswer,
        Outcome::Unreachable => EndCause::Unreachable,
        Outcome::AgentUnavailable => EndCause::AgentUnavailable,
        Outcome::ConnectionLost => EndCause::ConnectionLost,
        Outcome::CarrierError => EndCause::CarrierError,
        Outcome::Refused(RefusalReason::InvalidNumber) => EndCause::InvalidNumber,
        Outcome::Refused(RefusalReason::DoNotDisturb) => EndCause::DoNotDisturb,
        Outcome::Refused(RefusalReason::Rejected) => EndCause::Rejected,
        Outcome::Cancelled | Outcome::NotDialled => EndCause::Cancelled,
        Outcome::Answered | Outcome::CallbackAgreed => EndCause::CarrierEnded,
    }
}

impl Change<'_> {
    pub(crate) fn announce_end(mut self, because: HangUp) -> Result<Self, Rejection> {
        if self.next.hanging_up.is_some() {
            return Err(Rejection::AlreadyApplied);
        }
        self.next.hanging_up = Some(because);
        Ok(self)
    }

    /// The call is over. Whoever began to hang up ended it, not who confirms it with `cause`.
    pub(crate) fn end(self, cause: EndCause) -> Self {
        match self.next.hanging_up {
            Some(announced) => self.end_announced(announced),
            None => self.complete(cause),
        }
    }

    pub(super) fn end_announced(self, announced: HangUp) -> Self {
        match announced {
            HangUp::Agent => self.complete(EndCause::AgentEnded),
            HangUp::Limit => self.complete(EndCause::MaxDuration),
            HangUp::Silence => self.complete(EndCause::CalleeSilent),
            HangUp::Transfer => self.complete(EndCause::Transferred),
            HangUp::NoAgent(because) => self.lack_agent(because),
            HangUp::CutOff => self.break_off(Outcome::ConnectionLost),
        }
    }

    /// No agent could be had, for this reason.
    pub(crate) fn lack_agent(mut self, because: AgentFault) -> Self {
        self.attempt().agent_fault = Some(because);
        self.break_off(Outcome::AgentUnavailable)
    }

    /// The media did not come back. After a goodbye there was nothing left to lose.
    pub(crate) fn give_up_stream(self) -> Self {
        match self.next.hanging_up {
            Some(announced) => self.end_announced(announced),
            None => self.break_off(Outcome::ConnectionLost),
        }
    }

    /// The talk broke off; whoever agreed a callback before that is rung at its time.
    pub(super) fn break_off(self, outcome: Outcome) -> Self {
        match self.callback_due() {
            Some(due) => self.call_back(due),
            None => self.end_attempt(outcome),
        }
    }

    /// Ends the attempt; the call is dialled again if the outcome, the count and the time allow.
    pub(crate) fn end_attempt(mut self, outcome: Outcome) -> Self {
        self.close_attempt(outcome);
        match self.retry_at(outcome) {
            Some(due) => self.wait_for_dial(due),
            None => self.finish(failure_cause(outcome)),
        }
    }

    pub(super) fn retry_at(&self, outcome: Outcome) -> Option<Timestamp> {
        let number = self.next.attempt.as_ref().map_or(0, |a| a.number);
        let dialled = number.saturating_sub(self.next.attempts_before);
        let wanted = self.now + self.policy.retry_delay(outcome)?;
        let due = self.next.opens_at(wanted, self.policy)?;
        // Who was cut off in the middle of answering is not asked the same again, unless it was said
        // that we call again.
        let was_told = self.next.hanging_up == Some(HangUp::CutOff);
        let was_answering =
            outcome == Outcome::ConnectionLost && self.next.answers_saved > 0 && !was_told;
        let has_budget = match self.next.campaign {
            Some(_) => true,
            None => dialled < self.policy.attempts_max(),
        };
        let may_retry = has_budget
            && number < self.next.attempts_bound()
            && !was_answering
            && due < self.next.expires_at;
        may_retry.then_some(due)
    }

    pub(super) fn wait_for_dial(mut self, due: Timestamp) -> Self {
        self.next.state = CallState::Initiating;
        self.next.dial_at = Some(due);
        self.next.deadline = Some(self.next.expires_at);
        self.next.talk_until = None;
        self.next.hanging_up = None;
        self.next.callback_at = None;
        self
    }

    pub(super) fn close_attempt(&mut self, outcome: Outcome) {
        let now = self.now;
        if let Some(attempt) = self
            .next
            .attempt
            .as_mut()
            .filter(|attempt| !attempt.is_closed())
        {
            attempt.state = AttemptState::Closed;
            attempt.outcome = Some(outcome);
            attempt.ended_at = Some(now);
            if let Some(rung) = Rung::of(attempt, outcome) {
                rung.add_to(&mut self.next.rung);
            }
        }
    }

    pub(crate) fn cancel(self) -> Self {
        self.stop(EndCause::Cancelled)
    }

    pub(crate) fn opt_out(self) -> Self {
        self.stop(EndCause::OptedOut)
    }

    /// Ends a call whose phone was not asked to ring: what may have left is its own end.
    pub(crate) fn list(self) -> Result<Self, Rejection> {
        let attempt = self.next.attempt.as_ref();
        let may_ring = attempt.is_some_and(|attempt| match attempt.state {
            AttemptState::Intent | AttemptState::NotSent | AttemptState::Closed => false,
            AttemptState::Dispatched | AttemptState::Accepted | AttemptState::Unknown => true,
        });
        if may_ring {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.stop(EndCause::DoNotDisturb))
    }

    /// Ends the call if it has not ended, and takes its data out of everybody's sight.
    pub(crate) fn restrict(self) -> Result<Self, Rejection> {
        if self.next.restricted_at.is_some() {
            return Err(Rejection::AlreadyApplied);
        }
        let mut ended = if self.next.state.is_final() {
            self
        } else {
            self.cancel()
        };
        ended.next.restricted_at = Some(ended.now);
        Ok(ended)
    }

    /// The call is as it was; whoever placed it hears that there is more to know. Before its end the
    /// last outcome tells it along.
    pub(crate) fn grow_record(self) -> Result<Self, Rejection> {
        if self.next.restricted_at.is_some() || !self.next.has_callback {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self)
    }

    pub(super) fn stop(mut self, cause: EndCause) -> Self {
        let is_unsent = self
            .next
            .attempt
            .as_ref()
            .is_some_and(|a| matches!(a.state, AttemptState::Intent | AttemptState::NotSent));
        if !is_unsent {
            self.close_attempt(Outcome::Cancelled);
        }
        self.finish(cause)
    }

    pub(super) fn complete(mut self, cause: EndCause) -> Self {
        // Who talks to a person now has no need of another call of ours.
        if cause != EndCause::Transferred
            && let Some(due) = self.callback_due()
        {
            return self.call_back(due);
        }
        self.close_attempt(Outcome::Answered);
        self.end_as(CallState::Completed, cause)
    }

    pub(super) fn call_back(mut self, due: Timestamp) -> Self {
        self.close_attempt(Outcome::CallbackAgreed);
        self.next.attempts_before = self.attempt().number;
        self.wait_for_dial(due)
    }

    pub(crate) fn finish(mut self, cause: EndCause) -> Self {
        self.close_attempt(Outcome::NotDialled);
        self.end_as(CallState::Failed, cause)
    }

    pub(super) fn end_as(mut self, state: CallState, cause: EndCause) -> Self {
        self.next.state = state;
        self.next.cause = Some(cause);
        self.next.deadline = None;
        self.next.dial_at = None;
        self
    }
}
