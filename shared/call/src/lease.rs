//! How long a relay may carry a call without word from the store.

use super::{CallSession, CallState, Policy};
use crate::time::Timestamp;
use std::time::Duration;

/// What a lease ends before its call is given up (10 s, or a quarter of the time if that is less):
/// a hang-up takes seconds, and the clocks of two processes differ.
const MARGIN_MAX: Duration = Duration::from_secs(10);

impl CallSession {
    /// How long after [`CallSession::updated_at`] the relay that stored this version may carry its
    /// call, if it can store nothing more: until shortly before the call is given up and may be
    /// dialled again. Nothing while no relay carries the call.
    #[must_use]
    pub fn lease(&self, policy: &Policy) -> Option<Duration> {
        let given_up = match self.state {
            CallState::Connected => self.deadline?,
            CallState::Active => self.deadline? + policy.disconnect_grace,
            CallState::Initiating
            | CallState::Dialing
            | CallState::Disconnected
            | CallState::Completed
            | CallState::Failed => return None,
        };
        let whole = given_up.since(self.updated_at);
        Some(whole - MARGIN_MAX.min(whole / 4))
    }

    /// Whether the relay of a live stream was silent for so long that its stream may be replaced
    /// by one that comes back: half of a heartbeat timeout, or all of the agent's time to become
    /// ready, before which a relay sends no heartbeat.
    pub(super) fn has_missed_beat(&self, now: Timestamp, policy: &Policy) -> bool {
        let patience = if self.state == CallState::Active {
            policy.heartbeat_timeout / 2
        } else {
            policy.disconnect_grace
        };
        // The end of the longest conversation is a deadline that no heartbeat renews.
        let renewed = self.deadline.filter(|_| self.deadline != self.talk_until);
        renewed.is_some_and(|deadline| deadline < now + patience)
    }
}
