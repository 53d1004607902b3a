//! What the carrier says of a ring.

use super::Change;
use crate::{
    attempt::{AttemptState, Outcome},
    fault::{CarrierStatus, RefusalReason},
    session::Rejection,
    state::{CallState, EndCause},
};

impl Change<'_> {
    pub(crate) fn heed_carrier(self, status: CarrierStatus) -> Result<Self, Rejection> {
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

    /// The carrier says that the line is down. That completes what was announced; else the relay is to
    /// say how it ended, and if it never does, it is gone, and cut the callee off.
    pub(crate) fn line_down(mut self) -> Result<Self, Rejection> {
        if self.next.hanging_up.is_some() || self.next.callback_at.is_some() {
            return Ok(self.end(EndCause::CarrierEnded));
        }
        if std::mem::replace(&mut self.attempt().line_down, true) {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.end_or_await_stream())
    }

    /// The relay says that it has no stream any more.
    pub(crate) fn lose_stream(mut self) -> Result<Self, Rejection> {
        if std::mem::replace(&mut self.attempt().stream_lost, true) {
            return Err(Rejection::AlreadyApplied);
        }
        Ok(self.end_or_await_stream())
    }

    /// Once both said so, whoever talked has hung up. Before an agent spoke, that completes nothing.
    fn end_or_await_stream(mut self) -> Self {
        let attempt = self.attempt();
        let has_talked = attempt.conversation_id.is_some();
        if has_talked && attempt.line_down && attempt.stream_lost {
            return self.end(EndCause::CarrierEnded);
        }
        if self.next.state == CallState::Disconnected {
            self.is_audited = false;
            return self;
        }
        self.await_stream()
    }

    /// The callee picked up; the audio stream must follow once the welcome line is over.
    pub(super) fn answer(mut self) -> Result<Self, Rejection> {
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
}
