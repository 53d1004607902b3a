//! What the agent's side does to the call.

use super::from_agent::FromAgent;
use super::{AgentLeg, Bridge, CarrierLeg, End, Output, Phase, barge_in::Utterance, timer::Timer};
use crate::audio::Format;
use bytes::Bytes;
use std::time::{Duration, Instant};

impl Bridge {
    pub(super) fn agent_ready(&mut self, hears: Format, speaks: Format, now: Instant) {
        if self.agent != AgentLeg::Awaited {
            return;
        }
        self.agent = AgentLeg::Ready;
        self.callee_heard = now;
        self.gaps.end_agent_away(now);
        self.to_agent.set_agent(hears);
        self.end_utterance(now);
        self.from_agent = FromAgent::new(speaks, self.config.carrier_out_hz);
        self.timers.stop(Timer::AgentReady);
        self.timers
            .set(Timer::Silence, now + self.config.silence_interval);
        self.to_agent
            .send_backlog(&mut self.stats, &mut self.outputs);
    }

    pub(super) fn send_silence(&mut self, now: Instant) {
        if self.agent == AgentLeg::Ready {
            self.to_agent.flush(&mut self.stats, &mut self.outputs);
            self.stats.silence_frames += 1;
            self.outputs
                .push_back(Output::ToAgent(self.to_agent.silence()));
            self.timers
                .set(Timer::Silence, now + self.config.silence_interval);
        }
    }

    pub(super) fn agent_audio(&mut self, event_id: Option<u64>, audio: Bytes, now: Instant) {
        if audio.is_empty() {
            return;
        }
        self.stats.agent_pieces += 1;
        if self.agent == AgentLeg::Gone {
            return self.count_unplayed(audio.len(), |dropped| &mut dropped.after_end);
        }
        let utterance = self.barge_in.utterance(event_id);
        if self.barge_in.is_stale(utterance) {
            return self.count_unplayed(audio.len(), |dropped| &mut dropped.stale);
        }
        if self.from_agent.is_new(utterance) {
            self.end_utterance(now);
        }
        self.agent_heard = now;
        self.stop_holding();
        let pcm = self.from_agent.convert(utterance, audio, &mut self.stats);
        self.queue(utterance, pcm, now);
    }

    /// Queues audio that is already counted as received.
    pub(super) fn queue(&mut self, utterance: Utterance, pcm: Bytes, now: Instant) {
        self.playout.push(utterance, pcm, now);
        let queued = self.playout.queued_bytes() as u64;
        self.stats.playout_peak_bytes = self.stats.playout_peak_bytes.max(queued);
    }

    /// Counts audio that is dropped as it arrives, with the bytes it arrived with.
    pub(super) fn count_unplayed(
        &mut self,
        bytes: usize,
        reason: impl FnOnce(&mut super::ToCarrierDropped) -> &mut u64,
    ) {
        self.stats.from_agent_bytes += bytes as u64;
        *reason(&mut self.stats.to_carrier_dropped) += bytes as u64;
    }

    /// Drops the interrupted speech and silences the carrier once, if it may still be talking.
    pub(super) fn agent_interrupted(&mut self, event_id: Option<u64>, now: Instant) {
        if self.agent == AgentLeg::Gone {
            return;
        }
        let Some(last) = self.barge_in.interrupt(event_id) else {
            self.stats.interruptions_stale += 1;
            return;
        };
        self.stats.interruptions += 1;
        self.callee_heard = now;
        let dropped = self.playout.drop_through(last) + self.from_agent.drop_through(last);
        self.stats.to_carrier_dropped.interrupted += dropped as u64;
        self.silence_carrier(now);
    }

    /// Has the carrier stop what it may still be playing; returns how much of it that was.
    pub(super) fn silence_carrier(&mut self, now: Instant) -> Duration {
        let may_play = self.playout.may_be_heard(now, self.config.drain_margin);
        if self.carrier != CarrierLeg::Streaming || !may_play {
            return Duration::ZERO;
        }
        self.outputs.push_back(Output::KillAudio);
        self.cut_playout(now)
    }

