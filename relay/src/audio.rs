//! 16-bit little-endian mono PCM: whole samples, gain, rate conversion, lengths.

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

/// Converts a stream of PCM from one rate to another.
///
/// Upwards, and between rates that are no multiple of each other, by straight lines between
/// neighbouring samples; downwards by a whole factor, by the mean of each group. Simple and
/// without delay: good for telephone speech, which has nothing above 4 kHz, not for music.
/// State is kept between calls so that joins are smooth.
#[derive(Debug)]
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// The last sample of the input so far.
    last: i16,
    /// Where the next output sample lies after `last`, in units of 1 / `to_hz` input samples.
    position: u64,
    /// Sum and number of the samples of an incomplete group, for whole factors downwards.
    group: (i32, u32),
}

impl Resampler {
    /// Makes a converter; rates of zero count as one.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        let (from_hz, to_hz) = (from_hz.max(1), to_hz.max(1));
        Self {
            from_hz,
            to_hz,
            last: 0,
            position: u64::from(to_hz),
            group: (0, 0),
        }
    }

    /// Whether both rates are the same, so that [`Self::convert`] passes audio on untouched.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.from_hz == self.to_hz
    }

    /// Converts the next piece of whole samples.
    #[must_use]
    pub fn convert(&mut self, pcm: Bytes) -> Bytes {
        if self.is_identity() {
            return pcm;
        }
        let expected = pcm.len() as u64 * u64::from(self.to_hz) / u64::from(self.from_hz);
        let mut out = BytesMut::with_capacity(usize::try_from(expected).unwrap_or(0) + 4);
        for sample in pcm.as_chunks::<SAMPLE_BYTES>().0 {
            let sample = i16::from_le_bytes(*sample);
            if self.from_hz.is_multiple_of(self.to_hz) {
                self.average(sample, &mut out);
            } else {
                self.interpolate(sample, &mut out);
            }
        }
        out.freeze()
    }

    /// Forgets the audio so far: what follows is not its continuation.
    pub fn reset(&mut self) {
        *self = Self::new(self.from_hz, self.to_hz);
    }

    fn average(&mut self, sample: i16, out: &mut BytesMut) {
        let (sum, count) = (self.group.0 + i32::from(sample), self.group.1 + 1);
        if count < self.from_hz / self.to_hz {
            self.group = (sum, count);
            return;
        }
        self.group = (0, 0);
        // The mean of 16-bit samples is a 16-bit sample.
        out.extend_from_slice(&((sum / count.cast_signed()) as i16).to_le_bytes());
    }

    fn interpolate(&mut self, sample: i16, out: &mut BytesMut) {
        let unit = u64::from(self.to_hz);
        while self.position <= unit {
            let (last, step) = (
                i64::from(self.last),
                i64::from(sample) - i64::from(self.last),
            );
            let value = last + step * self.position.cast_signed() / unit.cast_signed();
            // Between two 16-bit samples, hence one itself.
            out.extend_from_slice(&(value as i16).to_le_bytes());
            self.position += u64::from(self.from_hz);
        }
        self.position -= unit;
        self.last = sample;
    }
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

    #[test]
    fn doubling_the_rate_puts_a_sample_between_each_two() {
        let mut up = Resampler::new(8_000, 16_000);
        assert_eq!(samples(&up.convert(pcm(&[100, 200]))), [100, 150, 200]);
        assert_eq!(
            samples(&up.convert(pcm(&[400]))),
            [300, 400],
            "smooth over the join"
        );
    }

    #[test]
    fn halving_the_rate_takes_means() {
        let mut down = Resampler::new(16_000, 8_000);
        assert_eq!(samples(&down.convert(pcm(&[100, 200, 7]))), [150]);
        assert_eq!(samples(&down.convert(pcm(&[9]))), [8], "the group went on");
    }

    proptest! {
        #[test]
        fn invariant_conversion_keeps_the_duration(
            lengths in prop::collection::vec(0_usize..400, 1..20),
            rates in prop::sample::select(vec![
                (8_000, 16_000), (16_000, 8_000), (44_100, 16_000), (24_000, 16_000), (22_050, 8_000),
            ]),
        ) {
            let mut resampler = Resampler::new(rates.0, rates.1);
            let out: usize = lengths
                .iter()
                .map(|samples| resampler.convert(Bytes::from(vec![1; samples * 2])).len())
                .sum();
            let heard = lengths.iter().sum::<usize>() as f64 / f64::from(rates.0);
            let played = (out / 2) as f64 / f64::from(rates.1);
            prop_assert!((heard - played).abs() <= 2.0 / 8_000.0, "{heard} s became {played} s");
        }

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
