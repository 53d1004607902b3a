//! Caller audio on its way to the agent: whole samples, gain, rate, coding, backlog.

use super::{
    Output,
    config::BridgeConfig,
    stats::{Stats, ToAgentDropped},
};
use crate::audio::{Aligner, Format, Resampler, SAMPLE_BYTES, amplify, bytes_in};
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
    agent: Format,
    silence: Bytes,
}

impl ToAgent {
    pub(crate) fn new(config: &BridgeConfig, agent: Format) -> Self {
        let mut path = Self {
            aligner: Aligner::default(),
            resampler: Resampler::new(config.carrier_in_hz, agent.hz()),
            gain: config.to_agent_gain,
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            backlog_max: config.backlog_max,
            frame: config.frame,
            carrier_hz: config.carrier_in_hz,
            agent,
            silence: Bytes::new(),
        };
        path.set_agent(agent);
        path
    }

    pub(crate) fn set_agent(&mut self, agent: Format) {
        self.agent = agent;
        self.resampler = Resampler::new(self.carrier_hz, agent.hz());
        let silence = Bytes::from(vec![0; bytes_in(self.frame, agent.hz())]);
        self.silence = agent.encode(silence);
    }

    /// Nobody hears what the conversion still holds.
    pub(crate) fn lose_agent(&mut self) {
        self.resampler.reset();
    }

    pub(crate) fn set_carrier_hz(
        &mut self,
        hz: u32,
        stats: &mut Stats,
        out: &mut VecDeque<Output>,
    ) {
        if hz != self.carrier_hz {
            self.carrier_hz = hz;
            self.break_off(stats, out);
            self.resampler = Resampler::new(hz, self.agent.hz());
        }
    }

    /// What follows from the carrier does not continue what came.
    pub(crate) fn break_off(&mut self, stats: &mut Stats, out: &mut VecDeque<Output>) {
        stats.to_agent_dropped.half_sample += self.aligner.clear() as u64;
        self.flush(stats, out);
    }

    /// Passes on what the conversion still holds: nothing continues it.
    pub(crate) fn flush(&mut self, stats: &mut Stats, out: &mut VecDeque<Output>) {
        let tail = self.resampler.flush();
        self.put_out(tail, stats, out);
    }

    /// Passes a carrier frame of any length on at once.
    pub(crate) fn send(&mut self, pcm: Bytes, stats: &mut Stats, out: &mut VecDeque<Output>) {
        let pcm = self.aligner.align(pcm);
        self.forward(pcm, stats, out);
    }

    /// Keeps a carrier frame for an agent that is not there yet; drops the oldest if too many. Returns how
    /// many bytes it dropped.
    pub(crate) fn hold(&mut self, pcm: Bytes, stats: &mut Stats) -> usize {
        let pcm = self.aligner.align(pcm);
        if pcm.is_empty() {
            return 0;
        }
        let mut gone = 0;
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
            gone += dropped;
        }
        stats.to_agent_dropped.backlog += gone as u64;
        gone
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
        self.resampler.reset();
        dropped.after_end += std::mem::take(&mut self.backlog_bytes) as u64;
        dropped.half_sample += self.aligner.clear() as u64;
    }

    /// One frame of silence in the agent's format.
    pub(crate) fn silence(&self) -> Bytes {
        self.silence.clone()
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.backlog_bytes + self.aligner.carried()
    }

    pub(crate) fn carrier_hz(&self) -> u32 {
        self.carrier_hz
    }

    fn forward(&mut self, mut pcm: Bytes, stats: &mut Stats, out: &mut VecDeque<Output>) {
        let frame_bytes = bytes_in(self.frame, self.carrier_hz).max(SAMPLE_BYTES);
        while !pcm.is_empty() {
            let rest = pcm.split_off(pcm.len().min(frame_bytes));
            stats.to_agent_bytes += pcm.len() as u64;
            let converted = self.resampler.convert(amplify(pcm, self.gain));
            self.put_out(converted, stats, out);
            pcm = rest;
        }
    }

    fn put_out(&self, pcm: Bytes, stats: &mut Stats, out: &mut VecDeque<Output>) {
        if !pcm.is_empty() {
            stats.to_agent_frames += 1;
            out.push_back(Output::ToAgent(self.agent.encode(pcm)));
        }
    }
}
