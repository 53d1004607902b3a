//! A line of our own while no agent is there to speak: nobody is left in silence because of us.

use super::{AgentLeg, Bridge, CarrierLeg, Output, Phase, barge_in::Utterance};
use bytes::Bytes;
use std::time::Instant;

impl Bridge {
    /// When the callee will have heard nothing for long, if no agent comes.
    pub(super) fn hold_due(&self) -> Option<Instant> {
        let is_left_alone = self.phase == Phase::Talking
            && self.agent == AgentLeg::Awaited
            && self.carrier == CarrierLeg::Streaming
            && self.playout.queued_bytes() == 0;
        let quiet_since = self.quiet_since.max(self.playout.heard_until());
        is_left_alone.then(|| quiet_since + self.config.hold_after)
    }

    pub(super) fn ask_for_hold(&mut self, now: Instant) {
        self.quiet_since = now;
        self.outputs.push_back(Output::HoldDue);
    }

    pub(super) fn hold(&mut self, pcm: Bytes, now: Instant) {
        let is_wanted = self.phase == Phase::Talking && self.agent == AgentLeg::Awaited;
        if !is_wanted {
            return self.count_unplayed(pcm.len(), |dropped| &mut dropped.hold);
        }
        self.stats.holds += 1;
        self.say_ourselves(Utterance::HOLD, pcm, now);
    }

    /// There is something better to hear.
    pub(super) fn stop_holding(&mut self) {
        let unplayed = self.playout.drop_only(Utterance::HOLD);
        self.stats.to_carrier_dropped.hold += unplayed as u64;
    }
}
