//! What the carrier's side does to the call.

use super::{AgentLeg, Bridge, CarrierClose, CarrierLeg, End, Output, Phase, timer::Timer};
use bytes::Bytes;
use std::time::Instant;

impl Bridge {
    pub(super) fn carrier_audio(&mut self, pcm: Bytes, now: Instant) {
        if pcm.is_empty() {
            return self.carrier_stops(now);
        }
        self.stats.carrier_frames += 1;
        self.stats.from_carrier_bytes += pcm.len() as u64;
        if self.carrier != CarrierLeg::Streaming {
            self.stats.to_agent_dropped.after_end += pcm.len() as u64;
            return;
        }
        self.timers
            .set(Timer::StreamIdle, now + self.config.stream_idle_timeout);
        self.timers.stop(Timer::Stopped);
        self.frame_at = now;
        let pcm = self.without_echo(pcm, now);
        self.listen(&pcm, now);
        match self.agent {
            AgentLeg::Ready => {
                self.timers
                    .set(Timer::Silence, now + self.config.silence_interval);
                self.to_agent.send(pcm, &mut self.stats, &mut self.outputs);
            }
            AgentLeg::Awaited => {
                let dropped = self.to_agent.hold(pcm, &mut self.stats);
                self.miss_backlog(dropped, now);
            }
            AgentLeg::Gone => self.stats.to_agent_dropped.after_end += pcm.len() as u64,
        }
    }

    /// Silence of the same length while our own audio may come back in what the carrier sends.
    fn without_echo(&mut self, pcm: Bytes, now: Instant) -> Bytes {
        let margin = self.config.echo_margin;
        if !self.config.half_duplex || !self.playout.may_be_heard(now, margin) {
            return pcm;
        }
        self.stats.silenced_bytes += pcm.len() as u64;
        vec![0; pcm.len()].into()
    }

    pub(super) fn carrier_rate(&mut self, hz: u32) {
        self.to_agent
            .set_carrier_hz(hz, &mut self.stats, &mut self.outputs);
    }

    fn carrier_stops(&mut self, now: Instant) {
        if self.carrier == CarrierLeg::Streaming {
            self.timers.set(Timer::Stopped, now + self.config.stop_wait);
        }
    }

    /// The carrier's word that the callee hung up, with its socket still open.
    pub(super) fn carrier_ended(&mut self, now: Instant) {
        if self.carrier == CarrierLeg::Streaming {
            self.outputs.push_back(Output::CloseCarrier);
        }
        self.finish(End::HungUpByCallee, now);
    }

    pub(super) fn carrier_closed(&mut self, close: CarrierClose, now: Instant) {
        match (self.phase, close) {
            (_, CarrierClose::Normal) | (Phase::Leaving(_), CarrierClose::Abnormal) => {
                self.carrier = CarrierLeg::Gone;
                self.finish(End::HungUpByCallee, now);
            }
            (_, CarrierClose::Abnormal) => self.lose_stream(now),
        }
    }

    /// Starts the grace if the call goes on, and ends the call if it was ending anyway.
    pub(super) fn lose_stream(&mut self, now: Instant) {
        if self.carrier != CarrierLeg::Streaming {
            return;
        }
        self.carrier = CarrierLeg::Lost;
        self.stats.streams_lost += 1;
        let unheard = self.cut_playout(now);
        self.miss_stream(unheard, now);
        self.to_agent.break_off(&mut self.stats, &mut self.outputs);
        self.timers.stop(Timer::StreamIdle);
        self.timers.stop(Timer::Stopped);
        if self.phase == Phase::Talking {
            self.outputs.push_back(Output::StreamLost);
            self.timers.set(Timer::Grace, now + self.config.grace);
        } else {
            self.finish(End::StreamLost, now);
        }
    }

    /// A stream that comes back hears what was held; one that replaces a living one, what follows.
    pub(super) fn carrier_attached(&mut self, now: Instant) {
        if self.carrier == CarrierLeg::Gone {
            return;
        }
        let unheard = self.cut_playout(now);
        self.miss_until_attached(unheard, now);
        self.carrier = CarrierLeg::Streaming;
        self.frame_at = now;
        self.quiet_since = now;
        self.callee_heard = now;
        self.to_agent.break_off(&mut self.stats, &mut self.outputs);
        self.timers.stop(Timer::Grace);
        self.timers.stop(Timer::Stopped);
        self.timers
            .set(Timer::StreamIdle, now + self.config.stream_idle_timeout);
    }
}
