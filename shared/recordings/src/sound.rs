//! The sound of one call: its segments in order, as one WAV file, with silence where one is missing.

use super::{
    HEADER_BYTES, SEGMENT_BYTES, SETTLED_AFTER, duration_of,
    named::{Segment, Stream},
    wav,
};
use bytes::Bytes;
use call::time::Timestamp;
use std::{collections::BTreeMap, ops::Range, time::Duration};

/// What is stored of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    parts: Vec<Part>,
}

/// One stream of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which stream.
    pub of: Stream,
    /// Whether its end is there.
    pub has_end: bool,
    /// Its segments, and how many bytes each has.
    segments: BTreeMap<u32, (Segment, u64)>,
}

/// A piece of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes, of the head.
    Head(Bytes),
    /// Bytes of a segment that is stored.
    Stored(Segment, Range<u64>),
    /// So many bytes of silence, for a segment that is missing.
    Silence(u64),
}

impl Sound {
    /// Sorts what is stored: each segment with its length in bytes.
    #[must_use]
    pub fn of(stored: impl IntoIterator<Item = (Segment, u64)>) -> Self {
        let mut parts: BTreeMap<Stream, Part> = BTreeMap::new();
        for (segment, bytes) in stored {
            let part = parts.entry(segment.of).or_insert_with(|| Part {
                of: segment.of,
                has_end: false,
                segments: BTreeMap::new(),
            });
            part.has_end |= segment.is_last;
            // Longer than any that is stored would put what follows out of its place.
            let bytes = bytes.min(SEGMENT_BYTES as u64);
            part.segments.insert(segment.seq, (segment, bytes));
        }
        let parts = parts.into_values().filter(|part| part.bytes() > 0);
        Self {
            parts: parts.collect(),
        }
    }

    /// Leaves out what may still grow: attempts that go on, or ended so shortly before `now` that their
    /// relay may still be storing. `ended` says when an attempt did.
    #[must_use]
    pub fn settled(self, ended: impl Fn(u8) -> Option<Timestamp>, now: Timestamp) -> Self {
        let is_settled = |part: &Part| {
            ended(part.of.attempt)
                .is_some_and(|ended| part.has_end || now.since(ended) >= SETTLED_AFTER)
        };
        Self {
            parts: self.parts.into_iter().filter(is_settled).collect(),
        }
    }

    /// Its streams, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How long it is.
    #[must_use]
    pub fn duration(&self) -> Duration {
        duration_of(self.sound_bytes())
    }

    /// Bytes of the WAV file.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + self.sound_bytes()
    }

    fn sound_bytes(&self) -> u64 {
        self.parts.iter().map(Part::bytes).sum()
    }

    /// What the bytes in `wanted` of the WAV file are made of, in order.
    #[must_use]
    pub fn pieces(&self, wanted: Range<u64>) -> Vec<Piece> {
        let head = wav::header(self.sound_bytes());
        let mut pieces = Vec::new();
        let in_head = within(&wanted, 0, HEADER_BYTES as u64);
        if !in_head.is_empty() {
            let range = in_head.start as usize..in_head.end as usize;
            pieces.push(Piece::Head(Bytes::copy_from_slice(&head[range])));
        }
        let mut at = HEADER_BYTES as u64;
        for part in &self.parts {
            for (stored, bytes) in part.spans() {
                let range = within(&wanted, at, bytes);
                at += bytes;
                if range.is_empty() {
                    continue;
                }
                pieces.push(match stored {
                    Some(segment) => Piece::Stored(segment, range),
                    None => Piece::Silence(range.end - range.start),
                });
            }
        }
        pieces
    }
}

impl Part {
    /// How long it is.
    #[must_use]
    pub fn duration(&self) -> Duration {
        duration_of(self.bytes())
    }

    fn bytes(&self) -> u64 {
        self.spans().map(|(_, bytes)| bytes).sum()
    }

    /// Its segments up to the last one that is there, each of full length but that one.
    fn spans(&self) -> impl Iterator<Item = (Option<Segment>, u64)> {
        let last = self.segments.keys().next_back().copied();
        let seqs = last.into_iter().flat_map(|last| 0..=last);
        seqs.flat_map(move |seq| {
            let full = SEGMENT_BYTES as u64;
            match self.segments.get(&seq) {
                Some((segment, bytes)) if Some(seq) == last => {
                    [(Some(*segment), *bytes), (None, 0)]
                }
                Some((segment, bytes)) => [(Some(*segment), *bytes), (None, full - bytes)],
                None => [(None, full), (None, 0)],
            }
        })
    }
}

