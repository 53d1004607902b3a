//! Which frames of one call came one way: what is lost, doubled, out of order, or another call's.

use super::mark::{Found, Mark};
use serde::Serialize;
use std::ops::{AddAssign, Range};

/// What was found of frames that went one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tally {
    /// Frames that were sent.
    pub(super) sent: u64,
    /// Frames that came, each counted once.
    pub(super) received: u64,
    /// Frames that never came, and were not let go: interrupted, or too old when the agent was ready.
    pub(super) lost: u64,
    /// Frames that came again.
    pub(super) duplicated: u64,
    /// Frames that came after a later one.
    pub(super) reordered: u64,
    /// Frames of other calls.
    pub(super) crosstalk: u64,
    /// Bytes that were no part of any whole frame.
    pub(super) damaged_bytes: u64,
    /// Frames of silence, which the relay fills in, and callees say nothing else at the end.
    pub(super) silence: u64,
    /// Frames that came although they had been interrupted.
    pub(super) stale: u64,
}

impl Tally {
    /// What is wrong, in words.
    pub(super) fn faults(&self) -> impl Iterator<Item = String> {
        let faults = [
            (self.lost, "frames lost"),
            (self.duplicated, "frames duplicated"),
            (self.reordered, "frames out of order"),
            (self.crosstalk, "frames of other calls"),
            (self.damaged_bytes, "bytes damaged"),
            (self.stale, "frames heard although interrupted"),
        ];
        let faults = faults.into_iter().filter(|(count, _)| *count > 0);
        faults.map(|(count, what)| format!("{count} {what}"))
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.reordered += other.reordered;
        self.crosstalk += other.crosstalk;
        self.damaged_bytes += other.damaged_bytes;
        self.silence += other.silence;
        self.stale += other.stale;
    }
}

/// Frames of one call, one way, as they come.
#[derive(Debug)]
pub(super) struct Track {
    call: u32,
    /// The lowest number above all that came.
    next: u32,
    /// Numbers below `next` that did not come.
    missing: Vec<Range<u32>>,
    /// Numbers below this were interrupted, and must not come any more.
    cut: u32,
    tally: Tally,
}

impl Track {
    pub(super) fn new(call: u32) -> Self {
        Self {
            call,
            next: 0,
            missing: Vec::new(),
            cut: 0,
            tally: Tally::default(),
        }
    }

    /// Notes something found. Gives the mark of a frame that came for the first time.
    pub(super) fn note(&mut self, found: Found) -> Option<Mark> {
        let mark = match found {
            Found::Frame(mark) => mark,
            Found::Silence => {
                self.tally.silence += 1;
                return None;
            }
            Found::Damage(bytes) => {
                self.tally.damaged_bytes += bytes as u64;
                return None;
            }
        };
        if mark.call != self.call {
            self.tally.crosstalk += 1;
            return None;
        }
        if mark.sequence < self.cut {
            self.tally.stale += 1;
        }
        self.count(mark.sequence).then_some(mark)
    }

    fn count(&mut self, sequence: u32) -> bool {
        if sequence >= self.next {
            if sequence > self.next {
                self.missing.push(self.next..sequence);
            }
            self.next = sequence + 1;
        } else if self.take_missing(sequence) {
            self.tally.reordered += 1;
        } else {
            self.tally.duplicated += 1;
            return false;
        }
        self.tally.received += 1;
        true
    }

    /// Takes a number from those that are missing; whether it was one.
    fn take_missing(&mut self, sequence: u32) -> bool {
        let Some(at) = self.missing.iter().position(|gap| gap.contains(&sequence)) else {
            return false;
        };
        let gap = self.missing.swap_remove(at);
        let parts = [gap.start..sequence, sequence + 1..gap.end];
        self.missing
            .extend(parts.into_iter().filter(|part| !part.is_empty()));
        true
    }

    /// From now on no frame with a lower number may come.
    pub(super) fn cut(&mut self, sequence: u32) {
        self.cut = self.cut.max(sequence);
    }

