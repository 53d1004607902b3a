//! G.711 µ-law: a sample as a byte, finer where it is quiet.

use super::SAMPLE_BYTES;
use bytes::Bytes;

/// Added to a magnitude before it is split into segment and step, so that each segment is twice the one
/// before it.
const BIAS: i32 = 0x84;

/// The loudest magnitude that has a step of its own; beyond it all is the last one.
const CLIP: i32 = 32_635;

/// What each byte means.
static SAMPLES: [i16; 256] = samples();

/// As PCM.
pub(super) fn decode(ulaw: &[u8]) -> Bytes {
    let samples = ulaw.iter().map(|&byte| SAMPLES[usize::from(byte)]);
    samples.flat_map(i16::to_le_bytes).collect()
}

/// Whole samples of PCM as bytes.
pub(super) fn encode(pcm: &[u8]) -> Bytes {
    let samples = pcm.as_chunks::<SAMPLE_BYTES>().0;
    samples
        .iter()
        .map(|sample| byte(i16::from_le_bytes(*sample)))
        .collect()
}

/// The bits are sent inverted, so that silence is full of ones.
const fn byte(sample: i16) -> u8 {
    let (sign, magnitude) = (sample < 0, (sample as i32).abs());
    let clipped = if magnitude > CLIP { CLIP } else { magnitude };
    let biased = clipped + BIAS;
    // Between 0x84 and 0x7fff, so the highest bit is one of eight.
    let segment = 24 - biased.leading_zeros() as i32;
    let step = (biased >> (segment + 3)) & 0x0f;
    !((if sign { 0x80 } else { 0 } | segment << 4 | step) as u8)
}

const fn sample(byte: u8) -> i16 {
    let bits = !byte as i32;
    let (segment, step) = ((bits >> 4) & 0x07, bits & 0x0f);
    let magnitude = (((step << 3) + BIAS) << segment) - BIAS;
    // At most 32,124.
    (if bits & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }) as i16
}

const fn samples() -> [i16; 256] {
    let mut all = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = sample(byte as u8);
        byte += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From table 2 of G.711, in the scale of 16 bits.
    const KNOWN: [(u8, i16); 12] = [
        (0x00, -32_124),
        (0x01, -31_100),
        (0x0f, -16_764),
        (0x10, -15_996),
        (0x2a, -5_372),
        (0x7f, 0),
        (0x80, 32_124),
        (0x8f, 16_764),
        (0xa5, 6_652),
        (0xd5, 716),
        (0xf0, 120),
        (0xff, 0),
    ];

    #[test]
    fn bytes_mean_what_the_standard_says() {
        for (byte, sample) in KNOWN {
            assert_eq!(decode(&[byte])[..], sample.to_le_bytes(), "{byte:#x}");
        }
    }

    #[test]
    fn samples_become_the_bytes_of_the_standard() {
        for (sample, byte) in [
            (0_i16, 0xff_u8),
            (-1, 0x7f),
            (7, 0xfe),
            (-8, 0x7e),
            (100, 0xf2),
            (-101, 0x72),
            (1_000, 0xce),
            (-1_000, 0x4e),
            (8_031, 0xa0),
            (-8_159, 0x1f),
            (30_000, 0x82),
            (32_767, 0x80),
            (-32_768, 0x00),
        ] {
            assert_eq!(encode(&sample.to_le_bytes())[..], [byte], "{sample}");
        }
    }

    #[test]
    fn every_byte_comes_back_and_the_second_zero_as_the_first() {
        let all: Vec<u8> = (0..=255).collect();
        let mut back = encode(&decode(&all)).to_vec();
        assert_eq!(std::mem::replace(&mut back[0x7f], 0x7f), 0xff);
        assert_eq!(back, all);
    }

    #[test]
    fn no_sample_is_further_off_than_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let heard = SAMPLES[usize::from(byte(sample))];
            let off = (i32::from(sample) - i32::from(heard)).abs();
            let step = (i32::from(sample).abs() + BIAS) / 16;
            assert!(off <= step / 2 + 4 || off <= 644, "{sample} became {heard}");
        }
    }
}
