use super::*;
use proptest::prelude::*;
use std::ops::RangeInclusive;

const FRAME: Duration = Duration::from_millis(20);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A tape under a clock of its own.
struct Desk {
    tape: Tape,
    began: Instant,
    now: Instant,
    hz: u32,
    segments: Vec<Bytes>,
    /// The longest that the tape was.
    held: usize,
}

impl Desk {
    fn new(hz: u32) -> Self {
        let now = crate::recording::now();
        Self {
            tape: Tape::new(hz, hz, now),
            began: now,
            now,
            hz,
            segments: Vec::new(),
            held: 0,
        }
    }

    fn at(&mut self, at: Duration) {
        self.now = self.began + at;
        while let Some(segment) = self.tape.take_due(self.now) {
            self.segments.push(segment);
        }
    }

    fn pcm(&self, level: i16, lasts: Duration) -> Bytes {
        let samples = crate::audio::bytes_in(lasts, self.hz) / 2;
        level.to_le_bytes().repeat(samples).into()
    }

    /// The callee is heard for so long, ending at this moment.
    fn callee(&mut self, until: Duration, lasts: Duration) {
        self.at(until);
        let pcm = self.pcm(8_000, lasts);
        self.tape.callee(pcm, self.now);
        self.held = self.held.max(self.tape.sound.len());
    }

    /// The callee's frames of these numbers, each when it is over.
    fn frames(&mut self, numbers: RangeInclusive<u32>) {
        for n in numbers {
            self.callee(FRAME * n, FRAME);
        }
    }

    fn agent(&mut self, at: Duration, lasts: Duration) {
        self.at(at);
        let pcm = self.pcm(8_000, lasts);
        self.tape.agent(pcm, self.now);
        self.held = self.held.max(self.tape.sound.len());
    }

    fn cut(&mut self, at: Duration) {
        self.at(at);
        self.tape.cut(self.now);
    }

    fn finish(mut self, at: Duration) -> Heard {
        self.at(at);
        let mut all = self.segments;
        all.extend(self.tape.finish(self.now));
        Heard(all.concat())
    }
}

/// What a finished tape holds.
struct Heard(Vec<u8>);

impl Heard {
    /// Where a channel is not silent, in milliseconds.
    fn spans(&self, channel: usize) -> Vec<(u64, u64)> {
        let mut spans: Vec<(u64, u64)> = Vec::new();
        for (n, frame) in self.0.chunks_exact(2).enumerate() {
            let ms = n as u64 / 8;
            if frame[channel] & 0x7f > 0x60 {
                continue;
            }
            match spans.last_mut() {
                Some((_, end)) if ms - *end <= 2 => *end = ms,
                _ => spans.push((ms, ms)),
            }
        }
        spans
    }

    fn ms(&self) -> u64 {
        self.0.len() as u64 / 16
    }
}

#[track_caller]
fn check(spans: &[(u64, u64)], expected: &[(u64, u64)]) {
    assert_eq!(spans.len(), expected.len(), "{spans:?}");
    for (span, expected) in spans.iter().zip(expected) {
        let is_near = span.0.abs_diff(expected.0) <= 20 && span.1.abs_diff(expected.1) <= 20;
        assert!(is_near, "{spans:?} instead of {expected:?}");
    }
}

#[test]
fn each_voice_stands_in_its_channel_at_its_time() {
    for hz in [8_000, 16_000] {
        let mut desk = Desk::new(hz);
        for n in 50..75 {
            desk.callee(FRAME * n, FRAME);
        }
        desk.agent(ms(2_000), ms(200));
        desk.agent(ms(2_000), ms(200));
        desk.agent(ms(3_000), ms(100));
        let heard = desk.finish(ms(4_000));
        assert_eq!(heard.ms(), 4_000);
        check(&heard.spans(0), &[(980, 1_480)]);
        check(&heard.spans(1), &[(2_000, 2_400), (3_000, 3_100)]);
    }
}

#[test]
fn an_interruption_cuts_what_was_sent_ahead_and_only_that() {
    let mut desk = Desk::new(16_000);
    desk.callee(ms(1_100), ms(200));
    desk.agent(ms(1_000), ms(400));
    desk.cut(ms(1_150));
    desk.agent(ms(1_300), ms(200));
    let heard = desk.finish(ms(2_000));
    check(&heard.spans(0), &[(900, 1_100)]);
    check(&heard.spans(1), &[(1_000, 1_150), (1_300, 1_500)]);
}

