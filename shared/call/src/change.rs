//! What each fact does to a session: the steps that the table in `apply` is made of.

use super::{
    attempt::{Attempt, AttemptState, Outcome},
    audit::AuditEvent,
    decision::{Along, Decision, Effect},
    event::{CallEvent, HangUp, HungUpBy},
    fault::{AgentFault, CarrierStatus, Hindrance, RefusalReason},
    policy::{ATTEMPTS_BOUND, CALLBACK_PAUSE, DISPATCH_TIMEOUT, LOOK_UP_TIMEOUT, Policy},
    session::{CallSession, Rejection},
    state::{CallState, EndCause},
};
use crate::{
    ids::{CarrierCallId, ConversationId},
    time::Timestamp,
};
use std::time::Duration;

pub(super) fn end_cause(by: HungUpBy) -> EndCause {
    match by {
        HungUpBy::Callee => EndCause::CalleeHungUp,
        HungUpBy::Agent => EndCause::AgentEnded,
        HungUpBy::Limit => EndCause::MaxDuration,
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

    // Dialling.

    pub(super) fn dial_if_due(self) -> Result<Self, Rejection> {
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
    fn closed_until(&self) -> Option<Timestamp> {
        let opening = self.next.opens_at(self.now, self.policy);
        let opening = opening.unwrap_or(self.next.expires_at);
        (opening > self.now).then_some(opening)
    }

    /// Stores the intent of the next ring, or of the same one if it proved not to have been sent.
    fn intend(mut self) -> Self {
        let attempt = match self.next.attempt.take() {
            Some(unsent) if unsent.state == AttemptState::NotSent => Attempt {
                state: AttemptState::Intent,
                dispatched_at: None,
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
    pub(super) fn dispatch(mut self) -> Result<Self, Rejection> {
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
        let attempt = self.attempt();
        attempt.state = AttemptState::Dispatched;
        attempt.held_by = None;
        attempt.dispatched_at = Some(now);
        let number = attempt.number;
        self.effects.push(Effect::Send { attempt: number });
        // Until the reply is stored, a crash here leaves the same doubt as no reply at all.
        let deadline = now + self.policy.ring_timeout + self.policy.reconcile_margin;
        Ok(self.enter(CallState::Dialing, deadline))
    }

    pub(super) fn accept(
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

    pub(super) fn refuse_dial(mut self, reason: RefusalReason) -> Result<Self, Rejection> {
        if self.attempt().state != AttemptState::Dispatched {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.refuse(reason))
    }

    fn refuse(self, reason: RefusalReason) -> Self {
        self.end_attempt(Outcome::Refused(reason))
    }

    /// Frees the channel and keeps the attempt: nothing was dialled, so it may go out again.
    pub(super) fn send_again(
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

    pub(super) fn reconcile(mut self) -> Result<Self, Rejection> {
        let attempt = self.attempt();
        if attempt.state != AttemptState::Dispatched {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.state = AttemptState::Unknown;
        Ok(self)
    }

    /// An intent that never left is given out again; an attempt of which nothing is known is
    /// looked up in the carrier's call log, once; a ring nobody answered ends the attempt.
    pub(super) fn give_up_ringing(mut self) -> Self {
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
    fn presume(mut self, outcome: Outcome) -> Self {
        self.attempt().presumed = true;
        self.end_attempt(outcome)
    }

    /// Stream, webhook and call log had their time and none knows of a ring.
    pub(super) fn presume_unanswered(mut self) -> Result<Self, Rejection> {
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

    // What the carrier says.

    pub(super) fn heed_carrier(self, status: CarrierStatus) -> Result<Self, Rejection> {
        use CarrierStatus as C;
        let stream_seen = self
            .next
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.streams > 0 && attempt.answered_at.is_some());
        Ok(match status {
            C::Ended if stream_seen => self.line_down()?,
            // Answered and over without its audio stream: nobody talked to the callee.
            C::Ended => self.end_attempt(Outcome::ConnectionLost),
            C::Ringing => self.accept(None)?,
            C::Answered => self.answer()?,
            // A stream was seen, so a status that denies the answer is late or wrong.
            _ if stream_seen => return Err(Rejection::AlreadyApplied),
            C::Busy => self.end_attempt(Outcome::Busy),
            C::NoAnswer => self.end_attempt(Outcome::NoAnswer),
            C::Unreachable => self.end_attempt(Outcome::Unreachable),
            C::Failed => self.end_attempt(Outcome::CarrierError),
            C::Rejected => self.refuse(RefusalReason::Rejected),
            C::InvalidNumber => self.refuse(RefusalReason::InvalidNumber),
            C::DoNotDisturb => self.refuse(RefusalReason::DoNotDisturb),
        })
    }

    /// The carrier says that the line is down. Before an agent spoke, that completes nothing: the
    /// relay may still tell that the callee hung up, and else the phone rings again.
    pub(super) fn line_down(self) -> Result<Self, Rejection> {
        let attempt = self.next.attempt.as_ref();
        let has_talked = attempt.is_some_and(|attempt| attempt.conversation_id.is_some())
            || self.next.hanging_up.is_some()
            || self.next.callback_at.is_some();
        if has_talked {
            return Ok(self.end(EndCause::CarrierEnded));
        }
        if self.next.state == CallState::Disconnected {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.await_stream())
    }

    /// The callee picked up; the audio stream must follow once the welcome line is over.
    fn answer(mut self) -> Result<Self, Rejection> {
        let (now, is_connected) = (self.now, self.next.state == CallState::Connected);
        let attempt = self.attempt();
        if is_connected && attempt.picked_up {
            return Err(Rejection::AlreadyApplied);
        }
        if is_connected {
            attempt.picked_up = true;
            self.is_audited = false;
            return Ok(self);
        }
        attempt.state = AttemptState::Accepted;
        attempt.answered_at = Some(now);
        attempt.picked_up = true;
        let deadline = now + self.policy.answer_margin;
        Ok(self.enter(CallState::Connected, deadline))
    }

    // The conversation.

    pub(super) fn open_stream(
        mut self,
        carrier_call_id: Option<&CarrierCallId>,
    ) -> Result<Self, Rejection> {
        let (now, state) = (self.now, self.next.state);
        let attempt = self.attempt();
        let is_live = matches!(state, CallState::Connected | CallState::Active);
        if is_live && attempt.streams > 0 && !self.next.has_missed_beat(now, self.policy) {
            return Err(Rejection::StreamTaken);
        }
        let attempt = self.attempt();
        attempt.state = AttemptState::Accepted;
        (attempt.outcome, attempt.ended_at, attempt.presumed) = (None, None, false);
        attempt.streams += 1;
        attempt.answered_at = attempt.answered_at.or(Some(now));
        attempt.carrier_call_id = attempt.carrier_call_id.take().or(carrier_call_id.cloned());
        let in_conversation = attempt.conversation_id.is_some();
        // Whom we were to call again is on the line again.
        self.next.hanging_up = self.next.hanging_up.filter(HangUp::is_final);
        Ok(if in_conversation {
            let deadline = self.heartbeat_deadline();
            self.enter(CallState::Active, deadline)
        } else {
            // The agent's time, and then that of a stream which its relay lost in it.
            let deadline = now + self.policy.agent_ready_timeout + self.policy.disconnect_grace;
            self.enter(CallState::Connected, deadline)
        })
    }

    /// The stream came before the pick-up: the phone has the time that it would have without it.
    pub(super) fn ring_on(mut self) -> Result<Self, Rejection> {
        let rings_for = self.policy.ring_timeout + self.policy.answer_margin;
        let now = self.now;
        let attempt = self.attempt();
        if attempt.conversation_id.is_some() || attempt.picked_up {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.answered_at = None;
        let deadline = attempt.dispatched_at.unwrap_or(now) + rings_for;
        Ok(self.enter(CallState::Dialing, deadline))
    }

    /// Somebody picked up, and the stream is there. The agent's time runs from the pick-up, whoever told
    /// of it first.
    pub(super) fn answer_stream(mut self) -> Result<Self, Rejection> {
        let now = self.now;
        let has_agents_time = self.policy.agent_ready_timeout + self.policy.disconnect_grace;
        let picked_up = *self.attempt().answered_at.get_or_insert(now);
        let deadline = Some(picked_up + has_agents_time);
        let is_known = self.next.state == CallState::Connected && self.next.deadline == deadline;
        if is_known || !self.has_stream() {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.enter(CallState::Connected, picked_up + has_agents_time))
    }

    /// Whether a stream of the attempt was ever admitted.
    pub(super) fn has_stream(&self) -> bool {
        let attempt = self.next.attempt.as_ref();
        attempt.is_some_and(|attempt| attempt.streams > 0)
    }

    pub(super) fn converse(mut self, conversation_id: &ConversationId) -> Result<Self, Rejection> {
        let attempt = self.attempt();
        if attempt.conversation_id.as_ref() == Some(conversation_id) {
            return Err(Rejection::AlreadyApplied);
        }
        attempt.conversation_id = Some(conversation_id.clone());
        let talk_until = self.now + self.policy.max_call_duration;
        self.next.talk_until = self.next.talk_until.or(Some(talk_until));
        let deadline = self.heartbeat_deadline();
        Ok(self.enter(CallState::Active, deadline))
    }

    fn heartbeat_deadline(&self) -> Timestamp {
        let renewed = self.now + self.policy.heartbeat_timeout;
        self.next
            .talk_until
            .map_or(renewed, |until| renewed.min(until))
    }

    /// Audio still flows. After a missed heartbeat this also proves the connection was not lost.
    pub(super) fn renew(mut self) -> Self {
        self.is_audited = self.next.state != CallState::Active;
        let deadline = self.heartbeat_deadline();
        self.enter(CallState::Active, deadline)
    }

    pub(super) fn count_answer(mut self) -> Self {
        self.is_audited = false;
        self.next.answers_saved = self.next.answers_saved.saturating_add(1);
        self
    }

    /// Remembers when the callee wants to be called again; the last word counts.
    pub(super) fn agree_callback(mut self, at: Timestamp) -> Result<Self, Rejection> {
        if self.attempt().number >= ATTEMPTS_BOUND {
            return Err(Rejection::NoAttemptLeft);
        }
        let due = self.next.opens_at(at.max(self.now), self.policy);
        let due = due.filter(|due| *due < self.next.expires_at);
        self.next.callback_at = Some(due.ok_or(Rejection::TooLate)?);
        Ok(self)
    }

    /// When the phone is to ring again because that was agreed, if it still may.
    fn callback_due(&self) -> Option<Timestamp> {
        let agreed = self.next.callback_at?.max(self.now + CALLBACK_PAUSE);
        let due = self.next.opens_at(agreed, self.policy);
        due.filter(|due| *due < self.next.expires_at)
    }

    pub(super) fn talked_too_long(&self) -> bool {
        self.next.talk_until.is_some_and(|until| until <= self.now)
    }

    pub(super) fn await_stream(self) -> Self {
        let deadline = self.now + self.policy.disconnect_grace;
        self.enter(CallState::Disconnected, deadline)
    }

    /// Answered, but either the stream never came or the agent never spoke.
    pub(super) fn give_up_connecting(self) -> Self {
        match self.next.hanging_up {
            Some(announced) => self.end_announced(announced),
            None if self.has_stream() => self.end_attempt(Outcome::AgentUnavailable),
            None => self.presume(Outcome::ConnectionLost),
        }
    }

    // Endings.

    pub(super) fn announce_end(mut self, because: HangUp) -> Result<Self, Rejection> {
        if self.next.hanging_up.is_some() {
            return Err(Rejection::AlreadyApplied);
        }
        self.next.hanging_up = Some(because);
        Ok(self)
    }

    /// The call is over. Whoever began to hang up ended it, not who confirms it with `cause`.
    pub(super) fn end(self, cause: EndCause) -> Self {
        match self.next.hanging_up {
            Some(announced) => self.end_announced(announced),
            None => self.complete(cause),
        }
    }

    fn end_announced(self, announced: HangUp) -> Self {
        match announced {
            HangUp::Agent => self.complete(EndCause::AgentEnded),
            HangUp::Limit => self.complete(EndCause::MaxDuration),
            HangUp::Transfer => self.complete(EndCause::Transferred),
            HangUp::NoAgent(because) => self.lack_agent(because),
            HangUp::CutOff => self.break_off(Outcome::ConnectionLost),
        }
    }

    /// No agent could be had, for this reason.
    pub(super) fn lack_agent(mut self, because: AgentFault) -> Self {
        self.attempt().agent_fault = Some(because);
        self.break_off(Outcome::AgentUnavailable)
    }

    /// The media did not come back. After a goodbye there was nothing left to lose.
    pub(super) fn give_up_stream(self) -> Self {
        match self.next.hanging_up {
            Some(announced) => self.end_announced(announced),
            None => self.break_off(Outcome::ConnectionLost),
        }
    }

    /// The talk broke off; whoever agreed a callback before that is rung at its time.
    fn break_off(self, outcome: Outcome) -> Self {
        match self.callback_due() {
            Some(due) => self.call_back(due),
            None => self.end_attempt(outcome),
        }
    }

    /// Ends the attempt; the call is dialled again if the outcome, the count and the time allow.
    pub(super) fn end_attempt(mut self, outcome: Outcome) -> Self {
        self.close_attempt(outcome);
        match self.retry_at(outcome) {
            Some(due) => self.wait_for_dial(due),
            None => self.finish(failure_cause(outcome)),
        }
    }

    fn retry_at(&self, outcome: Outcome) -> Option<Timestamp> {
        let number = self.next.attempt.as_ref().map_or(0, |a| a.number);
        let dialled = number.saturating_sub(self.next.attempts_before);
        let wanted = self.now + self.policy.retry_delay(outcome)?;
        let due = self.next.opens_at(wanted, self.policy)?;
        // Who was cut off in the middle of answering is not asked the same again, unless it was said
        // that we call again.
        let was_told = self.next.hanging_up == Some(HangUp::CutOff);
        let was_answering =
            outcome == Outcome::ConnectionLost && self.next.answers_saved > 0 && !was_told;
        let may_retry = dialled < self.policy.attempts_max()
            && number < ATTEMPTS_BOUND
            && !was_answering
            && due < self.next.expires_at;
        may_retry.then_some(due)
    }

    fn wait_for_dial(mut self, due: Timestamp) -> Self {
        self.next.state = CallState::Initiating;
        self.next.dial_at = Some(due);
        self.next.deadline = Some(self.next.expires_at);
        self.next.talk_until = None;
        self.next.hanging_up = None;
        self.next.callback_at = None;
        self
    }

    fn close_attempt(&mut self, outcome: Outcome) {
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
        }
    }

    pub(super) fn cancel(self) -> Self {
        self.stop(EndCause::Cancelled)
    }

    pub(super) fn opt_out(self) -> Self {
        self.stop(EndCause::OptedOut)
    }

    /// Ends the call if it has not ended, and takes its data out of everybody's sight.
    pub(super) fn restrict(self) -> Result<Self, Rejection> {
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
    pub(super) fn tell_account(self) -> Result<Self, Rejection> {
        if self.next.restricted_at.is_some() || !self.next.has_callback {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self)
    }

    fn stop(mut self, cause: EndCause) -> Self {
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

    fn complete(mut self, cause: EndCause) -> Self {
        // Who talks to a person now has no need of another call of ours.
        if cause != EndCause::Transferred
            && let Some(due) = self.callback_due()
        {
            return self.call_back(due);
        }
        self.close_attempt(Outcome::Answered);
        self.end_as(CallState::Completed, cause)
    }

    fn call_back(mut self, due: Timestamp) -> Self {
        self.close_attempt(Outcome::CallbackAgreed);
        self.next.attempts_before = self.attempt().number;
        self.wait_for_dial(due)
    }

    pub(super) fn finish(mut self, cause: EndCause) -> Self {
        self.close_attempt(Outcome::NotDialled);
        self.end_as(CallState::Failed, cause)
    }

    fn end_as(mut self, state: CallState, cause: EndCause) -> Self {
        self.next.state = state;
        self.next.cause = Some(cause);
        self.next.deadline = None;
        self.next.dial_at = None;
        self
    }
}
