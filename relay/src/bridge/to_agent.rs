//! Caller audio on its way to the agent: whole samples, gain, rate, backlog.

use super::{
    Output,
    config::BridgeConfig,
    stats::{Stats, ToAgentDropped},
};
use crate::audio::{Aligner, Resampler, SAMPLE_BYTES, amplify, bytes_in};
use bytes::Bytes;
use std::{collections::VecDeque, time::Duration};

/// The path from the carrier to the agent. All lengths are those of the carrier's audio.
#[derive(Debug)]
pub(crate) struct ToAgent {
    aligner: Aligner,
    resampler: Resampler,
    gain: f32,
    /// Whole samples that wait for an agent.
    backlog: VecDeque<Bytes>,
    backlog_bytes: usize,
    backlog_max: Duration,
    frame: Duration,
    carrier_hz: u32,
    agent_hz: u32,
    silence: Bytes,
}

impl ToAgent {
    pub(crate) fn new(config: &BridgeConfig, agent_hz: u32) -> Self {
        let mut path = Self {
            aligner: Aligner::default(),
            resampler: Resampler::new(config.carrier_in_hz, agent_hz),
            gain: config.to_agent_gain,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            backlog_max: config.backlog_max,
            frame: config.frame,
            carrier_hz: config.carrier_in_hz,
            agent_hz,
            silence: Bytes::new(),
        };
        path.set_agent_hz(agent_hz);
        path
    }

    pub(crate) fn set_agent_hz(&mut self, hz: u32) {
        self.agent_hz = hz;
        self.resampler = Resampler::new(self.carrier_hz, hz);
        self.silence = Bytes::from(vec![0; bytes_in(self.frame, hz)]);
    }

    pub(crate) fn set_carrier_hz(&mut self, hz: u32, stats: &mut Stats) {
        if hz != self.carrier_hz {
            self.carrier_hz = hz;
            self.break_off(stats);
            self.resampler = Resampler::new(hz, self.agent_hz);
        }
    }

    /// What follows from the carrier does not continue what came.
    pub(crate) fn break_off(&mut self, stats: &mut Stats) {
        stats.to_agent_dropped.half_sample += self.aligner.clear() as u64;
        self.resampler.reset();
    }

    /// Passes a carrier frame of any length on at once.
    pub(crate) fn send(&mut self, pcm: Bytes, stats: &mut Stats, out: &mut VecDeque<Output>) {
        let pcm = self.aligner.align(pcm);
        self.forward(pcm, stats, out);
    }

    /// Keeps a carrier frame for an agent that is not there yet; drops the oldest if too many.
    pub(crate) fn hold(&mut self, pcm: Bytes, stats: &mut Stats) {
        let pcm = self.aligner.align(pcm);
        if pcm.is_empty() {
            return;
        }
        self.backlog_bytes += pcm.len();
        self.backlog.push_back(pcm);
        let bytes_max = bytes_in(self.backlog_max, self.carrier_hz);
        while self.backlog_bytes > bytes_max {
            let excess = self.backlog_bytes - bytes_max;
            let Some(oldest) = self.backlog.front_mut() else {
                break;
            };
            let dropped = excess.min(oldest.len());
            if dropped == oldest.len() {
                self.backlog.pop_front();
            } else {
                let _ = oldest.split_to(dropped);
            }
            self.backlog_bytes -= dropped;
            stats.to_agent_dropped.backlog += dropped as u64;
        }
    }

    /// Passes on all that was kept.
    pub(crate) fn send_backlog(&mut self, stats: &mut Stats, out: &mut VecDeque<Output>) {
        self.backlog_bytes = 0;
        while let Some(pcm) = self.backlog.pop_front() {
            self.forward(pcm, stats, out);
        }
    }

    /// Drops all that was kept: nobody will hear it.
    pub(crate) fn clear(&mut self, dropped: &mut ToAgentDropped) {
        self.backlog.clear();
        dropped.after_end += std::mem::take(&mut self.backlog_bytes) as u64;
        dropped.half_sample += self.aligner.clear() as u64;
    }

    /// One frame of silence at the agent's rate.
    pub(crate) fn silence(&self) -> Bytes {
        self.silence.clone()
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.backlog_bytes + self.aligner.carried()
    }

    fn forward(&mut self, mut pcm: Bytes, stats: &mut Stats, out: &mut VecDeque<Output>) {
        let frame_bytes = bytes_in(self.frame, self.carrier_hz).max(SAMPLE_BYTES);
        while !pcm.is_empty() {
            let rest = pcm.split_off(pcm.len().min(frame_bytes));
            stats.to_agent_bytes += pcm.len() as u64;
            let converted = self.resampler.convert(amplify(pcm, self.gain));
            if !converted.is_empty() {
                stats.to_agent_frames += 1;
                out.push_back(Output::ToAgent(converted));
            }
            pcm = rest;
        }
    }
}
