//! How one direction of the agent's audio is written.

use super::{Aligner, ulaw};
use bytes::Bytes;

/// A coding and its rate, mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 16-bit little-endian PCM.
    Pcm {
        /// Samples in a second, 8,000 to 48,000.
        hz: u32,
    },
    /// G.711 µ-law: one byte for each sample, at 8,000 Hz.
    Ulaw,
}

impl Format {
    /// Samples in a second.
    #[must_use]
    pub fn hz(self) -> u32 {
        match self {
            Self::Pcm { hz } => hz,
            Self::Ulaw => 8_000,
        }
    }

    /// Whole samples of PCM in this format. PCM is passed on untouched.
    #[must_use]
    pub fn encode(self, pcm: Bytes) -> Bytes {
        match self {
            Self::Pcm { .. } => pcm,
            Self::Ulaw => ulaw::encode(&pcm),
        }
    }

    /// What came in this format, as whole samples of PCM. Half a sample of PCM waits in `halves`; PCM of
    /// whole samples is passed on untouched.
    #[must_use]
    pub fn decode(self, audio: Bytes, halves: &mut Aligner) -> Bytes {
        match self {
            Self::Pcm { .. } => halves.align(audio),
            Self::Ulaw => ulaw::decode(&audio),
        }
    }
}
