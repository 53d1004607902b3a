//! Recordings of calls: what they sound like, where they are kept, and one WAV file out of their segments.
//!
//! A relay stores each [`SEGMENT`] of a call as one object while the call goes on, so that a relay that
//! dies loses the last of them alone, and nothing half stored is left. Names say all that a reader has to
//! know: which attempt and stream it is, when that began, and which segment. What is missing is silence.
//!
//! What is absent: no conversion of audio, no consent, no access. [`Sound`] and [`Wanted`] know no storage.

mod named;
mod place;
mod range;
mod sound;
mod storage;
mod wav;

pub use named::{Segment, Stream};
pub use place::{InvalidPlace, Place};
pub use range::{Asked, Wanted};
pub use sound::{Part, Piece, Sound};
pub use storage::{OpenError, Recordings, StorageError};
pub use wav::HEADER_BYTES;

use std::time::Duration;

/// Samples in a second of each channel: the telephone's own rate.
pub const HZ: u32 = 8_000;

/// Bytes of one moment: a µ-law sample of the callee's (left), and one of what the callee was sent (right).
pub const FRAME_BYTES: usize = 2;

/// How long a segment is, but for the last one of a stream (10 s): what a relay that dies loses. At twice
/// the length a call would hold twice the memory, for half as many requests to the storage.
pub const SEGMENT: Duration = Duration::from_secs(10);

/// Bytes of a segment: 160,000.
pub const SEGMENT_BYTES: usize = SEGMENT.as_secs() as usize * HZ as usize * FRAME_BYTES;

/// A µ-law sample of silence (G.711: positive zero).
pub const SILENCE: u8 = 0xff;

/// How long after the end of an attempt its relay may still be storing (30 s). What has no end after that
/// has lost it.
pub const SETTLED_AFTER: Duration = Duration::from_secs(30);

/// How long `bytes` of sound last.
#[must_use]
pub fn duration_of(bytes: u64) -> Duration {
    Duration::from_millis(bytes * 1_000 / (u64::from(HZ) * FRAME_BYTES as u64))
}
