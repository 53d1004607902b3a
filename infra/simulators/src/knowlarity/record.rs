//! What happened, for assertions.

use super::settings::Dial;
use serde_json::Value;
use std::time::Instant;

/// One dial request that was accepted or refused.
#[derive(Clone, Debug)]
pub struct DialRecord {
    /// The callee's number as sent.
    pub number: String,
    /// The whole body.
    pub body: Value,
    /// When it came.
    pub at: Instant,
    /// The id given to it.
    pub call_id: String,
    /// What became of it.
    pub dial: Dial,
    /// When the phone stopped ringing, or the answered call was over; `None` while it goes on and
    /// for a dial that rang no phone.
    pub over_at: Option<Instant>,
}

/// How an answered call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndedBy {
    /// The callee hung up.
    #[default]
    Callee,
    /// The relay disconnected or closed.
    Relay,
    /// The stream broke, or was refused, and did not come back.
    Lost,
}

/// One answered call.
#[derive(Clone, Debug, Default)]
pub struct CallRecord {
    /// The carrier's id of it.
    pub call_id: String,
    /// The callee's number.
    pub number: String,
    /// Everything sent to the relay, silence included, 16 kHz.
    pub uplink: Vec<i16>,
    /// What the callee said, piece by piece.
    pub said: Vec<Vec<i16>>,
    /// All audio the relay asked to be played, in order.
    pub received: Vec<i16>,
    /// The part of it that was played: what was killed before its time is missing.
    pub heard: Vec<i16>,
    /// What was heard on the clock of `uplink`: silence where nothing played.
    pub downlink: Vec<i16>,
    /// `killAudio` messages.
    pub kills: usize,
    /// Samples that were queued at a `killAudio` and played all the same.
    pub spared: usize,
    /// `disconnect` messages.
    pub disconnects: usize,
    /// Numbers that the callee was handed over to.
    pub transfers: Vec<String>,
    /// Streams opened.
    pub streams: usize,
    /// HTTP status of each refused upgrade.
    pub refused: Vec<u16>,
    /// Close code of the relay's, if it closed.
    pub close_code: Option<u16>,
    /// Messages the carrier's engine would not understand.
    pub violations: Vec<String>,
    /// How it ended.
    pub ended_by: EndedBy,
    /// Whether it ended.
    pub is_over: bool,
}
