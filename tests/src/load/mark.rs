//! What is said in place of voices: 20 ms of PCM that tell whose they are, which they are and when they
//! were sent, and of which every sample is known.

/// Bytes of one marked frame: 20 ms at 16 kHz.
pub(super) const FRAME_BYTES: usize = 640;

/// Bytes before the samples that follow from them.
const HEAD_BYTES: usize = 24;

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

impl Way {
    /// The first bytes of its frames.
    fn magic(self) -> [u8; 4] {
        match self {
            Self::Up => *b"\x17UP\x71",
            Self::Down => *b"\x2dDN\x82",
        }
    }
}

/// What a frame tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) way: Way,
    pub(super) call: u32,
    /// The reply that it belongs to, counted over the call; 0 on the way up.
    pub(super) reply: u32,
    /// Its number among all frames of the call that go the same way.
    pub(super) sequence: u32,
    /// When it was sent, in microseconds of the run's clock.
    pub(super) sent_us: u64,
}

impl Mark {
    /// Adds its frame to `pcm`.
    pub(super) fn write(&self, pcm: &mut Vec<u8>) {
        let from = pcm.len();
        pcm.extend_from_slice(&self.head());
        let mut chance = self.seed();
        while pcm.len() < from + FRAME_BYTES {
            pcm.extend_from_slice(&next(&mut chance).to_le_bytes());
        }
    }

    /// What a frame tells; nothing if any of its samples is not as it was sent.
    pub(super) fn read(way: Way, frame: &[u8]) -> Option<Self> {
        let (head, samples) = frame.get(..FRAME_BYTES)?.split_at(HEAD_BYTES);
        let (magic, rest) = head.split_first_chunk()?;
        if *magic != way.magic() {
            return None;
        }
        let (call, rest) = rest.split_first_chunk()?;
        let (reply, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (sent_us, _) = rest.split_first_chunk()?;
        let mark = Self {
            way,
            call: u32::from_le_bytes(*call),
            reply: u32::from_le_bytes(*reply),
            sequence: u32::from_le_bytes(*sequence),
            sent_us: u64::from_le_bytes(*sent_us),
        };
        let mut chance = mark.seed();
        let (words, _) = samples.as_chunks();
        let is_whole = words
            .iter()
            .all(|word| u64::from_le_bytes(*word) == next(&mut chance));
        is_whole.then_some(mark)
    }

    fn head(&self) -> [u8; HEAD_BYTES] {
        let mut head = [0; HEAD_BYTES];
        head[..4].copy_from_slice(&self.way.magic());
        head[4..8].copy_from_slice(&self.call.to_le_bytes());
        head[8..12].copy_from_slice(&self.reply.to_le_bytes());
        head[12..16].copy_from_slice(&self.sequence.to_le_bytes());
        head[16..].copy_from_slice(&self.sent_us.to_le_bytes());
        head
    }

    fn seed(&self) -> u64 {
        (u64::from(self.call) << 32 | u64::from(self.sequence)) ^ self.sent_us.rotate_left(17)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(super) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What is found in audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Frame(Mark),
    /// 20 ms of silence, which the relay sends in pauses.
    Silence,
    /// So many bytes that are no part of any whole frame.
    Damage(usize),
}

/// Finds frames in audio that comes in pieces of any length.
#[derive(Debug)]
pub(super) struct Reader {
    way: Way,
    kept: Vec<u8>,
}

impl Reader {
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            kept: Vec::new(),
        }
    }

    /// Reads a piece, and shows what is found in it and in what came before.
    pub(super) fn read(&mut self, piece: &[u8], mut show: impl FnMut(Found)) {
        self.kept.extend_from_slice(piece);
        let (mut at, mut damage) = (0, 0);
        while let Some(frame) = self.kept.get(at..at + FRAME_BYTES) {
            let found = found(self.way, frame);
            if let Some(found) = found {
                if damage > 0 {
                    show(Found::Damage(std::mem::take(&mut damage)));
                }
                show(found);
                at += FRAME_BYTES;
            } else {
                damage += 2;
                at += 2;
            }
        }
        if damage > 0 {
            show(Found::Damage(damage));
        }
        self.kept.drain(..at);
    }

    /// What follows does not continue what came.
    pub(super) fn cut(&mut self) {
        self.kept.clear();
    }

    /// Bytes of a frame that has not come whole.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }
}

fn found(way: Way, frame: &[u8]) -> Option<Found> {
    if let Some(mark) = Mark::read(way, frame) {
        return Some(Found::Frame(mark));
    }
    let is_silence = frame.iter().all(|byte| *byte == 0);
    is_silence.then_some(Found::Silence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(sequence: u32) -> Mark {
        Mark {
            way: Way::Down,
            call: 7,
            reply: 3,
            sequence,
            sent_us: 1_234_567,
        }
    }

    fn read(pieces: &[&[u8]]) -> Vec<Found> {
        let (mut reader, mut all) = (Reader::new(Way::Down), Vec::new());
        for piece in pieces {
            reader.read(piece, |found| all.push(found));
        }
        all
    }

    fn pcm(sequences: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut pcm = Vec::new();
        for sequence in sequences {
            mark(sequence).write(&mut pcm);
        }
        pcm
    }

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let pcm = pcm(0..5);
        assert_eq!(pcm.len(), 5 * FRAME_BYTES);
        let expected: Vec<_> = (0..5).map(|n| Found::Frame(mark(n))).collect();
        assert_eq!(read(&[&pcm]), expected);
        let pieces: Vec<_> = pcm.chunks(998).collect();
        assert_eq!(read(&pieces), expected);
    }

    #[test]
    fn one_sample_that_is_not_as_it_was_sent_is_found() {
        let mut pcm = pcm(0..3);
        pcm[FRAME_BYTES + 400] ^= 1;
        let frame = |n| Found::Frame(mark(n));
        let damage = Found::Damage(FRAME_BYTES);
        assert_eq!(read(&[&pcm]), [frame(0), damage, frame(2)]);
    }

    #[test]
    fn samples_that_are_missing_within_a_frame_are_found() {
        let mut pcm = pcm(0..3);
        pcm.drain(FRAME_BYTES + 100..FRAME_BYTES + 102);
        let found = read(&[&pcm]);
        assert!(found.contains(&Found::Damage(FRAME_BYTES - 2)), "{found:?}");
        assert!(found.contains(&Found::Frame(mark(2))), "{found:?}");
    }

    #[test]
    fn silence_is_not_damage_and_the_other_way_is() {
        let silence = [0; FRAME_BYTES];
        assert_eq!(read(&[&silence]), [Found::Silence]);
        let mut up = Vec::new();
        let way = Way::Up;
        Mark { way, ..mark(0) }.write(&mut up);
        let damage = Found::Damage(FRAME_BYTES);
        up.extend_from_slice(&silence);
        assert_eq!(read(&[&up]), [damage, Found::Silence]);
    }
}
