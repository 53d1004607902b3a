//! The head of a WAV file (Microsoft's RIFF, `WAVE_FORMAT_MULAW`) for a known length of sound.

use super::{FRAME_BYTES, HZ};

/// Bytes before the first sample.
pub const HEADER_BYTES: usize = 58;

/// µ-law, by the registry of wave formats (RFC 2361).
const MULAW: u16 = 7;

/// The head before `bytes` of stereo µ-law. Beyond 4 GiB, which are three days, the lengths stay there.
pub(crate) fn header(bytes: u64) -> [u8; HEADER_BYTES] {
    let data = u32::try_from(bytes).unwrap_or(u32::MAX);
    let riff = data.saturating_add(HEADER_BYTES as u32 - 8);
    let (channels, bits) = (FRAME_BYTES as u16, 8_u16);
    let mut head = Vec::with_capacity(HEADER_BYTES);
    let chunk = |head: &mut Vec<u8>, name: &[u8; 4], bytes: u32| {
        head.extend_from_slice(name);
        head.extend_from_slice(&bytes.to_le_bytes());
    };
    chunk(&mut head, b"RIFF", riff);
    head.extend_from_slice(b"WAVE");
    chunk(&mut head, b"fmt ", 18);
    for word in [MULAW, channels] {
        head.extend_from_slice(&word.to_le_bytes());
    }
    for long in [HZ, HZ * FRAME_BYTES as u32] {
        head.extend_from_slice(&long.to_le_bytes());
    }
    // Bytes of a moment, bits of a sample, and no further description.
    for word in [channels, bits, 0] {
        head.extend_from_slice(&word.to_le_bytes());
    }
    // Formats other than PCM say how many samples each channel has.
    chunk(&mut head, b"fact", 4);
    head.extend_from_slice(&(data / FRAME_BYTES as u32).to_le_bytes());
    chunk(&mut head, b"data", data);
    head.try_into().expect("the chunks are of fixed length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_what_follows() {
        let head = header(160_000);
        let long = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
        let word = |at: usize| u16::from_le_bytes(head[at..at + 2].try_into().unwrap());
        assert_eq!((&head[..4], long(4)), (&b"RIFF"[..], 160_050));
        assert_eq!((&head[8..16], long(16)), (&b"WAVEfmt "[..], 18));
        assert_eq!((word(20), word(22)), (7, 2));
        assert_eq!((long(24), long(28)), (8_000, 16_000));
        assert_eq!((word(32), word(34), word(36)), (2, 8, 0));
        assert_eq!(
            (&head[38..42], long(42), long(46)),
            (&b"fact"[..], 4, 80_000)
        );
        assert_eq!((&head[50..54], long(54)), (&b"data"[..], 160_000));
    }
}
