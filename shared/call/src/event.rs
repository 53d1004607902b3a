//! Everything that can happen to a call.

use super::{
    audit::{Actor, POST_CALL_REPORT_READ},
    fault::{AgentFault, CarrierStatus, Hindrance, RefusalReason},
};
use crate::{
    ids::{CarrierCallId, ConversationId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A claim that something happened. The fold checks it against the session before it counts.
///
/// `attempt` says which ring of the phone is meant, `stream` which of its audio streams, from 1; a
/// claim about an attempt that is over, or about a stream that a later one replaced, changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// The time of the first or next dial may have come.
    DialDue,
    /// One process takes the right to send the dial request.
    DialDispatched { attempt: u8 },
    /// The carrier took the call; the id can be missing from its reply.
    DialAccepted {
        attempt: u8,
        carrier_call_id: Option<CarrierCallId>,
    },
    /// The carrier understood and said no.
    DialRefused { attempt: u8, reason: RefusalReason },
    /// Proof that nothing was dialled, and why: the same attempt may go out again.
    DialNotSent {
        attempt: u8,
        retry_after: Option<Duration>,
        because: Hindrance,
    },
    /// No readable reply: the phone may ring.
    DialUnknown { attempt: u8 },
    /// The carrier's call log knows nothing of the attempt, after all the time it had.
    NoTrace { attempt: u8 },
    /// The carrier reported on the attempt, by webhook or call log.
    Carrier { attempt: u8, status: CarrierStatus },
    /// An authenticated audio stream of this attempt asks to be admitted.
    StreamOpened {
        attempt: u8,
        carrier_call_id: Option<CarrierCallId>,
    },
    /// The stream was opened before the pick-up: the phone still rings.
    StreamRinging { attempt: u8, stream: u32 },
    /// Somebody picked up, as the stream says that was opened before.
    StreamAnswered { attempt: u8, stream: u32 },
    /// The agent is ready to talk.
    AgentReady {
        attempt: u8,
        stream: u32,
        conversation_id: ConversationId,
    },
    /// No agent can be reached, or the agent was lost for good.
    AgentUnavailable {
        attempt: u8,
        stream: u32,
        because: AgentFault,
    },
    /// The relay still carries audio.
    Heartbeat { attempt: u8, stream: u32 },
    /// An answer was saved durably.
    AnswerSaved { attempt: u8 },
    /// The callee asked the agent to be called again at this moment.
    CallbackAgreed { attempt: u8, at: Timestamp },
    /// The relay is about to hang up, and why; the carrier's end of the call follows and means that.
    HangingUp {
        attempt: u8,
        stream: u32,
        because: HangUp,
    },
    /// Somebody ended the call on purpose.
    HungUp {
        attempt: u8,
        stream: u32,
        by: HungUpBy,
    },
    /// The audio stream broke without a goodbye.
    StreamLost { attempt: u8, stream: u32 },
    /// The API asked to stop the call.
    Cancelled,
    /// The number wants no more calls.
    OptedOut,
    /// The patient's data is to be erased: nobody reads it any more from now on.
    Restricted,
    /// What the agent's platform tells of a conversation is in the record.
    PostCallReportRead,
    /// The stored deadline may have passed.
    DeadlinePassed,
}

/// Who ended the call on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HungUpBy {
    /// The person dialled.
    Callee,
    /// The agent, after its goodbye.
    Agent,
    /// The relay, because the longest duration was reached.
    Limit,
    /// The agent, which handed the callee over to a person.
    Transfer,
}

/// Why the relay hangs up by itself, told before it does: what the carrier's end of the call means,
/// whoever is heard of first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HangUp {
    /// The agent ended the conversation, with its goodbye.
    Agent,
    /// The longest duration was reached.
    Limit,
    /// The agent handed the callee over to a person.
    Transfer,
    /// No agent could be had, for this reason; the callee hears that we call again.
    NoAgent(AgentFault),
    /// The relay may not or cannot carry the call any longer; the callee hears that we call again.
    CutOff,
}

impl HangUp {
    /// Whether nobody need be called again after it.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Agent | Self::Limit | Self::Transfer => true,
            Self::NoAgent(_) | Self::CutOff => false,
        }
    }
}

