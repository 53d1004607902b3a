//! Until when a relay may carry a call without word from the store.

use call::{CallSession, Policy};
use tokio::time::Instant;

/// The right to carry one stream, as the store last confirmed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which stream of the attempt, from 1.
    pub stream: u32,
    version: u64,
    /// When it lapses; never while the call waits for a lost stream, whose grace bounds it.
    pub until: Option<Instant>,
}

impl Lease {
    /// The lease of a stored call; `asked` is a moment before it was stored.
    #[must_use]
    pub fn of(call: &CallSession, policy: &Policy, asked: Instant) -> Self {
        Self {
            stream: call.attempt.as_ref().map_or(0, |attempt| attempt.streams),
            version: call.version,
            until: call.lease(policy).map(|lease| asked + lease),
        }
    }

    /// Takes the word of a later version; replies may overtake one another.
    pub fn renew(&mut self, confirmed: Self) {
        if confirmed.version > self.version {
            *self = confirmed;
        }
    }
}
