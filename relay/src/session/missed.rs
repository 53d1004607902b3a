//! What was lost of the audio, told for each stream when it is left.

use super::Session;
use crate::bridge::Gap;
use call::{AudioGap, AudioReport, CallSession, audio::whole_ms, time::Timestamp};
use std::time::{Duration, Instant};

/// Which stream is carried, and since when.
pub(super) struct Carried {
    /// From 1.
    stream: u32,
    since: Instant,
    /// When the session began.
    began: Instant,
    /// How long before that the attempt was answered, by the clock that is stored.
    answered_before: Duration,
}

impl Carried {
    /// A session begins with the latest stream of a call.
    pub(super) fn of(call: &CallSession, now: Timestamp, began: Instant) -> Self {
        let attempt = call.attempt.as_ref();
        let answered_at = attempt.and_then(|attempt| attempt.answered_at);
        Self {
            stream: attempt.map_or(1, |attempt| attempt.streams),
            since: began,
            began,
            answered_before: now.since(answered_at.unwrap_or(now)),
        }
    }

    /// Milliseconds from the answer to `moment`.
    fn offset_ms(&self, moment: Instant) -> u64 {
        let since_began = moment.saturating_duration_since(self.began);
        let offset = self.answered_before + since_began;
        u64::try_from(offset.as_millis()).unwrap_or(u64::MAX)
    }

    fn gap(&self, gap: Gap) -> AudioGap {
        AudioGap {
            to: gap.to,
            at_ms: self.offset_ms(gap.at),
            length_ms: whole_ms(gap.length),
            because: gap.because,
        }
    }
}

impl Session<'_> {
    /// The stream is left: the call is over, or another stream carries on.
    pub(super) fn report_audio(&mut self) {
        let now = tokio::time::Instant::now().into_std();
        let missed = self.bridge.take_missed(now);
        let carried = &mut self.carried;
        self.recorder.report(AudioReport {
            attempt: self.attempt,
            stream: carried.stream,
            at: self.relay.calls.now(),
            from_ms: carried.offset_ms(carried.since),
            length_ms: whole_ms(now.saturating_duration_since(carried.since)),
            gaps: missed
                .gaps
                .into_iter()
                .map(|gap| carried.gap(gap))
                .collect(),
            more_gaps: missed.more,
        });
        carried.stream = self.recorder.stream();
        carried.since = now;
    }
}