/// Which bytes of a piece that begins `at` are wanted, counted from its own start.
fn within(wanted: &Range<u64>, at: u64, bytes: u64) -> Range<u64> {
    let start = wanted.start.max(at);
    let end = wanted.end.min(at + bytes);
    if start < end {
        start - at..end - at
    } else {
        0..0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FULL: u64 = SEGMENT_BYTES as u64;
    const HEAD: u64 = HEADER_BYTES as u64;

    fn stream(attempt: u8, stream: u32) -> Stream {
        Stream {
            call: "07070707-0707-0707-0707-070707070707".parse().unwrap(),
            attempt,
            stream,
            began: Timestamp::from_millis(1_793_400_000_000),
        }
    }

    fn segment(of: Stream, seq: u32) -> Segment {
        Segment {
            of,
            seq,
            is_last: false,
        }
    }

    #[test]
    fn a_missing_segment_is_silence_of_its_length() {
        let of = stream(1, 1);
        let sound = Sound::of([(segment(of, 2), 100), (segment(of, 0), FULL)]);
        assert_eq!(sound.file_bytes(), HEAD + 2 * FULL + 100);
        assert_eq!(
            sound.pieces(HEAD..sound.file_bytes()),
            [
                Piece::Stored(segment(of, 0), 0..FULL),
                Piece::Silence(FULL),
                Piece::Stored(segment(of, 2), 0..100),
            ]
        );
        assert_eq!(sound.duration(), Duration::from_millis(20_006));
    }

    #[test]
    fn streams_follow_each_other_in_the_order_of_the_call() {
        let (first, again, retry) = (stream(1, 1), stream(1, 2), stream(2, 1));
        let stored = [(retry, 30), (again, 20), (first, 10)];
        let sound = Sound::of(stored.map(|(of, bytes)| (segment(of, 0), bytes)));
        let order: Vec<_> = sound.parts().iter().map(|part| part.of).collect();
        assert_eq!(order, [first, again, retry]);
        assert_eq!(
            sound.pieces(HEAD + 9..HEAD + 31),
            [
                Piece::Stored(segment(first, 0), 9..10),
                Piece::Stored(segment(again, 0), 0..20),
                Piece::Stored(segment(retry, 0), 0..1),
            ]
        );
    }

    #[test]
    fn what_may_still_grow_is_left_out() {
        let now = Timestamp::from_millis(1_793_400_100_000);
        let ago = |secs| now - Duration::from_secs(secs);
        let end = Segment {
            is_last: true,
            ..segment(stream(1, 1), 0)
        };
        let (ended, cut) = (
            Sound::of([(end, 10)]),
            Sound::of([(segment(end.of, 0), 10)]),
        );
        for (sound, ended_at, is_settled) in [
            (&ended, None, false),
            (&ended, Some(ago(0)), true),
            (&cut, Some(ago(29)), false),
            (&cut, Some(ago(30)), true),
        ] {
            let settled = sound.clone().settled(|_| ended_at, now);
            assert_eq!(!settled.parts().is_empty(), is_settled);
        }
    }

    #[test]
    fn nothing_stored_is_no_sound() {
        let end = Segment {
            is_last: true,
            ..segment(stream(1, 1), 0)
        };
        assert!(Sound::of([(end, 0)]).parts().is_empty());
        assert!(Sound::of([]).parts().is_empty());
    }

    proptest! {
        #[test]
        fn invariant_ranges_join_to_the_file(
            lengths in prop::collection::vec((0_u32..4, 1_u64..FULL + 9), 0..6),
            cuts in prop::collection::vec(0.0..1.0_f64, 2),
        ) {
            let of = stream(1, 1);
            let sound = Sound::of(lengths.into_iter().map(|(seq, len)| (segment(of, seq), len)));
            let len = sound.file_bytes();
            let mut cuts: Vec<u64> = cuts.iter().map(|cut| (cut * len as f64) as u64).collect();
            cuts.sort_unstable();
            let bytes = |range: Range<u64>| -> u64 {
                let pieces = sound.pieces(range).into_iter();
                pieces.map(|piece| match piece {
                    Piece::Head(head) => head.len() as u64,
                    Piece::Stored(_, range) => range.end - range.start,
                    Piece::Silence(bytes) => bytes,
                }).sum()
            };
            let ranges = [0..cuts[0], cuts[0]..cuts[1], cuts[1]..len];
            for range in ranges {
                prop_assert_eq!(bytes(range.clone()), range.end - range.start);
            }
        }
    }
}