#[test]
fn what_was_sent_ahead_of_a_hang_up_was_not_heard() {
    let mut desk = Desk::new(8_000);
    desk.agent(ms(500), ms(400));
    let heard = desk.finish(ms(700));
    assert_eq!(heard.ms(), 700);
    check(&heard.spans(1), &[(500, 700)]);
}

#[test]
fn late_frames_keep_their_place_and_missing_ones_are_silence() {
    let mut desk = Desk::new(8_000);
    desk.frames(1..=50);
    // Held up for 600 ms by the network, and then all at once.
    for _ in 51..=80 {
        desk.callee(ms(1_600), FRAME);
    }
    desk.frames(81..=100);
    // Never sent: one second, and then 200 ms.
    desk.frames(151..=200);
    desk.frames(211..=300);
    let heard = desk.finish(ms(6_000));
    let spans = heard.spans(0);
    check(&spans[..2], &[(0, 2_000), (3_000, spans[1].1)]);
    assert_eq!(
        spans.last().map(|(_, end)| end / 10),
        Some(599),
        "{spans:?}"
    );
}

#[test]
fn who_is_held_up_for_long_is_on_time_again_soon() {
    let mut desk = Desk::new(8_000);
    desk.frames(1..=50);
    for _ in 51..=130 {
        desk.callee(ms(2_600), FRAME);
    }
    desk.frames(131..=200);
    // A pause that is heard, so that the end is seen.
    let quiet = desk.pcm(0, FRAME);
    for n in 201..=250 {
        desk.at(FRAME * n);
        desk.tape.callee(quiet.clone(), desk.now);
    }
    let heard = desk.finish(ms(5_000));
    let last = heard.spans(0).pop().unwrap();
    assert!(last.1.abs_diff(4_000) <= 20, "{last:?}");
}

#[test]
fn a_stream_that_comes_back_is_placed_by_the_clock() {
    let mut desk = Desk::new(8_000);
    desk.frames(1..=50);
    desk.tape.callee_anew();
    desk.frames(60..=70);
    let heard = desk.finish(ms(1_500));
    check(&heard.spans(0), &[(0, 1_000), (1_180, 1_400)]);
}

#[test]
fn segments_are_of_one_length_and_a_long_pause_takes_no_memory() {
    let mut desk = Desk::new(8_000);
    desk.callee(ms(100), ms(100));
    desk.callee(ms(65_000), ms(100));
    assert_eq!(desk.segments.len(), 6);
    let is_full = |segment: &Bytes| segment.len() == SEGMENT_BYTES;
    assert!(desk.segments.iter().all(is_full));
    assert!(desk.held <= CAPACITY, "{}", desk.held);
    let heard = desk.finish(ms(71_000));
    assert_eq!(heard.ms(), 71_000);
    check(&heard.spans(0), &[(0, 100), (64_900, 65_000)]);
}

#[test]
fn the_end_gives_each_segment_its_own_length() {
    let mut desk = Desk::new(8_000);
    desk.callee(ms(11_000), FRAME);
    assert!(desk.segments.is_empty());
    let lens: Vec<usize> = desk.tape.finish(desk.now).iter().map(Bytes::len).collect();
    assert_eq!(lens, [SEGMENT_BYTES, 16_000]);
}

proptest! {
    #[test]
    fn invariant_the_tape_is_as_long_as_the_clock_and_holds_little(
        steps in prop::collection::vec((0_u64..3_000, 0_u8..4, 1_u64..3_000), 1..60),
    ) {
        let (mut desk, mut at) = (Desk::new(8_000), ms(0));
        for (pause, what, lasts) in steps {
            at += ms(pause);
            match what {
                0 => desk.callee(at, ms(lasts)),
                1 => desk.agent(at, ms(lasts)),
                2 => desk.cut(at),
                _ => desk.tape.callee_anew(),
            }
        }
        prop_assert!(desk.held <= CAPACITY, "{}", desk.held);
        prop_assert_eq!(desk.finish(at).ms(), at.as_millis() as u64);
    }
}
