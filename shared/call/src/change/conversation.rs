//! The conversation: its stream, its agent, its heartbeats.

use super::Change;
use crate::{
    attempt::{AttemptState, Outcome},
    event::HangUp,
    ids::{CarrierCallId, ConversationId},
    policy::CALLBACK_PAUSE,
    session::Rejection,
    state::CallState,
    time::Timestamp,
    voice::{Speaking, Voice},
};

impl Change<'_> {
    pub(crate) fn open_stream(
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
        (attempt.stream_lost, attempt.line_down) = (false, false);
        attempt.answered_at = attempt.answered_at.or(Some(now));
        attempt.carrier_call_id = attempt.carrier_call_id.take().or(carrier_call_id.cloned());
        let in_conversation = attempt.conversation_id.is_some();
        self.next.speaking = None;
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
    pub(crate) fn ring_on(mut self) -> Result<Self, Rejection> {
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
    pub(crate) fn answer_stream(mut self) -> Result<Self, Rejection> {
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
    pub(crate) fn has_stream(&self) -> bool {
        let attempt = self.next.attempt.as_ref();
        attempt.is_some_and(|attempt| attempt.streams > 0)
    }

    pub(crate) fn converse(mut self, conversation_id: &ConversationId) -> Result<Self, Rejection> {
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

    pub(super) fn heartbeat_deadline(&self) -> Timestamp {
        let renewed = self.now + self.policy.heartbeat_timeout;
        self.next
            .talk_until
            .map_or(renewed, |until| renewed.min(until))
    }

    /// Audio still flows. After a missed heartbeat this also proves the connection was not lost.
    pub(crate) fn renew(mut self, who: Voice) -> Self {
        self.is_audited = self.next.state != CallState::Active;
        let at = self.now;
        self.next.speaking = Some(Speaking { who, at });
        let attempt = self.attempt();
        (attempt.stream_lost, attempt.line_down) = (false, false);
        let deadline = self.heartbeat_deadline();
        self.enter(CallState::Active, deadline)
    }

    pub(crate) fn count_answer(mut self) -> Self {
        self.is_audited = false;
        self.next.answers_saved = self.next.answers_saved.saturating_add(1);
        self
    }

    /// Remembers when the callee wants to be called again; the last word counts.
    pub(crate) fn agree_callback(mut self, at: Timestamp) -> Result<Self, Rejection> {
        if self.attempt().number >= self.next.attempts_bound() {
            return Err(Rejection::NoAttemptLeft);
        }
        let due = self.next.opens_at(at.max(self.now), self.policy);
        let due = due.filter(|due| *due < self.next.expires_at);
        self.next.callback_at = Some(due.ok_or(Rejection::TooLate)?);
        Ok(self)
    }

    /// When the phone is to ring again because that was agreed, if it still may.
    pub(super) fn callback_due(&self) -> Option<Timestamp> {
        let agreed = self.next.callback_at?.max(self.now + CALLBACK_PAUSE);
        let due = self.next.opens_at(agreed, self.policy);
        due.filter(|due| *due < self.next.expires_at)
    }

    pub(crate) fn talked_too_long(&self) -> bool {
        self.next.talk_until.is_some_and(|until| until <= self.now)
    }

    pub(crate) fn await_stream(self) -> Self {
        let deadline = self.now + self.policy.disconnect_grace;
        self.enter(CallState::Disconnected, deadline)
    }

    /// Answered, but either the stream never came or the agent never spoke.
    pub(crate) fn give_up_connecting(self) -> Self {
        match self.next.hanging_up {
            Some(announced) => self.end_announced(announced),
            None if self.has_stream() => self.end_attempt(Outcome::AgentUnavailable),
            None => self.presume(Outcome::ConnectionLost),
        }
    }
}
