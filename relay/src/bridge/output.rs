//! What a bridge has its owner do.

use super::Turn;
#[cfg(doc)]
use super::{BridgeConfig, Input};
use bytes::Bytes;
use call::private::Private;

/// Something the owner has to do or to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send caller audio, in the agent's format, to the agent.
    ToAgent(Bytes),
    /// Answer the agent's ping, before anything else.
    Pong {
        /// The number of the ping.
        event_id: u64,
    },
    /// Tell the agent what the callee typed on the telephone's keys.
    Typed(Private),
    /// Have the carrier play one chunk, at the carrier's rate (`playAudio`).
    Play(Bytes),
    /// Have the carrier stop what it plays (`killAudio`).
    KillAudio,
    /// Tell the carrier that the stream ends (`disconnect`).
    Disconnect,
    /// Tell the carrier to hand the callee over (`transfer`); it ends the stream by itself.
    Transfer,
    /// Close the carrier's socket with code 1000.
    CloseCarrier,
    /// Close the agent's socket, or stop opening it.
    CloseAgent,
    /// Store what was said.
    Transcript(Turn),
    /// The agent is gone. The owner opens another within
    /// [`BridgeConfig::agent_ready_timeout`], or gives up with [`Input::Say`] or
    /// [`Input::HangUp`]. Caller audio is kept meanwhile, bounded.
    AgentLost,
    /// No agent became ready in time. The owner answers with [`Input::Say`] or
    /// [`Input::HangUp`] within [`BridgeConfig::hard_cap`].
    AgentUnavailable,
    /// The callee has heard nothing for [`BridgeConfig::hold_after`] and no agent is there to speak.
    /// The owner answers with [`Input::Hold`].
    HoldDue,
    /// The callee said nothing for [`BridgeConfig::callee_silence_max`], and the agent is silenced.
    /// The owner answers with [`Input::Say`] or [`Input::HangUp`] within [`BridgeConfig::hard_cap`].
    CalleeSilent,
    /// The longest duration is reached and the agent silenced. The owner answers with
    /// [`Input::Say`] or [`Input::HangUp`] within [`BridgeConfig::hard_cap`].
    LimitReached,
    /// The carrier's stream is lost: drop its socket if it is still open. A new one may be
    /// attached within [`BridgeConfig::grace`].
    StreamLost,
    /// The call is over: drop both sockets. Always the last output.
    Finished(End),
}

/// Who or what ended the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The callee hung up.
    HungUpByCallee,
    /// The agent ended the conversation; its goodbye was played out unless the callee left.
    HungUpByAgent,
    /// The callee was handed over to a person.
    Transferred,
    /// The owner asked for it.
    HungUpByOwner,
    /// No agent could be had.
    AgentUnavailable,
    /// The carrier's stream was lost and did not come back.
    StreamLost,
    /// The longest duration was reached.
    CallMax,
    /// The callee said nothing for long.
    CalleeSilent,
    /// The owner may not carry the call any longer, because it cannot store that it does.
    LeaseLapsed,
    /// The owner had to stop before the call ended.
    Drained,
}