impl CallEvent {
    /// The attempt the event speaks of, if it speaks of one.
    #[must_use]
    pub fn attempt(&self) -> Option<u8> {
        match self {
            Self::DialDispatched { attempt }
            | Self::DialAccepted { attempt, .. }
            | Self::DialRefused { attempt, .. }
            | Self::DialNotSent { attempt, .. }
            | Self::DialUnknown { attempt }
            | Self::NoTrace { attempt }
            | Self::Carrier { attempt, .. }
            | Self::StreamOpened { attempt, .. }
            | Self::StreamRinging { attempt, .. }
            | Self::StreamAnswered { attempt, .. }
            | Self::AgentReady { attempt, .. }
            | Self::AgentUnavailable { attempt, .. }
            | Self::Heartbeat { attempt, .. }
            | Self::AnswerSaved { attempt }
            | Self::CallbackAgreed { attempt, .. }
            | Self::HangingUp { attempt, .. }
            | Self::HungUp { attempt, .. }
            | Self::StreamLost { attempt, .. } => Some(*attempt),
            Self::DialDue
            | Self::Cancelled
            | Self::OptedOut
            | Self::Restricted
            | Self::PostCallReportRead
            | Self::DeadlinePassed => None,
        }
    }

    /// The stream the event speaks of, if it speaks of one: the relay's claims, each about the
    /// stream that it carries.
    #[must_use]
    pub fn stream(&self) -> Option<u32> {
        match self {
            Self::StreamRinging { stream, .. }
            | Self::StreamAnswered { stream, .. }
            | Self::AgentReady { stream, .. }
            | Self::AgentUnavailable { stream, .. }
            | Self::Heartbeat { stream, .. }
            | Self::HangingUp { stream, .. }
            | Self::HungUp { stream, .. }
            | Self::StreamLost { stream, .. } => Some(*stream),
            Self::DialDue
            | Self::DialDispatched { .. }
            | Self::DialAccepted { .. }
            | Self::DialRefused { .. }
            | Self::DialNotSent { .. }
            | Self::DialUnknown { .. }
            | Self::NoTrace { .. }
            | Self::Carrier { .. }
            | Self::StreamOpened { .. }
            | Self::AnswerSaved { .. }
            | Self::CallbackAgreed { .. }
            | Self::Cancelled
            | Self::OptedOut
            | Self::Restricted
            | Self::PostCallReportRead
            | Self::DeadlinePassed => None,
        }
    }

    /// Who makes this claim, for the audit trail.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::DialDue
            | Self::DialDispatched { .. }
            | Self::DialAccepted { .. }
            | Self::DialRefused { .. }
            | Self::DialNotSent { .. }
            | Self::DialUnknown { .. } => Actor::Dialer,
            Self::Carrier { .. } | Self::NoTrace { .. } => Actor::Carrier,
            Self::StreamOpened { .. }
            | Self::StreamRinging { .. }
            | Self::StreamAnswered { .. }
            | Self::AgentReady { .. }
            | Self::AgentUnavailable { .. }
            | Self::Heartbeat { .. }
            | Self::HangingUp { .. }
            | Self::HungUp { .. }
            | Self::StreamLost { .. } => Actor::Relay,
            Self::AnswerSaved { .. } | Self::CallbackAgreed { .. } => Actor::Agent,
            Self::Cancelled | Self::OptedOut | Self::Restricted => Actor::Api,
            Self::PostCallReportRead | Self::DeadlinePassed => Actor::Sweep,
        }
    }

    /// The event's name in the audit trail.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::DialDue => "dial_due",
            Self::DialDispatched { .. } => "dial_dispatched",
            Self::DialAccepted { .. } => "dial_accepted",
            Self::DialRefused { .. } => "dial_refused",
            Self::DialNotSent { .. } => "dial_not_sent",
            Self::DialUnknown { .. } => "dial_unknown",
            Self::NoTrace { .. } => "no_trace",
            Self::Carrier { status, .. } => status.label(),
            Self::StreamOpened { .. } => "stream_opened",
            Self::StreamRinging { .. } => "stream_ringing",
            Self::StreamAnswered { .. } => "stream_answered",
            Self::AgentReady { .. } => "agent_ready",
            Self::AgentUnavailable { .. } => "agent_unavailable",
            Self::Heartbeat { .. } => "heartbeat",
            Self::AnswerSaved { .. } => "answer_saved",
            Self::CallbackAgreed { .. } => "callback_agreed",
            Self::HangingUp { .. } => "hanging_up",
            Self::HungUp {
                by: HungUpBy::Callee,
                ..
            } => "hung_up_by_callee",
            Self::HungUp {
                by: HungUpBy::Agent,
                ..
            } => "hung_up_by_agent",
            Self::HungUp {
                by: HungUpBy::Limit,
                ..
            } => "hung_up_at_max_duration",
            Self::HungUp {
                by: HungUpBy::Transfer,
                ..
            } => "transferred",
            Self::StreamLost { .. } => "stream_lost",
            Self::Cancelled => "cancelled",
            Self::OptedOut => "opted_out",
            Self::Restricted => "restricted",
            Self::PostCallReportRead => POST_CALL_REPORT_READ,
            Self::DeadlinePassed => "deadline_passed",
        }
    }
}
