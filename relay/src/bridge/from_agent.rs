//! Agent speech on its way to the playout: decoded, in whole samples, at the carrier's rate.

use super::{Bridge, barge_in::Utterance, stats::Stats};
use crate::audio::{Aligner, Format, Resampler};
use bytes::Bytes;
use std::time::Instant;

/// The path from the agent to the playout. What it holds is counted as received, in bytes at the carrier's
/// rate.
#[derive(Debug)]
pub(crate) struct FromAgent {
    format: Format,
    halves: Aligner,
    resampler: Resampler,
    /// To what the last audio belongs.
    utterance: Option<Utterance>,
}

impl FromAgent {
    pub(crate) fn new(format: Format, carrier_hz: u32) -> Self {
        Self {
            format,
            halves: Aligner::default(),
            resampler: Resampler::new(format.hz(), carrier_hz),
            utterance: None,
        }
    }

    /// Whether audio of this utterance does not continue what came.
    pub(crate) fn is_new(&self, utterance: Utterance) -> bool {
        self.utterance != Some(utterance)
    }

    /// Converts a piece and counts it as received, a kept half sample as the byte it is.
    pub(crate) fn convert(&mut self, of: Utterance, audio: Bytes, stats: &mut Stats) -> Bytes {
        self.utterance = Some(of);
        let held = self.held();
        let pcm = self.format.decode(audio, &mut self.halves);
        let pcm = self.resampler.convert(pcm);
        // What was held was counted when it came, so this does not go below zero.
        let received = (pcm.len() + self.held() - held) as u64;
        stats.from_agent_bytes += received;
        pcm
    }

    /// Bytes of half samples and in the converter.
    pub(crate) fn held(&self) -> usize {
        self.halves.carried() + self.resampler.held()
    }

    /// Drops what is held of utterances up to `last`; returns how many bytes.
    pub(crate) fn drop_through(&mut self, last: Utterance) -> usize {
        if self.utterance.is_none_or(|utterance| utterance > last) {
            return 0;
        }
        self.halves.clear() + self.resampler.reset()
    }
}

impl Bridge {
    /// Nothing follows of the utterance that came last: its end is queued, half a sample is dropped.
    pub(super) fn end_utterance(&mut self, now: Instant) {
        self.stats.to_carrier_dropped.half_sample += self.from_agent.halves.clear() as u64;
        if let Some(utterance) = self.from_agent.utterance {
            let tail = self.from_agent.resampler.flush();
            self.queue(utterance, tail, now);
        }
    }

    /// When an utterance counts as complete of which no more came: after a pause, and in time for its end to be
    /// played with its last chunk.
    pub(super) fn utterance_ends(&self) -> Option<Instant> {
        if self.from_agent.resampler.held() == 0 {
            return None;
        }
        let quiet = self.agent_heard + self.config.tail_wait;
        let dry = self.playout.dry_at();
        let before = self.config.chunk + self.config.dry_margin;
        Some(quiet.max(dry.checked_sub(before).unwrap_or(dry)))
    }

    pub(super) fn end_utterance_if_over(&mut self, now: Instant) {
        if self.utterance_ends().is_some_and(|at| at <= now) {
            // As if it had come with the rest, so that the last chunk does not wait for more.
            self.end_utterance(self.agent_heard);
        }
    }
}
