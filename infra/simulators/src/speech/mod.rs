//! Spoken lines, and what a listener makes of sound.
//!
//! Everything is 16 kHz mono signed 16-bit PCM, the format of both vendors' streams. The lines of
//! one Hindi intake call are embedded, so that a binary works from any folder.

mod line;
pub(crate) mod ulaw;
mod vad;
pub mod wav;

use std::time::Duration;

pub use line::{Line, Role, find_line, line, lines};
pub use vad::{Heard, ListenSettings, Segment, Segmenter};

/// Samples per second of every line and of both vendors' streams.
pub const SAMPLE_HZ: u32 = 16_000;

/// Bytes of one sample.
pub const SAMPLE_BYTES: usize = 2;

/// The playing time of `samples` at [`SAMPLE_HZ`].
pub fn playing_time(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(SAMPLE_HZ))
}

/// The number of samples that play for `duration` at [`SAMPLE_HZ`], rounded down.
pub fn samples_in(duration: Duration) -> usize {
    (duration.as_micros() * u128::from(SAMPLE_HZ) / 1_000_000) as usize
}

/// Silence of the given length.
pub fn silence(duration: Duration) -> Vec<i16> {
    vec![0; samples_in(duration)]
}

/// White noise with samples in `±amplitude`; the same `seed` gives the same noise.
pub fn noise(duration: Duration, amplitude: i16, seed: u32) -> Vec<i16> {
    let mut state = seed | 1;
    let span = i32::from(amplitude.max(1));

    std::iter::repeat_with(|| {
        // xorshift32: enough for noise, and it needs no crate.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        ((state >> 8) as i32 % (2 * span + 1) - span) as i16
    })
    .take(samples_in(duration))
    .collect()
}

/// Samples as little-endian bytes, as they travel.
pub fn to_bytes(pcm: &[i16]) -> Vec<u8> {
    pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Little-endian bytes as samples; `None` when half a sample is left over.
pub fn from_bytes(bytes: &[u8]) -> Option<Vec<i16>> {
    let (pairs, rest) = bytes.as_chunks::<SAMPLE_BYTES>();
    rest.is_empty()
        .then(|| pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
}

/// The first place where `needle` occurs in `haystack`, sample for sample.
///
/// This is the proof that audio went through a chain unharmed: nothing lost, doubled, reordered
/// or changed. An empty needle is found nowhere.
pub fn find(haystack: &[i16], needle: &[i16]) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_samples_are_two_views_of_the_same_audio() {
        let pcm = [0, 1, -1, i16::MIN, i16::MAX];

        assert_eq!(from_bytes(&to_bytes(&pcm)).unwrap(), pcm);
        assert_eq!(from_bytes(&[1, 2, 3]), None);
        assert_eq!(to_bytes(&[0x0102]), [2, 1]);
    }

    #[test]
    fn find_needs_every_sample_in_order() {
        let heard = [0, 0, 5, 6, 7, 0];

        assert_eq!(find(&heard, &[5, 6, 7]), Some(2));
        assert_eq!(find(&heard, &[5, 7]), None);
        assert_eq!(find(&heard, &[]), None);
        assert_eq!(find(&[5], &[5, 6]), None);
    }

    #[test]
    fn noise_is_bounded_and_repeatable() {
        let one = noise(Duration::from_millis(100), 500, 7);

        assert_eq!(one.len(), 1_600);
        assert!(one.iter().all(|sample| (-500..=500).contains(sample)));
        assert!(one.iter().any(|sample| sample.abs() > 250));
        assert_eq!(one, noise(Duration::from_millis(100), 500, 7));
        assert_ne!(one, noise(Duration::from_millis(100), 500, 9));
    }

    #[test]
    fn times_and_sample_counts_agree() {
        assert_eq!(samples_in(Duration::from_millis(20)), 320);
        assert_eq!(playing_time(320), Duration::from_millis(20));
    }
}
