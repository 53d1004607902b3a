//! What somebody missed of the call, as far as that is known here.
//!
//! No gap is what was dropped on purpose: speech that the callee interrupted, all that was left when the call
//! was over, a line of our own that an agent made needless, and the other half of a sample (a byte). Nor is the
//! callee's audio that waited for an agent and reached it late.

use super::{Bridge, CarrierLeg, Phase, playout::Chunk};
use crate::audio::duration_of;
use call::{AudioTo, GapReason, audio::GAPS_MAX};
use std::time::{Duration, Instant};

/// Gaps of one kind count as one unless at least this much was heard between them (100 ms): frames that are
/// dropped one by one, with the carrier's jitter between them, and a reply that stutters.
const JOIN: Duration = Duration::from_millis(100);

/// A stretch in which somebody missed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Who missed it.
    pub to: AudioTo,
    /// When it began.
    pub at: Instant,
    /// How long it was, never zero.
    pub length: Duration,
    /// Why.
    pub because: GapReason,
}

/// What was missed within some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missed {
    /// The first [`GAPS_MAX`] gaps that were found, by their beginning.
    pub gaps: Vec<Gap>,
    /// How many more there were.
    pub more: u32,
}

/// What was missed so far, and what is being missed.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    missed: Missed,
    stream_away: Option<StreamAway>,
    /// Since when the callee has nothing of a lost agent left to hear.
    agent_away: Option<Instant>,
}

/// A carrier's stream that was lost and may come back.
#[derive(Clone, Copy, Debug)]
struct StreamAway {
    since: Instant,
    /// When the callee's last frame came.
    callee_heard: Instant,
    /// What the carrier had not played yet.
    unheard: Duration,
}

impl Gaps {
    fn add(&mut self, to: AudioTo, at: Instant, length: Duration, because: GapReason) {
        if length.is_zero() {
            return;
        }
        let mut known = self.missed.gaps.iter_mut().rev();
        let last = known.find(|gap| gap.to == to && gap.because == because);
        if let Some(last) = last.filter(|last| at < last.at + last.length + JOIN) {
            last.length += length;
        } else if self.missed.gaps.len() < GAPS_MAX {
            let gap = Gap {
                to,
                at,
                length,
                because,
            };
            self.missed.gaps.push(gap);
        } else {
            self.missed.more = self.missed.more.saturating_add(1);
        }
    }

    /// A stream carries on, or none ever will.
    fn end_stream_away(&mut self, now: Instant) {
        let Some(away) = self.stream_away.take() else {
            return;
        };
        let silent = now.saturating_duration_since(away.since);
        let unheard = away.unheard.max(silent);
        self.add(AudioTo::Callee, away.since, unheard, GapReason::StreamLost);
        let deaf = now.saturating_duration_since(away.callee_heard);
        self.add(
            AudioTo::Agent,
            away.callee_heard,
            deaf,
            GapReason::StreamLost,
        );
    }

    /// An agent is there again, or is waited for no more.
    pub(super) fn end_agent_away(&mut self, now: Instant) {
        if let Some(since) = self.agent_away.take() {
            let length = now.saturating_duration_since(since);
            self.add(AudioTo::Callee, since, length, GapReason::AgentLost);
        }
    }

    /// Nothing is missed any more: the call is over.
    pub(super) fn end(&mut self, now: Instant) {
        self.end_stream_away(now);
        self.end_agent_away(now);
    }
}

impl Bridge {
    /// What was missed since this was last asked. What is being missed at `now` is cut there, and goes on
    /// from there.
    pub fn take_missed(&mut self, now: Instant) -> Missed {
        let agent_away = self.gaps.agent_away;
        self.gaps.end(now);
        self.gaps.agent_away = agent_away.map(|since| since.max(now));
        let mut missed = std::mem::take(&mut self.gaps.missed);
        missed.gaps.sort_by_key(|gap| gap.at);
        missed
    }

    /// The agent's reply dried up before this chunk.
    pub(super) fn miss_before(&mut self, chunk: &Chunk, now: Instant) {
        if let Some(dry) = chunk.dry {
            let at = now.checked_sub(dry).unwrap_or(now);
            self.gaps.add(AudioTo::Callee, at, dry, GapReason::UnderRun);
        }
    }

    /// The stream is lost, with this much handed out and not heard.
    pub(super) fn miss_stream(&mut self, unheard: Duration, now: Instant) {
        if self.phase == Phase::Talking {
            self.gaps.stream_away = Some(StreamAway {
                since: now,
                callee_heard: self.frame_at,
                unheard,
            });
        } else {
            // The last words, of which nobody hears the rest.
            let rest = unheard + self.playing_time(self.playout.queued_bytes());
            self.gaps
                .add(AudioTo::Callee, now, rest, GapReason::StreamLost);
        }
    }

    /// A stream carries on from here, with this much handed out to a living one before it.
    pub(super) fn miss_until_attached(&mut self, unheard: Duration, now: Instant) {
        if self.carrier == CarrierLeg::Streaming {
            self.gaps
                .add(AudioTo::Callee, now, unheard, GapReason::StreamReplaced);
        }
        self.gaps.end_stream_away(now);
    }

    /// The agent is lost; what it said is played to its end.
    pub(super) fn miss_agent(&mut self, now: Instant) {
        let dry_at = self.playout.dry_at();
        self.gaps.agent_away = Some(dry_at.max(now));
    }

    /// This much of the callee's oldest audio was dropped, in bytes.
    pub(super) fn miss_backlog(&mut self, dropped: usize, now: Instant) {
        let length = duration_of(dropped, self.to_agent.carrier_hz());
        // It is as old as what is kept is long.
        let at = now.checked_sub(self.config.backlog_max).unwrap_or(now);
        self.gaps
            .add(AudioTo::Agent, at, length, GapReason::BacklogDropped);
    }

    /// The agent's speech is broken off, with this much queued and this much handed out.
    pub(super) fn miss_rest(&mut self, queued: usize, unheard: Duration, now: Instant) {
        let rest = self.playing_time(queued) + unheard;
        self.gaps.add(AudioTo::Callee, now, rest, GapReason::CutOff);
    }

    /// How long the carrier plays that many bytes.
    pub(super) fn playing_time(&self, bytes: usize) -> Duration {
        duration_of(bytes, self.config.carrier_out_hz)
    }
}
