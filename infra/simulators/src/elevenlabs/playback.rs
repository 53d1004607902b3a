//! One line under way: sent in a burst, heard in real time.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::script::{Delivery, Say};
use super::wire::Alignment;
use crate::speech::{self, Line, SAMPLE_BYTES};

/// A line between its first `audio` message and the end of its sound.
pub(crate) struct Playback {
    pub(crate) event_id: u64,
    /// Whether `agent_response` has been sent.
    pub(crate) is_reported: bool,
    line: Line,
    waits: bool,
    interruptible: bool,
    started: Instant,
    next_at: Instant,
    burst_factor: u32,
    chunks: VecDeque<Vec<i16>>,
    sent: usize,
    last: Vec<i16>,
}

impl Playback {
    pub(crate) fn new(say: Say, event_id: u64, delivery: &Delivery, now: Instant) -> Self {
        Self {
            event_id,
            is_reported: false,
            chunks: cut(&say.line.pcm, &delivery.chunk_bytes),
            line: say.line,
            waits: say.waits,
            interruptible: say.interruptible,
            started: now,
            next_at: now,
            burst_factor: delivery.burst_factor.max(1),
            sent: 0,
            last: Vec::new(),
        }
    }

    /// The next chunk if it is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<(Vec<i16>, Alignment)> {
        if self.next_at > now {
            return None;
        }
        let chunk = self.chunks.pop_front()?;
        self.next_at += speech::playing_time(chunk.len()) / self.burst_factor;
        self.last.clone_from(&chunk);
        let alignment = self.alignment();
        self.sent += 1;
        Some((chunk, alignment))
    }

    /// Chunks that were on their way when the line was cut: unsent ones, else the last one again.
    pub(crate) fn take_stale(&mut self, count: usize) -> Vec<(Vec<i16>, Alignment)> {
        let last = std::mem::take(&mut self.last);
        let unsent = std::mem::take(&mut self.chunks);
        let stale = unsent
            .into_iter()
            .chain(std::iter::repeat(last))
            .take(count);
        stale.map(|chunk| (chunk, Alignment::Absent)).collect()
    }

    /// When something is due next: a chunk, or the end.
    pub(crate) fn next_due(&self) -> Instant {
        if self.chunks.is_empty() {
            self.ends_at()
        } else {
            self.next_at
        }
    }

    /// Whether all of it has been sent.
    pub(crate) fn is_burst_over(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether the next step may follow.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.is_burst_over() && (!self.waits || self.ends_at() <= now)
    }

    pub(crate) fn is_interruptible(&self) -> bool {
        self.interruptible
    }

    pub(crate) fn text(&self) -> &str {
        &self.line.text
    }

    /// The words that fit into the time since the line began.
    pub(crate) fn spoken_text(&self, now: Instant) -> String {
        let words: Vec<&str> = self.line.text.split_whitespace().collect();
        let share = (now - self.started).as_secs_f64() / self.line.duration().as_secs_f64();
        let spoken = (words.len() as f64 * share.clamp(0.0, 1.0)) as usize;
        words[..spoken].join(" ") + "..."
    }

    fn ends_at(&self) -> Instant {
        self.started + self.line.duration()
    }

    fn alignment(&self) -> Alignment {
        match self.sent % 3 {
            0 => Alignment::Present,
            1 => Alignment::Absent,
            _ => Alignment::Null,
        }
    }
}

fn cut(pcm: &[i16], sizes_bytes: &[usize]) -> VecDeque<Vec<i16>> {
    let mut sizes = sizes_bytes
        .iter()
        .map(|bytes| (bytes / SAMPLE_BYTES).max(1))
        .cycle();
    let mut rest = pcm;
    let mut chunks = VecDeque::new();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).min(rest.len());
        let (chunk, after) = rest.split_at(size);
        chunks.push_back(chunk.to_vec());
        rest = after;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::speech::line;

    fn playback(now: Instant) -> Playback {
        Playback::new(line("agent_age_hi").into(), 3, &Delivery::default(), now)
    }

    #[tokio::test]
    async fn a_line_is_cut_unevenly_and_loses_no_sample() {
        let line = line("agent_age_hi");
        let chunks = cut(&line.pcm, &[170, 8_000, 642]);

        assert_eq!(
            chunks.iter().flatten().copied().collect::<Vec<_>>(),
            line.pcm.to_vec()
        );
        assert_eq!(
            chunks.iter().take(4).map(Vec::len).collect::<Vec<_>>(),
            [85, 4_000, 321, 85]
        );
        assert_eq!(cut(&line.pcm, &[]).len(), 1);
    }

    #[tokio::test]
    async fn a_burst_is_faster_than_real_time_and_the_line_still_lasts() {
        let now = Instant::now();
        let mut playback = playback(now);
        let length = line("agent_age_hi").duration();

        let burst_end = now + length / 8 + Duration::from_millis(1);
        let mut alignments = Vec::new();
        while let Some((_, alignment)) = playback.pop_due(burst_end) {
            alignments.push(alignment);
        }

        assert!(playback.is_burst_over());
        assert!(!playback.is_over(burst_end));
        assert!(playback.is_over(now + length));
        let first = [
            Alignment::Present,
            Alignment::Absent,
            Alignment::Null,
            Alignment::Present,
        ];
        assert_eq!(alignments[..4], first);
    }

    #[tokio::test]
    async fn a_cut_line_reports_the_words_that_were_spoken() {
        let now = Instant::now();
        let playback = playback(now);
        let words = playback.text().split_whitespace().count();

        let half = playback.spoken_text(now + line("agent_age_hi").duration() / 2);

        assert_eq!(half.split_whitespace().count(), words / 2);
        assert!(playback.text().starts_with(half.trim_end_matches("...")));
        assert_eq!(playback.spoken_text(now), "...");
    }
}
