//! The seven states of a call session and why it ended.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where a call session stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Waiting for its first or its next dial.
    Initiating,
    /// The carrier was, or is about to be, asked to ring the phone.
    Dialing,
    /// Answered; the audio stream is open or about to open.
    Connected,
    /// The callee and the agent are in conversation.
    Active,
    /// The media was lost; the grace in which it may come back is running.
    Disconnected,
    /// Ended as intended. Final.
    Completed,
    /// Ended without a conversation that counts. Final.
    Failed,
}

impl CallState {
    /// Every state, in the order of a call's life.
    pub const ALL: [Self; 7] = [
        Self::Initiating,
        Self::Dialing,
        Self::Connected,
        Self::Active,
        Self::Disconnected,
        Self::Completed,
        Self::Failed,
    ];

    /// Whether nothing can change this state any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }

    /// Whether an attempt is live, so that it occupies one of the carrier's channels.
    #[must_use]
    pub const fn holds_channel(self) -> bool {
        matches!(
            self,
            Self::Dialing | Self::Connected | Self::Active | Self::Disconnected
        )
    }

    /// The state's name in the API and in the store.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Initiating => "initiating",
            Self::Dialing => "dialing",
            Self::Connected => "connected",
            Self::Active => "active",
            Self::Disconnected => "disconnected",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for CallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Why a call session reached its final state.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The agent said goodbye and ended the call.
    AgentEnded,
    /// The callee hung up.
    CalleeHungUp,
    /// The carrier reported the end of an answered call.
    CarrierEnded,
    /// The conversation reached the longest duration allowed.
    MaxDuration,
    /// The callee said nothing for long, and was told goodbye.
    CalleeSilent,
    /// The callee was handed over to a person.
    Transferred,
    /// The line stayed busy in every attempt.
    Busy,
    /// Nobody answered in any attempt.
    NoAnswer,
    /// The phone was switched off or out of reach in every attempt.
    Unreachable,
    /// No agent could be reached in any attempt.
    AgentUnavailable,
    /// The media was lost and did not come back.
    ConnectionLost,
    /// The carrier could not place the call in any attempt.
    CarrierError,
    /// The carrier says the number does not exist.
    InvalidNumber,
    /// The number is registered as do-not-disturb.
    DoNotDisturb,
    /// The callee declined the call, or the carrier refused to place it.
    Rejected,
    /// The number is on the list of those who want no calls.
    OptedOut,
    /// The call was cancelled through the API.
    Cancelled,
    /// The time after which the call must not be placed has passed.
    Expired,
}

impl EndCause {
    /// The cause's name in the API and in the store.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AgentEnded => "agent_ended",
            Self::CalleeHungUp => "callee_hung_up",
            Self::CarrierEnded => "carrier_ended",
            Self::MaxDuration => "max_duration",
            Self::CalleeSilent => "callee_silent",
            Self::Transferred => "transferred",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::AgentUnavailable => "agent_unavailable",
            Self::ConnectionLost => "connection_lost",
            Self::CarrierError => "carrier_error",
            Self::InvalidNumber => "invalid_number",
            Self::DoNotDisturb => "do_not_disturb",
            Self::Rejected => "rejected",
            Self::OptedOut => "opted_out",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}
