//! Both voices of a call on one clock: the callee's left, what the callee was sent right, as the callee heard
//! it. Pure: no task, no storage.

use crate::audio::{Aligner, Format, Resampler};
use bytes::Bytes;
use recordings::{FRAME_BYTES, HZ, SEGMENT, SEGMENT_BYTES, SILENCE};
use std::{
    mem,
    time::{Duration, Instant},
};

/// How far the callee's sound may be off the clock for good (60 ms): what lags by more than that, for
/// [`OFF_FOR_MAX`], misses something that was never sent, which is silence.
const OFF_MAX: Duration = Duration::from_millis(60);

/// How long it may be off by more (500 ms): the network held it up, and it still comes.
const OFF_FOR_MAX: Duration = Duration::from_millis(500);

/// A gap that is no lag (1 s): the stream paused.
const GAP: Duration = Duration::from_secs(1);

/// Sound is cut off that reaches so far past the clock (1 s). What is sent to a callee reaches ahead by
/// the playout's lead and a chunk.
const AHEAD_MAX: Duration = Duration::from_secs(1);

/// A segment is given out so long after its last moment (1.5 s): until then sound of it may come.
const SETTLED: Duration = Duration::from_millis(1_500);

/// Room for a segment and what follows it until it is given out.
const CAPACITY: usize = SEGMENT_BYTES + samples_in(Duration::from_millis(2_600)) * FRAME_BYTES;

/// Moments of both channels, from the stream's opening on. It holds at most one segment and 2.6 s,
/// 201 KB, if what is due is taken before each piece.
pub(crate) struct Tape {
    began: Instant,
    /// The first sample that is still here.
    base: usize,
    /// From there on, one byte of each channel.
    sound: Vec<u8>,
    callee: Track,
    off_since: Option<Instant>,
    agent: Track,
}

/// One channel.
struct Track {
    channel: usize,
    /// Where its next sample belongs; nothing if that is for the clock to say.
    at: Option<usize>,
    hz: u32,
    halves: Aligner,
    converter: Resampler,
}

impl Tape {
    /// An empty tape of a stream that opens at `now`, with PCM at `callee_hz` one way and `agent_hz` the other.
    pub(crate) fn new(callee_hz: u32, agent_hz: u32, now: Instant) -> Self {
        Self {
            began: now,
            base: 0,
            sound: Vec::with_capacity(CAPACITY),
            callee: Track::new(0, callee_hz),
            off_since: None,
            agent: Track::new(1, agent_hz),
        }
    }

    /// The carrier sends at this rate from here on.
    pub(crate) fn callee_hz(&mut self, hz: u32) {
        if self.callee.hz != hz {
            self.callee = Track {
                at: self.callee.at,
                ..Track::new(self.callee.channel, hz)
            };
        }
    }

    /// What the carrier sends does not continue what it sent before.
    pub(crate) fn callee_anew(&mut self) {
        self.callee = Track::new(self.callee.channel, self.callee.hz);
        self.off_since = None;
    }

    /// PCM of any length that came from the carrier at `now`, and was spoken until then.
    pub(crate) fn callee(&mut self, pcm: Bytes, now: Instant) {
        let voice = self.callee.converted(pcm);
        let ends = self.sample_at(now);
        let starts = ends.saturating_sub(voice.len());
        let at = self.callee.at.unwrap_or(starts);
        let lag = starts.saturating_sub(at);
        let off_for = if starts.abs_diff(at) <= samples_in(OFF_MAX) {
            self.off_since = None;
            Duration::ZERO
        } else {
            // From the first frame that is off: those after it may make it good.
            now.saturating_duration_since(*self.off_since.get_or_insert(now))
        };
        let is_gap = lag >= samples_in(GAP) || off_for > OFF_FOR_MAX;
        let at = if is_gap { starts } else { at };
        self.callee.at = Some(self.write(self.callee.channel, at, &voice, ends));
    }

