//! How a call ends: play out, hang up, finish.

use super::{AgentLeg, Bridge, CarrierLeg, End, Input, Output, Phase, timer::Timer};
use bytes::Bytes;
use std::time::{Duration, Instant};

impl Bridge {
    /// Who or what is ending the call, once that is decided and until it is over.
    #[must_use]
    pub fn ending(&self) -> Option<End> {
        self.pending()
    }

    /// Hangs up once all that is to be said has been heard.
    pub(super) fn leave_if_drained(&mut self, now: Instant) {
        let Phase::Draining(end) = self.phase else {
            return;
        };
        let drained = self.drained_at();
        if drained.is_some_and(|at| at <= now) {
            self.hang_up(end, now);
        } else {
            self.timers.put(Timer::Drained, drained);
        }
    }

    /// The time is up: the agent is silenced, and the owner is to say what the callee hears last.
    pub(super) fn reach_limit(&mut self, now: Instant) {
        if self.phase != Phase::Talking || self.carrier != CarrierLeg::Streaming {
            return self.hang_up(End::CallMax, now);
        }
        self.break_off(now);
        self.phase = Phase::Undecided(End::CallMax);
        self.timers.set(Timer::HardCap, now + self.config.hard_cap);
        self.outputs.push_back(Output::LimitReached);
    }

    /// Tells the callee why the call is cut, instead of whatever else is said, and hangs up.
    pub(super) fn leave(&mut self, pcm: Bytes, end: End, now: Instant) {
        if matches!(self.phase, Phase::Leaving(_) | Phase::Over) {
            return self.count_unplayed(pcm.len(), |dropped| &mut dropped.after_end);
        }
        let end = self.pending().unwrap_or(end);
        if self.carrier != CarrierLeg::Streaming {
            self.count_unplayed(pcm.len(), |dropped| &mut dropped.after_end);
            return self.finish(end, now);
        }
        self.break_off(now);
        self.last_words(pcm, end, now);
    }

    /// Ends all speech of the agent's, heard or not.
    pub(super) fn break_off(&mut self, now: Instant) {
        self.close_agent(now);
        self.stop_holding();
        let is_agents = self.playout.plays_agent();
        let unplayed = self.playout.clear();
        self.stats.to_carrier_dropped.cut_off += unplayed as u64;
        let unheard = self.silence_carrier(now);
        let unheard = if is_agents { unheard } else { Duration::ZERO };
        self.miss_rest(unplayed, unheard, now);
    }

    /// When all will have been heard; nothing while audio is queued or nobody can hear it.
    fn drained_at(&self) -> Option<Instant> {
        let is_whole = self.utterance_ends().is_none();
        if !is_whole || self.playout.queued_bytes() > 0 || self.carrier != CarrierLeg::Streaming {
            return None;
        }
        let heard = self.playout.heard_until() + self.config.drain_margin;
        match self.agent {
            AgentLeg::Ready => Some(heard.max(self.agent_heard + self.config.goodbye_quiet)),
            AgentLeg::Awaited | AgentLeg::Gone => Some(heard),
        }
    }

    /// Ends both legs at once: what is still queued is dropped, the carrier is told to leave.
    pub(super) fn hang_up(&mut self, end: End, now: Instant) {
        if matches!(self.phase, Phase::Leaving(_) | Phase::Over) {
            return;
        }
        let end = self.pending().unwrap_or(end);
        if self.carrier != CarrierLeg::Streaming {
            return self.finish(end, now);
        }
        self.phase = Phase::Leaving(end);
        self.carrier = CarrierLeg::Gone;
        match end {
            // The carrier's flow takes the callee, and then our stream, away by itself.
            End::Transferred => self.outputs.push_back(Output::Transfer),
            End::HungUpByCallee
            | End::HungUpByAgent
            | End::HungUpByOwner
            | End::AgentUnavailable
            | End::StreamLost
            | End::CallMax
            | End::CalleeSilent
            | End::LeaseLapsed
            | End::Drained => self
                .outputs
                .extend([Output::Disconnect, Output::CloseCarrier]),
        }
        self.stop_media(now);
        self.timers.set(Timer::HardCap, now + self.config.hard_cap);
    }

    /// Ends the call. A cause that was found before `end` stands.
    pub(super) fn finish(&mut self, end: End, now: Instant) {
        if self.phase == Phase::Over {
            return;
        }
        let end = self.pending().unwrap_or(end);
        self.phase = Phase::Over;
        self.carrier = CarrierLeg::Gone;
        self.stop_media(now);
        self.outputs.push_back(Output::Finished(end));
    }

    /// The cause for which the call is already ending.
    fn pending(&self) -> Option<End> {
        match self.phase {
            Phase::Undecided(end) | Phase::Draining(end) | Phase::Leaving(end) => Some(end),
            Phase::Talking | Phase::Over => None,
        }
    }

    /// Counts audio that arrives when the call is over.
    pub(super) fn count_late(&mut self, input: &Input) {
        match input {
            Input::CarrierAudio(pcm) if !pcm.is_empty() => {
                self.stats.carrier_frames += 1;
                self.stats.from_carrier_bytes += pcm.len() as u64;
                self.stats.to_agent_dropped.after_end += pcm.len() as u64;
            }
            Input::AgentAudio { audio, .. } if !audio.is_empty() => {
                self.stats.agent_pieces += 1;
                self.count_unplayed(audio.len(), |dropped| &mut dropped.after_end);
            }
            Input::Hold(pcm) | Input::Say(pcm) | Input::Leave { pcm, .. } => {
                self.count_unplayed(pcm.len(), |dropped| &mut dropped.after_end);
            }
            Input::CarrierAudio(_)
            | Input::CarrierRate(_)
            | Input::CarrierTyped(_)
            | Input::CarrierEnded
            | Input::CarrierClosed(_)
            | Input::CarrierAttached
            | Input::AgentReady { .. }
            | Input::AgentAudio { .. }
            | Input::AgentInterrupted { .. }
            | Input::AgentPing { .. }
            | Input::AgentEnding
            | Input::AgentEnded
            | Input::AgentLost
            | Input::CalleeSaid { .. }
            | Input::AgentSaid { .. }
            | Input::AgentCorrected { .. }
            | Input::Transfer
            | Input::HangUp
            | Input::Timeout => {}
        }
    }

    fn stop_media(&mut self, now: Instant) {
        self.close_agent(now);
        let unplayed = self.playout.clear();
        self.stats.to_carrier_dropped.after_end += unplayed as u64;
        self.cut_playout(now);
        self.gaps.end(now);
        self.timers.stop_all();
    }

    pub(super) fn close_agent(&mut self, now: Instant) {
        if self.agent != AgentLeg::Gone {
            self.outputs.push_back(Output::CloseAgent);
            self.release_agent(now);
        }
    }

    /// Nothing goes to the agent any more, and nothing comes from it.
    pub(super) fn release_agent(&mut self, now: Instant) {
        self.agent = AgentLeg::Gone;
        self.gaps.end_agent_away(now);
        self.to_agent.clear(&mut self.stats.to_agent_dropped);
        self.end_utterance(now);
        self.timers.stop(Timer::Silence);
        self.timers.stop(Timer::AgentReady);
    }
}
