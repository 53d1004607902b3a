//! What the relay says itself, when no agent can.

use crate::audio::Resampler;
use bytes::Bytes;

/// Rate of the lines.
const LINE_HZ: u32 = 16_000;

/// Bytes before the samples in the canonical WAV that each line is.
const WAV_HEADER_BYTES: usize = 44;

/// A line of the relay's own: 16 kHz mono WAV, in Hindi.
#[derive(Clone, Copy)]
pub(super) struct Line(&'static [u8]);

impl Line {
    /// "We are sorry, there is a technical problem, we will call again." For calls that are dialled
    /// again: no agent can be had, or the call is cut.
    pub(super) const SORRY: Self = Self(include_bytes!("../../assets/sorry_hi.wav"));

    /// "Sorry, the time of this call is over. Thank you, goodbye." Takes 4 s, within the notice that
    /// [`crate::defaults::LIMIT_NOTICE`] gives.
    pub(super) const TIME_IS_UP: Self = Self(include_bytes!("../../assets/time_is_up_hi.wav"));

    /// "One moment please, stay on the line." While an agent is opened or replaced.
    pub(super) const ONE_MOMENT: Self = Self(include_bytes!("../../assets/one_moment_hi.wav"));

    /// A soft tone of 0.3 s: the line is still there. After [`Self::ONE_MOMENT`].
    pub(super) const TONE: Self = Self(include_bytes!("../../assets/tone.wav"));

    /// "We do not hear you, we end the call. Goodbye." To who said nothing for long.
    pub(super) const NOT_HEARD: Self = Self(include_bytes!("../../assets/not_heard_hi.wav"));

    /// The line's sound at a rate in Hz.
    pub(super) fn pcm(self, hz: u32) -> Bytes {
        let pcm = Bytes::from_static(&self.0[WAV_HEADER_BYTES..]);
        Resampler::whole(pcm, LINE_HZ, hz)
    }
}
