//! What a bridge is told.

use super::End;
#[cfg(doc)]
use super::{Bridge, Output};
use crate::audio::Format;
use bytes::Bytes;
use call::private::Private;

/// Something that happened to the call.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A binary frame from the carrier: PCM of any length. One of zero bytes announces that
    /// the carrier will stop, and is not audio.
    CarrierAudio(Bytes),
    /// The carrier said at which rate it sends, in Hz.
    CarrierRate(u32),
    /// The callee pressed keys of the telephone, as the carrier names them.
    CarrierTyped(Private),
    /// The carrier said that the call ended (`call_end`).
    CarrierEnded,
    /// The carrier's socket is gone.
    CarrierClosed(CarrierClose),
    /// A new carrier socket took the place of the lost one.
    CarrierAttached,

    /// The agent named its formats and listens. After [`Output::AgentLost`] this is a new
    /// conversation, whose events are numbered anew.
    AgentReady {
        /// How the agent expects audio.
        hears: Format,
        /// How the agent sends audio.
        speaks: Format,
    },
    /// A piece of agent speech, in the agent's format.
    AgentAudio {
        /// The agent's number for the utterance, if it gave one.
        event_id: Option<u64>,
        /// Audio of any length; it may end within a sample.
        audio: Bytes,
    },
    /// The callee talked over the agent: utterances up to this one are void.
    AgentInterrupted {
        /// The last interrupted utterance; without a number, all that arrived so far.
        event_id: Option<u64>,
    },
    /// The agent asks for a sign of life.
    AgentPing {
        /// To be repeated in the answer.
        event_id: u64,
    },
    /// The agent announced that it ends the call (tool `end_call`); its goodbye may still come.
    AgentEnding,
    /// The agent closed the conversation as finished (close code 1000).
    AgentEnded,
    /// The agent's socket could not be opened, broke, or was closed for another reason.
    AgentLost,

    /// What the callee said, as the agent understood it.
    CalleeSaid {
        /// The words.
        text: Private,
        /// The agent's number for the event.
        event_id: Option<u64>,
    },
    /// What the agent says.
    AgentSaid {
        /// The words.
        text: Private,
        /// The agent's number for the utterance.
        event_id: Option<u64>,
    },
    /// What the agent really said before it was interrupted.
    AgentCorrected {
        /// The words.
        text: Private,
        /// The number of the utterance that is corrected.
        event_id: Option<u64>,
    },

    /// Hand the callee over to a person once the agent has been heard; both legs end with it.
    Transfer,
    /// Play this PCM, at the carrier's rate, until an agent speaks.
    Hold(Bytes),
    /// Play this PCM, at the carrier's rate, then hang up. The agent is given up.
    Say(Bytes),
    /// Break off what is said, play this PCM, at the carrier's rate, and hang up for the reason
    /// named. The agent is given up.
    Leave {
        /// What the callee is told.
        pcm: Bytes,
        /// Why the call is cut.
        end: End,
    },
    /// Hang up at once: the call was cancelled or ended elsewhere.
    HangUp,
    /// The time named by [`Bridge::poll_timeout`] has come.
    Timeout,
}

/// How the carrier's socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarrierClose {
    /// With close code 1000: the callee hung up.
    Normal,
    /// With any other code, or none.
    Abnormal,
}
