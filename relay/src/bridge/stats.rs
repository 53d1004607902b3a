//! What the bridge counted.

/// Counters of one call, from the making of its bridge. Bytes are 16-bit PCM.
///
/// Caller audio is counted as the carrier sent it, before gain, rate and coding change; it is passed on
/// once it enters the conversion, which gives all of it while the agent lives. Agent audio is counted as
/// the carrier plays it: `n` samples of one utterance are received as `n * to / from` samples, rounded down, and
/// those that the conversion still holds are queued. Pieces that are dropped as they arrive are counted with the bytes
/// that they arrived with. In each direction, at any time between two calls of the bridge:
/// bytes received = bytes passed on + bytes dropped + bytes queued.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Binary frames from the carrier that held audio; frames of zero bytes are not among them.
    pub carrier_frames: u64,
    /// Bytes in those frames.
    pub from_carrier_bytes: u64,
    /// Bytes of caller audio passed on to an agent. Silence made here is not among them.
    pub to_agent_bytes: u64,
    /// Messages of caller audio passed on to an agent, without silence.
    pub to_agent_frames: u64,
    /// Frames of silence sent to the agent because the carrier was quiet.
    pub silence_frames: u64,
    /// Bytes of caller audio in whose place silence went on, because our own audio might have come back in
    /// it. They are counted as passed on or dropped like all others.
    pub silenced_bytes: u64,
    /// Bytes of caller audio dropped, by reason.
    pub to_agent_dropped: ToAgentDropped,

    /// Pieces of audio from an agent that held audio, stale ones included.
    pub agent_pieces: u64,
    /// Bytes in those pieces, plus those of lines said by the relay itself.
    pub from_agent_bytes: u64,
    /// Bytes handed out for the carrier to play.
    pub to_carrier_bytes: u64,
    /// Chunks handed out for the carrier to play.
    pub to_carrier_chunks: u64,
    /// Bytes of agent audio dropped, by reason.
    pub to_carrier_dropped: ToCarrierDropped,
    /// Of the bytes handed out, those that by our clock had not been heard yet when a barge-in,
    /// a lost stream or the end of the call overtook them. An estimate: the carrier reports no
    /// playback.
    pub unheard_bytes: u64,

    /// Interruptions that took effect; repeated or outdated ones are not among them.
    pub interruptions: u64,
    /// Interruptions that came twice, or after a newer one.
    pub interruptions_stale: u64,
    /// Times the carrier ran dry in the middle of one reply: a chunk was sent, by our clock,
    /// after the one before it had ended, and both belong to the same event of the agent.
    pub underruns: u64,
    /// Most bytes of agent audio that waited for playout at any time.
    pub playout_peak_bytes: u64,
    /// Times a line of our own was played because no agent was there to speak.
    pub holds: u64,
    /// Times the carrier's stream was lost.
    pub streams_lost: u64,
    /// Times an agent that had been ready was lost.
    pub agents_lost: u64,
}

/// Why caller audio was not passed on, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToAgentDropped {
    /// The oldest audio of a backlog that was full while no agent was ready.
    pub backlog: u64,
    /// Half a sample left over when its stream was lost, replaced, or changed its rate.
    pub half_sample: u64,
    /// Still queued, or arriving, when there was no agent to hear it any more.
    pub after_end: u64,
}

/// Why agent audio was not played, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToCarrierDropped {
    /// Queued speech of a reply that the callee interrupted.
    pub interrupted: u64,
    /// Speech that arrived after its own reply had been interrupted.
    pub stale: u64,
    /// Speech that was queued when the call was cut to tell the callee why.
    pub cut_off: u64,
    /// What was left of a line of our own when an agent spoke, or when there was nothing to wait for.
    pub hold: u64,
    /// Half a sample at the end of an utterance.
    pub half_sample: u64,
    /// Still queued, or arriving, when the call was over.
    pub after_end: u64,
}

impl ToAgentDropped {
    /// Bytes dropped for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.backlog + self.half_sample + self.after_end
    }
}

impl ToCarrierDropped {
    /// Bytes dropped for any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.interrupted + self.stale + self.cut_off + self.hold + self.half_sample + self.after_end
    }
}
