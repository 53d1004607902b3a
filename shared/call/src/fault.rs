//! What the vendors say of a dial, a ring or a conversation, in the domain's own words.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why the carrier refused to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The number does not exist or is malformed.
    InvalidNumber,
    /// The number is registered as do-not-disturb.
    DoNotDisturb,
    /// Any other clear no.
    Rejected,
}

/// Why nothing was dialled, although nothing is wrong with the number: the call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// The carrier cannot be reached.
    NoConnection,
    /// The carrier asks for patience.
    RateLimited,
    /// Every channel of the plan is busy, as the carrier sees it.
    ChannelsBusy,
    /// The carrier refuses our credentials.
    Auth,
    /// The account has no money left.
    Balance,
    /// The account or its plan has ended or is suspended.
    Account,
    /// The process that was to dial was too late to do it.
    TooLate,
}

/// Why no agent could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentFault {
    /// The agent, its key or what it is sent is set up wrongly: another try fails the same way.
    Configuration,
    /// The platform's quota is used up.
    Quota,
    /// Every conversation of the plan is taken.
    Busy,
    /// Trouble of the platform's, or of the way to it.
    Outage,
}

/// The carrier's word on an attempt, reduced to what changes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarrierStatus {
    /// The carrier is working on it: queued, dialling, ringing.
    Ringing,
    /// The callee picked up.
    Answered,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Switched off or out of reach.
    Unreachable,
    /// The callee declined, or the call was not processed.
    Rejected,
    /// The number does not exist.
    InvalidNumber,
    /// The number is registered as do-not-disturb.
    DoNotDisturb,
    /// The call failed for a reason of the carrier's.
    Failed,
    /// An answered call ended.
    Ended,
}

impl Hindrance {
    /// Whether every dial of the account fares the same until a person mends it.
    #[must_use]
    pub const fn binds_account(self) -> bool {
        matches!(self, Self::Auth | Self::Balance | Self::Account)
    }

    /// Its name in the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoConnection => "no_connection",
            Self::RateLimited => "rate_limited",
            Self::ChannelsBusy => "channels_busy",
            Self::Auth => "auth",
            Self::Balance => "balance",
            Self::Account => "account",
            Self::TooLate => "too_late",
        }
    }
}

impl CarrierStatus {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Ringing => "carrier_ringing",
            Self::Answered => "carrier_answered",
            Self::Busy => "carrier_busy",
            Self::NoAnswer => "carrier_no_answer",
            Self::Unreachable => "carrier_unreachable",
            Self::Rejected => "carrier_rejected",
            Self::InvalidNumber => "carrier_invalid_number",
            Self::DoNotDisturb => "carrier_do_not_disturb",
            Self::Failed => "carrier_failed",
            Self::Ended => "carrier_ended",
        }
    }
}
