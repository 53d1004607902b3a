//! The names of audio formats.

/// How the audio of one direction is written. All is mono.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioFormat {
    /// 16-bit little-endian PCM.
    Pcm {
        /// Its rate: 8,000, 16,000, 22,050, 24,000, 44,100 or 48,000 Hz.
        hz: u32,
    },
    /// G.711 µ-law, one byte for each sample, at 8,000 Hz.
    Ulaw,
}

impl AudioFormat {
    /// The format of this name; `None` for one that the platform does not publish.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "pcm_8000" => Self::Pcm { hz: 8_000 },
            "pcm_16000" => Self::Pcm { hz: 16_000 },
            "pcm_22050" => Self::Pcm { hz: 22_050 },
            "pcm_24000" => Self::Pcm { hz: 24_000 },
            "pcm_44100" => Self::Pcm { hz: 44_100 },
            "pcm_48000" => Self::Pcm { hz: 48_000 },
            "ulaw_8000" => Self::Ulaw,
            _ => return None,
        })
    }
}
