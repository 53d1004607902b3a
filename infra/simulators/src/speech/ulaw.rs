//! G.711 µ-law by its definition: what a byte means, and the byte that means the nearest.

/// The sample that a byte means.
fn sample(byte: u8) -> i16 {
    let bits = i16::from(!byte);
    let (segment, step) = ((bits >> 4) & 7, bits & 15);
    // The standard counts in 14 bits.
    let magnitude = 4 * (((2 * step + 33) << segment) - 33);
    if bits & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

pub(crate) fn decode(ulaw: &[u8]) -> Vec<i16> {
    ulaw.iter().map(|&byte| sample(byte)).collect()
}

pub(crate) fn encode(pcm: &[i16]) -> Vec<u8> {
    let meanings: Vec<_> = (0..=255).map(|byte| (byte, sample(byte))).collect();
    let nearest = |wanted: &i16| {
        let off = |(_, meant): &&(u8, i16)| meant.abs_diff(*wanted);
        meanings
            .iter()
            .min_by_key(off)
            .map_or(0xff, |(byte, _)| *byte)
    };
    pcm.iter().map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_those_of_the_standard() {
        assert_eq!(decode(&[0x00, 0x80, 0xff]), [-32_124, 32_124, 0]);
        assert_eq!(encode(&[i16::MIN, i16::MAX, 6_652]), [0x00, 0x80, 0xa5]);
    }
}