    /// A chunk of PCM that the carrier was told to play at `now`: it is heard after those before it.
    pub(crate) fn agent(&mut self, pcm: Bytes, now: Instant) {
        let clock = self.sample_at(now);
        let mut at = self.agent.at.unwrap_or(clock);
        if at < clock {
            let tail = self.agent.rest();
            self.write(self.agent.channel, at, &tail, clock);
            at = clock;
        }
        let voice = self.agent.converted(pcm);
        self.agent.at = Some(self.write(self.agent.channel, at, &voice, clock));
    }

    /// What the carrier was told to play is not heard from `now` on.
    pub(crate) fn cut(&mut self, now: Instant) {
        let from = self.sample_at(now).saturating_sub(self.base);
        let frames = self.sound.as_chunks_mut::<FRAME_BYTES>().0;
        for frame in frames.iter_mut().skip(from) {
            frame[self.agent.channel] = SILENCE;
        }
        self.agent = Track::new(self.agent.channel, self.agent.hz);
    }

    /// The next segment, if nothing of it changes any more at `now`. To be called until there is none,
    /// before what came at `now` is told.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Bytes> {
        let clock = self.sample_at(now);
        if clock < self.base + samples_in(SEGMENT + SETTLED) {
            return None;
        }
        if self.sound.len() < SEGMENT_BYTES {
            self.sound.resize(SEGMENT_BYTES, SILENCE);
        }
        let mut rest = Vec::with_capacity(CAPACITY);
        rest.extend_from_slice(&self.sound[SEGMENT_BYTES..]);
        let mut segment = mem::replace(&mut self.sound, rest);
        segment.truncate(SEGMENT_BYTES);
        self.base += samples_in(SEGMENT);
        Some(segment.into())
    }

    /// All that is left at the end, at most two segments; the last one may be empty.
    pub(crate) fn finish(mut self, now: Instant) -> Vec<Bytes> {
        let mut segments = Vec::new();
        while let Some(segment) = self.take_due(now) {
            segments.push(segment);
        }
        self.cut(now);
        let left = (self.sample_at(now) - self.base) * FRAME_BYTES;
        self.sound.resize(left, SILENCE);
        let rest = Bytes::from(self.sound);
        let full = rest.len().min(SEGMENT_BYTES);
        segments.push(rest.slice(..full));
        if full < rest.len() {
            segments.push(rest.slice(full..));
        }
        segments
    }

    fn sample_at(&self, now: Instant) -> usize {
        samples_in(now.saturating_duration_since(self.began))
    }

    /// Writes one channel from a sample on, and returns where it ends. What was given out is left alone, and
    /// what reaches too far past the `clock` is cut off.
    fn write(&mut self, channel: usize, at: usize, voice: &[u8], clock: usize) -> usize {
        let end = (at + voice.len()).min(clock + samples_in(AHEAD_MAX));
        let skipped = self.base.saturating_sub(at);
        let (Some(first), Some(last)) = (
            (at + skipped).checked_sub(self.base),
            end.checked_sub(self.base),
        ) else {
            return end;
        };
        if self.sound.len() < last * FRAME_BYTES {
            self.sound.resize(last * FRAME_BYTES, SILENCE);
        }
        let frames = self.sound.as_chunks_mut::<FRAME_BYTES>().0;
        let frames = frames.iter_mut().take(last).skip(first);
        for (frame, sample) in frames.zip(voice.iter().skip(skipped)) {
            frame[channel] = *sample;
        }
        end
    }
}

impl Track {
    fn new(channel: usize, hz: u32) -> Self {
        Self {
            channel,
            at: None,
            hz,
            halves: Aligner::default(),
            converter: Resampler::new(hz, HZ),
        }
    }

    /// As µ-law at the tape's rate.
    fn converted(&mut self, pcm: Bytes) -> Bytes {
        let pcm = self.converter.convert(self.halves.align(pcm));
        Format::Ulaw.encode(pcm)
    }

    /// What the conversion still holds of what came.
    fn rest(&mut self) -> Bytes {
        Format::Ulaw.encode(self.converter.flush())
    }
}

const fn samples_in(duration: Duration) -> usize {
    (duration.as_micros() * HZ as u128 / 1_000_000) as usize
}

#[cfg(test)]
mod tests;
