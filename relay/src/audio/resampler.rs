//! PCM from one rate to another.

use super::SAMPLE_BYTES;
use bytes::{Bytes, BytesMut};
use resampler::{Attenuation, Latency, ResamplerFir};

/// The lowest and the highest rate of either vendor's.
const HZ_MIN: u32 = 8_000;
const HZ_MAX: u32 = 48_000;

/// From this rate on, of the lower side, the filter is twice as long in samples, and as long in time.
const WIDE_HZ: u32 = 16_000;

/// Samples that are taken out at once. One that goes in brings out six at most.
const BURST: usize = 32;

/// Samples that go in at once, where that changes nothing of what comes out.
const PIECE: usize = 64;

/// Converts a stream of PCM from one rate to another, by a windowed sinc of the crate `resampler`.
///
/// In band a sine comes out exact to 60 dB, rounding included: up to 0.9 of the lower rate's Nyquist frequency
/// if that rate is 16 kHz or more, and up to 3.4 kHz, the telephone's band, if it is less. What the lower rate
/// cannot carry is taken away, not folded back.
///
/// The filter looks 4.0 to 4.4 ms ahead: by so much what comes out lags behind what went in, and so much
/// [`Self::flush`] still gives. Then `n` samples that went in have become `n * to / from`, rounded down.
/// What comes out does not depend on how the input was cut, to the last bit. It takes 32 KiB, and for each pair of rates
/// a table that all share.
#[derive(Debug)]
pub struct Resampler {
    from_hz: u32,
    to_hz: u32,
    /// Nothing if both rates are the same.
    filter: Option<Box<ResamplerFir>>,
    /// Samples since the start or the last reset.
    taken: u64,
    given: u64,
    /// Samples that go in at once.
    piece: usize,
}

impl Resampler {
    /// Makes a converter; rates outside 8 to 48 kHz count as the nearest inside.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        let (from_hz, to_hz) = (from_hz.clamp(HZ_MIN, HZ_MAX), to_hz.clamp(HZ_MIN, HZ_MAX));
        Self {
            from_hz,
            to_hz,
            filter: (from_hz != to_hz).then(|| Box::new(filter(from_hz, to_hz))),
            taken: 0,
            given: 0,
            piece: if steps_are_exact(from_hz, to_hz) {
                PIECE
            } else {
                1
            },
        }
    }

    /// Converts all of a sound.
    #[must_use]
    pub fn whole(pcm: Bytes, from_hz: u32, to_hz: u32) -> Bytes {
        let mut resampler = Self::new(from_hz, to_hz);
        if resampler.filter.is_none() {
            return pcm;
        }
        [resampler.convert(pcm), resampler.flush()].concat().into()
    }

    /// Converts the next piece of whole samples. Between equal rates it is passed on untouched.
    #[must_use]
    pub fn convert(&mut self, pcm: Bytes) -> Bytes {
        let Some(filter) = &mut self.filter else {
            return pcm;
        };
        let samples = pcm.as_chunks::<SAMPLE_BYTES>().0;
        if self.taken == 0 && !samples.is_empty() {
            let silence = vec![0.0; filter.delay() - 1];
            push(filter, &silence, &mut BytesMut::new());
        }
        self.taken += samples.len() as u64;
        let expected = samples.len() * self.to_hz as usize / self.from_hz as usize + BURST;
        let mut out = BytesMut::with_capacity(expected * SAMPLE_BYTES);
        let mut piece = [0.0; PIECE];
        for samples in samples.chunks(self.piece) {
            let piece = &mut piece[..samples.len()];
            for (place, sample) in piece.iter_mut().zip(samples) {
                *place = f32::from(i16::from_le_bytes(*sample));
            }
            push(filter, piece, &mut out);
        }
        self.given += (out.len() / SAMPLE_BYTES) as u64;
        out.freeze()
    }

    /// Bytes that [`Self::flush`] would give.
    #[must_use]
    pub fn held(&self) -> usize {
        if self.filter.is_none() {
            return 0;
        }
        let due = u128::from(self.taken) * u128::from(self.to_hz) / u128::from(self.from_hz);
        let held = due.saturating_sub(u128::from(self.given));
        // A filter's length at most.
        held as usize * SAMPLE_BYTES
    }

    /// The rest of what went in, as if silence followed. What comes next is a new sound.
    #[must_use]
    pub fn flush(&mut self) -> Bytes {
        let held = self.held();
        let mut out = BytesMut::with_capacity(held + BURST * SAMPLE_BYTES);
        if let (Some(filter), true) = (&mut self.filter, held > 0) {
            for _ in 0..=filter.delay() {
                push(filter, &[0.0], &mut out);
            }
        }
        self.reset();
        out.truncate(held);
        out.freeze()
    }

    /// Forgets the audio so far: what follows is not its continuation. Returns how many bytes are never given.
    pub fn reset(&mut self) -> usize {
        let held = self.held();
        if let Some(filter) = &mut self.filter {
            filter.reset();
        }
        (self.taken, self.given) = (0, 0);
        held
    }
}

fn filter(from_hz: u32, to_hz: u32) -> ResamplerFir {
    let latency = if from_hz.min(to_hz) < WIDE_HZ {
        Latency::Sample32
    } else {
        Latency::Sample64
    };
    ResamplerFir::new_from_hz(1, from_hz, to_hz, latency, Attenuation::Db60)
}

/// Whether the filter's steps, of `from / to` samples, add up without being rounded. Else they are rounded by how the
/// input is cut, unless each sample goes in by itself.
fn steps_are_exact(from_hz: u32, to_hz: u32) -> bool {
    from_hz.is_multiple_of(to_hz)
        || to_hz.is_multiple_of(from_hz) && (to_hz / from_hz).is_power_of_two()
}

/// Hands samples in and takes what is ready, rounded and saturated.
fn push(filter: &mut ResamplerFir, mut samples: &[f32], out: &mut BytesMut) {
    loop {
        let mut ready = [0.0; BURST];
        let (taken, given) = filter
            .resample(samples, &mut ready)
            .expect("any number of samples fits one channel");
        for sample in &ready[..given] {
            out.extend_from_slice(&(sample.round() as i16).to_le_bytes());
        }
        samples = &samples[taken..];
        if samples.is_empty() && given < BURST {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
