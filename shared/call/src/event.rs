//! Everything that can happen to a call.

use super::{
    audit::{Actor, POST_CALL_REPORT_READ},
    fault::{AgentFault, CarrierStatus, Hindrance, RefusalReason},
};
use crate::{
    ids::{CarrierCallId, ConversationId},
    time::Timestamp,
    voice::Voice,
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
    /// The campaign does not let the dial leave that was about to: it waits for another turn.
    DialHeld { attempt: u8 },
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
    /// The relay still carries audio, and this is whose voice is heard at that moment.
    Heartbeat {
        attempt: u8,
        stream: u32,
        voice: Voice,
    },
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
    /// The call sells something, and promotion may not disturb the number.
    Listed,
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
    /// The relay, because the callee said nothing for long.
    Silence,
    /// The agent, which handed the callee over to a person.
    Transfer,
}

impl HungUpBy {
    fn label(self) -> &'static str {
        match self {
            Self::Callee => "hung_up_by_callee",
            Self::Agent => "hung_up_by_agent",
            Self::Limit => "hung_up_at_max_duration",
            Self::Silence => "hung_up_after_silence",
            Self::Transfer => "transferred",
        }
    }
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
    /// The callee said nothing for long.
    Silence,
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
            Self::Agent | Self::Limit | Self::Silence | Self::Transfer => true,
            Self::NoAgent(_) | Self::CutOff => false,
        }
    }
}

impl CallEvent {
    /// The attempt the event speaks of, if it speaks of one.
    #[must_use]
    pub fn attempt(&self) -> Option<u8> {
        self.facts().attempt
    }

    /// The stream the event speaks of, if it speaks of one: the relay's claims, each about the
    /// stream that it carries.
    #[must_use]
    pub fn stream(&self) -> Option<u32> {
        self.facts().stream
    }

    /// Who makes this claim, for the audit trail.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.facts().actor
    }

    /// The event's name in the audit trail.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.facts().label
    }

    fn facts(&self) -> Facts {
        use Actor::{Agent, Api, Carrier, Dialer, Relay, Sweep};

        match self {
            Self::DialDue => call(Dialer, "dial_due"),
            Self::DialDispatched { attempt } => ring(Dialer, "dial_dispatched", attempt),
            Self::DialHeld { attempt } => ring(Dialer, "dial_held", attempt),
            Self::DialAccepted { attempt, .. } => ring(Dialer, "dial_accepted", attempt),
            Self::DialRefused { attempt, .. } => ring(Dialer, "dial_refused", attempt),
            Self::DialNotSent { attempt, .. } => ring(Dialer, "dial_not_sent", attempt),
            Self::DialUnknown { attempt } => ring(Dialer, "dial_unknown", attempt),
            Self::NoTrace { attempt } => ring(Carrier, "no_trace", attempt),
            Self::Carrier { attempt, status } => ring(Carrier, status.label(), attempt),
            Self::StreamOpened { attempt, .. } => ring(Relay, "stream_opened", attempt),
            Self::StreamRinging { attempt, stream } => on("stream_ringing", attempt, stream),
            Self::StreamAnswered { attempt, stream } => on("stream_answered", attempt, stream),
            Self::AgentReady {
                attempt, stream, ..
            } => on("agent_ready", attempt, stream),
            Self::AgentUnavailable {
                attempt, stream, ..
            } => on("agent_unavailable", attempt, stream),
            Self::Heartbeat {
                attempt, stream, ..
            } => on("heartbeat", attempt, stream),
            Self::AnswerSaved { attempt } => ring(Agent, "answer_saved", attempt),
            Self::CallbackAgreed { attempt, .. } => ring(Agent, "callback_agreed", attempt),
            Self::HangingUp {
                attempt, stream, ..
            } => on("hanging_up", attempt, stream),
            Self::HungUp {
                attempt,
                stream,
                by,
            } => on(by.label(), attempt, stream),
            Self::StreamLost { attempt, stream } => on("stream_lost", attempt, stream),
            Self::Cancelled => call(Api, "cancelled"),
            Self::OptedOut => call(Api, "opted_out"),
            Self::Listed => call(Dialer, "do_not_disturb"),
            Self::Restricted => call(Api, "restricted"),
            Self::PostCallReportRead => call(Sweep, POST_CALL_REPORT_READ),
            Self::DeadlinePassed => call(Sweep, "deadline_passed"),
        }
    }
}

/// What every event says of itself.
struct Facts {
    actor: Actor,
    label: &'static str,
    attempt: Option<u8>,
    stream: Option<u32>,
}

/// An event of the whole call.
fn call(actor: Actor, label: &'static str) -> Facts {
    Facts {
        actor,
        label,
        attempt: None,
        stream: None,
    }
}

/// An event of one ring.
fn ring(actor: Actor, label: &'static str, attempt: &u8) -> Facts {
    Facts {
        attempt: Some(*attempt),
        ..call(actor, label)
    }
}

/// An event of one stream, told by the relay that carries it.
fn on(label: &'static str, attempt: &u8, stream: &u32) -> Facts {
    Facts {
        stream: Some(*stream),
        ..ring(Actor::Relay, label, attempt)
    }
}
