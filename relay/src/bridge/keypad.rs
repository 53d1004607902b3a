//! What the callee types on the telephone's keys: told together, once the callee pauses.

use super::{AgentLeg, Bridge, Output, timer::Timer};
use crate::defaults::KEYS_MAX;
use call::private::Private;
use std::{mem, time::Instant};

/// Says that the number is complete, as on every telephone menu.
const COMPLETE: char = '#';

impl Bridge {
    /// Takes keys that were pressed; signs that no telephone has are not among them.
    pub(super) fn typed(&mut self, keys: &Private, now: Instant) {
        if self.agent == AgentLeg::Gone {
            return;
        }
        self.callee_heard = now;
        let room = KEYS_MAX.saturating_sub(self.keys.len());
        let is_key = |key: &char| key.is_ascii_digit() || ['*', COMPLETE].contains(key);
        self.keys
            .extend(keys.expose().chars().filter(is_key).take(room));
        let is_complete = self.keys.ends_with(COMPLETE);
        let pause = self.config.keys_wait;
        let told_at = if is_complete { now } else { now + pause };
        self.timers.set(Timer::Keys, told_at);
    }

    /// Tells what was typed; an agent that is not there yet is told when it is.
    pub(super) fn tell_keys(&mut self, now: Instant) {
        match self.agent {
            AgentLeg::Ready if !self.keys.is_empty() => {
                let keys = mem::take(&mut self.keys);
                self.outputs.push_back(Output::Typed(keys.into()));
            }
            AgentLeg::Awaited => self.timers.set(Timer::Keys, now + self.config.keys_wait),
            AgentLeg::Ready | AgentLeg::Gone => {}
        }
    }
}
