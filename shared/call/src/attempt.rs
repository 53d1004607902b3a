//! One ring of the phone: its own small life inside a call session.

use super::fault::{AgentFault, Hindrance, RefusalReason};
use crate::{
    ids::{CarrierCallId, ConversationId},
    phone::PhoneNumber,
    time::Timestamp,
    window::CallingWindow,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known about the dial request of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Stored, and no request has left: it is safe to send one.
    Intent,
    /// One process won the right to send the request; it may have left.
    Dispatched,
    /// The carrier took the call, by its reply or by later evidence.
    Accepted,
    /// Proof that nothing was dialled: the same attempt may be sent again.
    NotSent,
    /// No readable reply: the phone may ring. Never sent again.
    Unknown,
    /// Over, with an outcome.
    Closed,
}

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The conversation took place.
    Answered,
    /// The line was busy.
    Busy,
    /// Nobody answered before the ring deadline, or the carrier said so.
    NoAnswer,
    /// Switched off or out of reach.
    Unreachable,
    /// The callee answered, but no agent could be reached.
    AgentUnavailable,
    /// The callee answered, but the media was lost.
    ConnectionLost,
    /// The carrier failed without a reason that binds the number.
    CarrierError,
    /// The carrier refused to dial.
    Refused(RefusalReason),
    /// Answered; the callee asked to be called again.
    CallbackAgreed,
    /// The call was cancelled while the attempt was live.
    Cancelled,
    /// The call ended before the dial of this attempt was sent.
    NotDialled,
}

impl Outcome {
    /// The outcome's name in the API: always one word.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::AgentUnavailable => "agent_unavailable",
            Self::ConnectionLost => "connection_lost",
            Self::CarrierError => "carrier_error",
            Self::Refused(_) => "refused",
            Self::CallbackAgreed => "callback_agreed",
            Self::Cancelled => "cancelled",
            Self::NotDialled => "not_dialled",
        }
    }

    /// Whether somebody picked up; `None` if that was not found out.
    #[must_use]
    pub const fn was_answered(self) -> Option<bool> {
        match self {
            Self::Answered
            | Self::AgentUnavailable
            | Self::ConnectionLost
            | Self::CallbackAgreed => Some(true),
            Self::Busy | Self::NoAnswer | Self::Unreachable => Some(false),
            Self::CarrierError | Self::Refused(_) | Self::Cancelled | Self::NotDialled => None,
        }
    }

    /// Why the carrier refused, if it did.
    #[must_use]
    pub const fn refusal(self) -> Option<RefusalReason> {
        match self {
            Self::Refused(reason) => Some(reason),
            Self::Answered
            | Self::Busy
            | Self::NoAnswer
            | Self::Unreachable
            | Self::AgentUnavailable
            | Self::ConnectionLost
            | Self::CarrierError
            | Self::CallbackAgreed
            | Self::Cancelled
            | Self::NotDialled => None,
        }
    }
}

/// On which terms a phone rang: what a complaint about the dial asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DialTerms {
    /// The number that was shown to the callee; unknown to a process that rings no phones.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller: Option<PhoneNumber>,
    /// Whether the call sells something.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_promotional: bool,
    /// The hours that held: the call's own, else the service's; absent if phones may always ring.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calling_window: Option<CallingWindow>,
}

/// One ring of the phone. Numbers start at 1 and go on over retries and agreed callbacks, never past
/// [`super::policy::ATTEMPTS_BOUND`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Which ring this is, from 1.
    pub number: u8,
    /// What is known about its dial request.
    pub state: AttemptState,
    /// Dial requests that proved not to have been sent, so far.
    pub not_sent: u32,
    /// Why its dial request was not taken when it was last tried, while it waits to go out again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_by: Option<Hindrance>,
    /// When the intent was stored.
    pub started_at: Timestamp,
    /// When the right to send the request was taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dispatched_at: Option<Timestamp>,
    /// On which terms it was to be sent then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub terms: Option<DialTerms>,
    /// When the callee answered, as first seen.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered_at: Option<Timestamp>,
    /// Whether the carrier itself said that somebody picked up: a stream that was opened before takes
    /// no word of that back.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub picked_up: bool,
    /// When the attempt ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<Timestamp>,
    /// How it ended; present exactly when the state is [`AttemptState::Closed`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// Whether that is only presumed, because nothing was heard in time: a stream that comes all the
    /// same re-opens the attempt while no other exists.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub presumed: bool,
    /// The carrier's id of this ring, once known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub carrier_call_id: Option<CarrierCallId>,
    /// The latest conversation with the agent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conversation_id: Option<ConversationId>,
    /// Whether its relay said that the stream was lost: the relay lived until then.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stream_lost: bool,
    /// Whether the carrier said that the line is down while a stream carried it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub line_down: bool,
    /// Why no agent could be had, if that ended the attempt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_fault: Option<AgentFault>,
    /// Whether the carrier's call log was asked, because no reply proved or denied the ring.
    #[serde(default)]
    pub looked_up: bool,
    /// Audio streams admitted to this attempt; more than one means it was re-attached.
    pub streams: u32,
}

impl Attempt {
    /// Stores the intent to ring the phone for the `number`-th time.
    #[must_use]
    pub fn intent(number: u8, now: Timestamp) -> Self {
        Self {
            number,
            state: AttemptState::Intent,
            not_sent: 0,
            held_by: None,
            started_at: now,
            dispatched_at: None,
            terms: None,
            answered_at: None,
            picked_up: false,
            ended_at: None,
            outcome: None,
            presumed: false,
            stream_lost: false,
            line_down: false,
            carrier_call_id: None,
            conversation_id: None,
            agent_fault: None,
            looked_up: false,
            streams: 0,
        }
    }

    /// Whether the attempt is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == AttemptState::Closed
    }
}
