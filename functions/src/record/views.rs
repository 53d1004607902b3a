//! The lines of a call's record: attempts, answers, the audit trail, outcomes on their way.

use super::audio::{self, AudioView};
use call::{
    Actor, AgentFault, Attempt, AttemptState, AudioReport, AuditEvent, CallState, CallingWindow,
    DialTerms, EndCause, Hindrance, OfCampaign, Outcome, RefusalReason,
    answers::{Answer, Given},
    delivery::Target,
    ids::{CampaignId, CarrierCallId, ConversationId},
    phone::PhoneNumber,
    time::Timestamp,
};
use serde::Serialize;
use store::{Delivery, Recording};
use utoipa::ToSchema;

/// The row of a campaign that a call is made of.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignRow)]
pub(crate) struct RowView {
    campaign_id: CampaignId,
    row: u32,
}

impl From<OfCampaign> for RowView {
    fn from(of: OfCampaign) -> Self {
        Self {
            campaign_id: of.id,
            row: of.row,
        }
    }
}

/// On which terms a phone rang.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DialTerms)]
pub(crate) struct TermsView {
    /// The number that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<PhoneNumber>,
    #[schema(required = false)]
    class: &'static str,
    /// The hours that held.
    #[serde(skip_serializing_if = "Option::is_none")]
    calling_window: Option<CallingWindow>,
}

impl From<DialTerms> for TermsView {
    fn from(terms: DialTerms) -> Self {
        Self {
            caller: terms.caller,
            class: if terms.is_promotional {
                "promotional"
            } else {
                "service"
            },
            calling_window: terms.calling_window,
        }
    }
}

/// One ring of the phone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attempt)]
pub(super) struct AttemptView {
    number: u8,
    state: AttemptState,
    /// Why the carrier did not take its dial, while it waits to go out again.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_by: Option<Hindrance>,
    #[serde(flatten)]
    outcome: OutcomeView,
    started_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispatched_at: Option<Timestamp>,
    /// On which terms it was to be sent then.
    #[serde(flatten)]
    #[schema(value_type = TermsView)]
    terms: Option<TermsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_call_id: Option<CarrierCallId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<ConversationId>,
    /// Why no agent could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_fault: Option<AgentFault>,
    /// Where the carrier keeps the sound of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_url: Option<String>,
    /// What was lost of the audio of each stream on which somebody was talked to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    audio: Vec<AudioView>,
}

impl AttemptView {
    pub(super) fn of(attempt: Attempt, recordings: &[Recording], reports: &[AudioReport]) -> Self {
        let audio = audio::streams(&attempt, reports);
        let mut own = recordings.iter().filter(|r| r.attempt == attempt.number);
        Self {
            number: attempt.number,
            state: attempt.state,
            held_by: attempt.held_by,
            outcome: OutcomeView::of(attempt.outcome),
            started_at: attempt.started_at,
            dispatched_at: attempt.dispatched_at,
            terms: attempt.terms.map(TermsView::from),
            answered_at: attempt.answered_at,
            ended_at: attempt.ended_at,
            carrier_call_id: attempt.carrier_call_id,
            conversation_id: attempt.conversation_id,
            agent_fault: attempt.agent_fault,
            recording_url: own.next().map(|recording| recording.url.clone()),
            audio,
        }
    }
}

/// One dial, as a complaint asks for it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Dial)]
pub(crate) struct DialView {
    /// Which ring of the call it was, from 1.
    attempt: u8,
    /// When the right to send it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(flatten)]
    #[schema(value_type = TermsView)]
    terms: Option<TermsView>,
    #[serde(flatten)]
    outcome: OutcomeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier_call_id: Option<CarrierCallId>,
}

impl DialView {
    pub(crate) fn of(attempt: Attempt) -> Self {
        Self {
            attempt: attempt.number,
            at: attempt.dispatched_at,
            terms: attempt.terms.map(TermsView::from),
            outcome: OutcomeView::of(attempt.outcome),
            answered_at: attempt.answered_at,
            ended_at: attempt.ended_at,
            carrier_call_id: attempt.carrier_call_id,
        }
    }
}

/// What holds for one question, and what was said before.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Answer)]
pub(super) struct AnswerView {
    #[serde(flatten)]
    given: Given,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Given>,
    /// What the platform understood instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<Given>,
}

impl AnswerView {
    pub(super) fn of(answer: Answer) -> (String, Self) {
        let Answer {
            field,
            given,
            earlier,
            conflict,
        } = answer;
        let view = Self {
            given,
            earlier,
            conflict,
        };
        (field, view)
    }
}

/// One line of the audit trail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TimelineLine)]
pub(super) struct TimelineView {
    sequence: u32,
    at: Timestamp,
    by: Actor,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<CallState>,
    to: CallState,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u8>,
    #[serde(flatten)]
    outcome: OutcomeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
}

impl TimelineView {
    pub(super) fn of(audit: AuditEvent) -> Self {
        Self {
            sequence: audit.seq,
            at: audit.at,
            by: audit.by,
            event: audit.event,
            from: audit.from,
            to: audit.to,
            attempt: audit.attempt,
            outcome: OutcomeView::of(audit.outcome),
            cause: audit.cause,
        }
    }
}

/// How far one outcome got on its way to one receiver.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub(super) struct EventView {
    sequence: u32,
    receiver: Target,
    queued_at: Timestamp,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
    /// Given up; `POST /api/events/replay` queues it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    parked_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_problem: Option<String>,
}

impl EventView {
    pub(super) fn of(delivery: Delivery) -> Self {
        Self {
            sequence: delivery.outcome.seq,
            receiver: delivery.target,
            queued_at: delivery.queued_at,
            tries: delivery.tries,
            delivered_at: delivery.delivered_at,
            parked_at: delivery.parked_at,
            last_problem: delivery.last_problem,
        }
    }
}

/// How an attempt ended, in one word.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeWord {
    Answered,
    Busy,
    NoAnswer,
    Unreachable,
    AgentUnavailable,
    ConnectionLost,
    CarrierError,
    Refused,
    CallbackAgreed,
    Cancelled,
    NotDialled,
}

impl From<Outcome> for OutcomeWord {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answered => Self::Answered,
            Outcome::Busy => Self::Busy,
            Outcome::NoAnswer => Self::NoAnswer,
            Outcome::Unreachable => Self::Unreachable,
            Outcome::AgentUnavailable => Self::AgentUnavailable,
            Outcome::ConnectionLost => Self::ConnectionLost,
            Outcome::CarrierError => Self::CarrierError,
            Outcome::Refused(_) => Self::Refused,
            Outcome::CallbackAgreed => Self::CallbackAgreed,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::NotDialled => Self::NotDialled,
        }
    }
}

/// How an attempt ended: always one word, and the reason of a refusal beside it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttemptOutcome)]
struct OutcomeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<RefusalReason>,
}

impl OutcomeView {
    pub(super) fn of(outcome: Option<Outcome>) -> Self {
        Self {
            outcome: outcome.map(OutcomeWord::from),
            refusal_reason: outcome.and_then(Outcome::refusal),
        }
    }
}
