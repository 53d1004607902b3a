//! 16-bit little-endian mono PCM: whole samples, gain, lengths, and the ways to and from other formats.

mod format;
mod resampler;
mod ulaw;

pub use format::Format;
pub use resampler::Resampler;

use bytes::{Bytes, BytesMut};
use std::time::Duration;

/// Bytes of one sample.
pub const SAMPLE_BYTES: usize = 2;

/// Bytes that `duration` takes at `hz`, in whole samples, rounded down.
#[must_use]
pub fn bytes_in(duration: Duration, hz: u32) -> usize {
    let samples = duration.as_micros().saturating_mul(u128::from(hz)) / 1_000_000;
    usize::try_from(samples)
        .unwrap_or(usize::MAX / SAMPLE_BYTES)
        .saturating_mul(SAMPLE_BYTES)
}

/// How long `bytes` of PCM last at `hz`. An `hz` of zero counts as one.
#[must_use]
pub fn duration_of(bytes: usize, hz: u32) -> Duration {
    let samples = (bytes / SAMPLE_BYTES) as u64;
    let hz = u64::from(hz.max(1));
    Duration::from_secs(samples / hz) + Duration::from_nanos(samples % hz * 1_000_000_000 / hz)
}

/// The loudest sample, as its distance from silence; 0 of none. A trailing odd byte is not looked at.
#[must_use]
pub fn peak(pcm: &[u8]) -> u16 {
    let samples = pcm.as_chunks::<SAMPLE_BYTES>().0.iter();
    let loudness = samples.map(|sample| i16::from_le_bytes(*sample).unsigned_abs());
    loudness.max().unwrap_or(0)
}

/// Joins samples that were cut in two by a message boundary.
#[derive(Debug, Default)]
pub struct Aligner {
    carry: Option<u8>,
}

impl Aligner {
    /// Returns the whole samples so far and keeps an odd last byte for the next call.
    ///
    /// Even input with nothing carried is passed on without a copy.
    #[must_use]
    pub fn align(&mut self, mut pcm: Bytes) -> Bytes {
        if pcm.is_empty() {
            return pcm;
        }
        if let Some(first) = self.carry.take() {
            let mut joined = BytesMut::with_capacity(1 + pcm.len());
            joined.extend_from_slice(&[first]);
            joined.extend_from_slice(&pcm);
            pcm = joined.freeze();
        }
        if pcm.len() % SAMPLE_BYTES == 1 {
            self.carry = pcm.last().copied();
            pcm.truncate(pcm.len() - 1);
        }
        pcm
    }

    /// Bytes kept: zero or one.
    #[must_use]
    pub fn carried(&self) -> usize {
        usize::from(self.carry.is_some())
    }

    /// Forgets the kept byte and returns how many there were.
    pub fn clear(&mut self) -> usize {
        usize::from(self.carry.take().is_some())
    }
}

/// Multiplies every sample by `factor`, saturating at the ends of the range.
///
/// A factor of 1 passes `pcm` on untouched; otherwise it is changed in place if nobody else
/// holds it, and copied once if somebody does. A trailing odd byte is left as it is.
#[must_use]
pub fn amplify(pcm: Bytes, factor: f32) -> Bytes {
    if factor == 1.0 {
        return pcm;
    }
    let mut pcm = pcm
        .try_into_mut()
        .unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    for sample in pcm.as_chunks_mut::<SAMPLE_BYTES>().0 {
        // A float cast saturates, and turns NaN into silence.
        *sample = ((f32::from(i16::from_le_bytes(*sample)) * factor) as i16).to_le_bytes();
    }
    pcm.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pcm(samples: &[i16]) -> Bytes {
        samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect()
    }

    fn samples(pcm: &Bytes) -> Vec<i16> {
        pcm.chunks_exact(2)
            .map(|two| i16::from_le_bytes([two[0], two[1]]))
            .collect()
    }

    #[test]
    fn lengths_count_whole_samples() {
        assert_eq!(bytes_in(Duration::from_millis(20), 16_000), 640);
        assert_eq!(bytes_in(Duration::from_millis(20), 8_000), 320);
        assert_eq!(
            bytes_in(Duration::from_micros(100), 16_000),
            2,
            "1.6 samples"
        );
        assert_eq!(duration_of(6_400, 16_000), Duration::from_millis(200));
        assert_eq!(duration_of(88_200, 44_100), Duration::from_secs(1));
    }

    #[test]
    fn odd_bytes_join_the_next_piece() {
        let mut aligner = Aligner::default();
        assert_eq!(&aligner.align(Bytes::from_static(&[1, 2, 3]))[..], [1, 2]);
        assert_eq!(aligner.carried(), 1);
        assert_eq!(&aligner.align(Bytes::from_static(&[4, 5]))[..], [3, 4]);
        assert_eq!(&aligner.align(Bytes::from_static(&[6]))[..], [5, 6]);
        assert_eq!(aligner.carried(), 0);
    }

    #[test]
    fn gain_saturates() {
        let quiet = pcm(&[100, -100, 20_000, -20_000]);
        assert_eq!(
            samples(&amplify(quiet, 2.0)),
            [200, -200, i16::MAX, i16::MIN]
        );
    }

    #[test]
    fn gain_leaves_a_shared_piece_alone() {
        let shared = pcm(&[100]);
        assert_eq!(samples(&amplify(shared.clone(), 2.5)), [250]);
        assert_eq!(samples(&shared), [100]);
    }

    proptest! {
        #[test]
        fn invariant_alignment_keeps_every_byte(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..30),
        ) {
            let mut aligner = Aligner::default();
            let mut out = Vec::new();
            for piece in &pieces {
                let whole = aligner.align(Bytes::from(piece.clone()));
                prop_assert_eq!(whole.len() % 2, 0);
                out.extend_from_slice(&whole);
            }
            let all = pieces.concat();
            prop_assert_eq!(out.len() + aligner.carried(), all.len());
            prop_assert_eq!(&out[..], &all[..out.len()]);
        }
    }
}
