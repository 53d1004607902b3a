//! Who is heard; and a callee who says nothing for long: who put the phone down, or went away, is not talked
//! to for ever.

use super::{AgentLeg, Bridge, CarrierLeg, End, Output, Phase, timer::Timer};
use crate::{
    audio::peak,
    defaults::{SPEAKS_ON, SPEECH_PEAK},
};
use call::Voice;
use std::time::{Duration, Instant};

impl Bridge {
    /// Caller audio that is loud enough to be speech counts as a word, whatever the agent understands.
    pub(super) fn listen(&mut self, pcm: &[u8], now: Instant) {
        if peak(pcm) >= SPEECH_PEAK {
            self.callee_heard = now;
            self.callee_spoke = Some(now);
        }
    }

    /// Whose voice is heard at `now`. The agent's counts as heard as long as it plays by our clock, and before
    /// the callee's, because it may come back in what the carrier sends.
    #[must_use]
    pub fn voice(&self, now: Instant) -> Voice {
        let is_agents =
            self.playout.plays_agent() && self.playout.may_be_heard(now, Duration::ZERO);
        let spoke = self.callee_spoke.filter(|at| now < *at + SPEAKS_ON);
        match (self.carrier, is_agents, spoke) {
            (CarrierLeg::Lost | CarrierLeg::Gone, ..) => Voice::Nobody,
            (CarrierLeg::Streaming, true, _) => Voice::Agent,
            (CarrierLeg::Streaming, false, Some(_)) => Voice::Callee,
            (CarrierLeg::Streaming, false, None) => Voice::Nobody,
        }
    }

    /// When the callee will have been silent for too long. Who has just been asked may think.
    pub(super) fn silence_due(&self) -> Option<Instant> {
        let could_talk = self.phase == Phase::Talking
            && self.agent == AgentLeg::Ready
            && self.carrier == CarrierLeg::Streaming;
        let silent = self.callee_heard + self.config.callee_silence_max;
        let asked = self.playout.heard_until() + self.config.answer_time;
        could_talk.then(|| silent.max(asked))
    }

    pub(super) fn give_up_callee(&mut self, now: Instant) {
        self.break_off(now);
        self.phase = Phase::Undecided(End::CalleeSilent);
        self.timers.set(Timer::HardCap, now + self.config.hard_cap);
        self.outputs.push_back(Output::CalleeSilent);
    }
}