    /// Frames that have not come of so many that were sent, but for those that were interrupted.
    pub(super) fn lost(&self, sent: u32, interrupted: &[Range<u32>]) -> u64 {
        let rest = self.next..sent.max(self.next);
        let gaps = self.missing.iter().chain([&rest]);
        let lost = gaps.map(|gap| {
            let excused = interrupted.iter().map(|range| overlap(gap, range));
            length(gap) - excused.sum::<u64>()
        });
        lost.sum()
    }

    /// Frames that came so far.
    pub(super) fn received(&self) -> u64 {
        self.tally.received
    }

    /// The whole, for so many that were sent.
    pub(super) fn tally(&self, sent: u32, interrupted: &[Range<u32>]) -> Tally {
        Tally {
            sent: u64::from(sent),
            lost: self.lost(sent, interrupted),
            ..self.tally
        }
    }
}

fn length(range: &Range<u32>) -> u64 {
    u64::from(range.end.saturating_sub(range.start))
}

fn overlap(one: &Range<u32>, other: &Range<u32>) -> u64 {
    length(&(one.start.max(other.start)..one.end.min(other.end)))
}

#[cfg(test)]
mod tests {
    use super::{super::mark::Way, *};
    use std::slice::from_ref;

    fn frame(call: u32, sequence: u32) -> Found {
        Found::Frame(Mark {
            way: Way::Up,
            call,
            reply: 0,
            sequence,
            sent_us: 0,
        })
    }

    /// What is found when these frames of call 7 come, of ten that were sent.
    fn of(sequences: impl IntoIterator<Item = u32>) -> Tally {
        let mut track = Track::new(7);
        for sequence in sequences {
            track.note(frame(7, sequence));
        }
        track.tally(10, &[])
    }

    fn whole() -> Tally {
        Tally {
            sent: 10,
            received: 10,
            ..Tally::default()
        }
    }

    #[test]
    fn all_in_order_is_whole() {
        assert_eq!(of(0..10), whole());
        assert_eq!(whole().faults().count(), 0);
    }

    #[test]
    fn frames_that_are_lost_are_found_at_the_start_in_the_middle_and_at_the_end() {
        for lost in [0, 4, 9] {
            let tally = of((0..10).filter(|n| *n != lost));
            assert_eq!((tally.lost, tally.received), (1, 9), "{lost}");
            assert_eq!(tally.faults().next().as_deref(), Some("1 frames lost"));
        }
        assert_eq!(of([]).lost, 10);
    }

    #[test]
    fn a_frame_that_comes_again_is_found() {
        let tally = of((0..10).chain([3]));
        assert_eq!((tally.duplicated, tally.received), (1, 10));
    }

    #[test]
    fn a_frame_that_comes_late_is_found_and_not_lost() {
        let tally = of([0, 1, 2, 5, 4, 3, 6, 7, 8, 9]);
        let expected = Tally {
            reordered: 2,
            ..whole()
        };
        assert_eq!(tally, expected);
    }

    #[test]
    fn a_frame_of_another_call_is_found() {
        let mut track = Track::new(7);
        assert_eq!(track.note(frame(8, 0)), None);
        assert_eq!(track.tally(0, &[]).crosstalk, 1);
    }

    #[test]
    fn what_was_interrupted_is_not_lost_and_must_not_come_any_more() {
        let mut track = Track::new(7);
        for sequence in [0, 1, 2] {
            track.note(frame(7, sequence));
        }
        track.cut(6);
        for sequence in 6..9 {
            track.note(frame(7, sequence));
        }
        assert_eq!(track.lost(9, from_ref(&(2..6))), 0);
        assert_eq!(track.lost(9, from_ref(&(4..6))), 1, "3 was not interrupted");
        track.note(frame(7, 4));
        assert_eq!(track.tally(9, from_ref(&(2..6))).stale, 1);
    }
}