    /// Nothing handed out so far will be heard from `now` on; returns how much of it that is.
    pub(super) fn cut_playout(&mut self, now: Instant) -> Duration {
        let unheard = self.playout.cut(now);
        self.stats.unheard_bytes += unheard as u64;
        self.playing_time(unheard)
    }

    /// Ends the call once the agent has said its last words and they were heard.
    pub(super) fn end_after_agent(&mut self, end: End, now: Instant) {
        if self.phase == Phase::Talking && self.agent == AgentLeg::Ready {
            self.agent_heard = now;
            self.phase = Phase::Draining(end);
        }
    }

    pub(super) fn agent_ended(&mut self, now: Instant) {
        match self.agent {
            AgentLeg::Ready => {
                self.end_after_agent(End::HungUpByAgent, now);
                self.release_agent(now);
            }
            // A conversation that never began has not ended well.
            AgentLeg::Awaited => self.agent_lost(now),
            AgentLeg::Gone => {}
        }
    }

    pub(super) fn agent_lost(&mut self, now: Instant) {
        match (self.agent, self.phase) {
            (AgentLeg::Ready, Phase::Talking) => {
                self.agent = AgentLeg::Awaited;
                self.quiet_since = now;
                self.stats.agents_lost += 1;
                self.end_utterance(now);
                self.miss_agent(now);
                self.to_agent.lose_agent();
                self.barge_in.start_leg();
                self.timers.stop(Timer::Silence);
                self.timers
                    .set(Timer::AgentReady, now + self.config.agent_ready_timeout);
                self.outputs.push_back(Output::AgentLost);
            }
            // The deadline set when it was first awaited goes on.
            (AgentLeg::Awaited, Phase::Talking) => self.outputs.push_back(Output::AgentLost),
            (AgentLeg::Ready | AgentLeg::Awaited, _) => self.release_agent(now),
            (AgentLeg::Gone, _) => {}
        }
    }

    pub(super) fn give_up_agent(&mut self, now: Instant) {
        if self.agent == AgentLeg::Awaited && self.phase == Phase::Talking {
            self.close_agent(now);
            self.phase = Phase::Undecided(End::AgentUnavailable);
            self.timers.set(Timer::HardCap, now + self.config.hard_cap);
            self.outputs.push_back(Output::AgentUnavailable);
        }
    }

    /// Plays a line of our own after what is queued, then hangs up.
    pub(super) fn say(&mut self, pcm: Bytes, now: Instant) {
        let end = match self.phase {
            Phase::Talking if self.agent == AgentLeg::Ready => End::HungUpByOwner,
            Phase::Talking => End::AgentUnavailable,
            Phase::Undecided(end) => end,
            Phase::Draining(_) | Phase::Leaving(_) | Phase::Over => {
                return self.count_unplayed(pcm.len(), |dropped| &mut dropped.after_end);
            }
        };
        self.last_words(pcm, end, now);
    }

    /// Plays `pcm` as the last that the callee hears.
    pub(super) fn last_words(&mut self, pcm: Bytes, end: End, now: Instant) {
        self.close_agent(now);
        self.stop_holding();
        self.timers.stop(Timer::HardCap);
        self.phase = Phase::Draining(end);
        self.say_ourselves(Utterance::OWN, pcm, now);
    }

    /// Queues a line of our own.
    pub(super) fn say_ourselves(&mut self, utterance: Utterance, pcm: Bytes, now: Instant) {
        let odd = pcm.len() % 2;
        self.stats.from_agent_bytes += pcm.len() as u64;
        self.stats.to_carrier_dropped.half_sample += odd as u64;
        self.queue(utterance, pcm.slice(..pcm.len() - odd), now);
    }
}
