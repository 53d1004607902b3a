//! A call's whole record as the API shows it, and the part of it that a CRM is told at the end.

use crate::list::PatientView;
use agent_tools::is_complete;
use call::{
    Actor, AgentFault, Attempt, AttemptState, AuditEvent, CallSession, CallState, CallingWindow,
    EndCause, Hindrance, Outcome, RefusalReason, Turn,
    answers::{Answer, Given, Questionnaire, SUMMARY},
    delivery::Target,
    ids::{CallId, CarrierCallId, ConversationId},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use store::{CallRecord, Delivery, Recording, StoredConversation};

/// Where a call stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Standing {
    session_id: CallId,
    status: CallState,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    updated_at: Timestamp,
}

impl Standing {
    pub(crate) fn of(session: &CallSession) -> Self {
        Self {
            session_id: session.id,
            status: session.state,
            cause: session.cause,
            updated_at: session.updated_at,
        }
    }
}

/// Everything about one call. Absent fields have no value yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    #[serde(flatten)]
    standing: Standing,
    created_at: Timestamp,
    /// No dial before this moment; only while the call waits for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_dial_at: Option<Timestamp>,
    /// Why no phone rings at all, while the call waits: `operator`, or vendor and cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    queued_because: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    /// No dial after this moment.
    expires_at: Timestamp,
    patient_data: PatientView,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calling_window: Option<CallingWindow>,
    metadata: Map<String, Value>,
    answers_saved: u32,
    #[serde(flatten)]
    collected: Collected,
    /// Every ring of the phone, first to last.
    attempts: Vec<AttemptView>,
    /// Every change of the call, oldest first.
    timeline: Vec<TimelineView>,
    /// Outcomes on their way to their receivers, oldest first.
    events: Vec<EventView>,
}

/// What a call was made for: what was answered, and what was said.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Collected {
    /// What the patient answered, by field.
    answers: BTreeMap<String, AnswerView>,
    /// What the conversation was about, by the agent or else by its platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<AnswerView>,
    /// Whether every question has an answer.
    data_complete: bool,
    /// Every conversation with the agent, and what its platform told of it afterwards.
    conversations: Vec<StoredConversation>,
    /// Every turn, as the relay heard it, oldest first.
    transcript: Vec<Turn>,
}

impl Collected {
    pub(crate) fn of(
        answers: Vec<Answer>,
        conversations: Vec<StoredConversation>,
        transcript: Vec<Turn>,
        questionnaire: &Questionnaire,
    ) -> Self {
        let mut answers: BTreeMap<_, _> = answers.into_iter().map(AnswerView::of).collect();
        let summary = answers.remove(SUMMARY);
        let has_answer = |field: &str| answers.contains_key(field);
        Self {
            data_complete: is_complete(questionnaire.fields(), has_answer),
            answers,
            summary,
            conversations,
            transcript,
        }
    }
}

impl Record {
    /// Why the call waits, beside its own time.
    pub(crate) fn waiting_for(self, queued_because: Option<String>) -> Self {
        Self {
            queued_because,
            ..self
        }
    }

    pub(crate) fn of(record: CallRecord, questionnaire: &Questionnaire) -> Self {
        let CallRecord {
            session,
            request,
            attempts,
            recordings,
            events,
            turns,
            answers,
            conversations,
            deliveries,
        } = record;
        Self {
            standing: Standing::of(&session),
            created_at: session.created_at,
            next_dial_at: session.dial_at,
            queued_because: None,
            not_before: request.not_before,
            expires_at: session.expires_at,
            patient_data: PatientView::whole(request.patient),
            agent_id: request.agent_id,
            language: request.language,
            callback_url: request.callback_url,
            calling_window: request.calling_window,
            metadata: request.metadata,
            answers_saved: session.answers_saved,
            collected: Collected::of(answers, conversations, turns, questionnaire),
            attempts: attempts
                .into_iter()
                .map(|attempt| AttemptView::of(attempt, &recordings))
                .collect(),
            timeline: events.into_iter().map(TimelineView::of).collect(),
            events: deliveries.into_iter().map(EventView::of).collect(),
        }
    }
}

/// One ring of the phone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
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
}

impl AttemptView {
    fn of(attempt: Attempt, recordings: &[Recording]) -> Self {
        let mut own = recordings.iter().filter(|r| r.attempt == attempt.number);
        Self {
            number: attempt.number,
            state: attempt.state,
            held_by: attempt.held_by,
            outcome: OutcomeView::of(attempt.outcome),
            started_at: attempt.started_at,
            dispatched_at: attempt.dispatched_at,
            answered_at: attempt.answered_at,
            ended_at: attempt.ended_at,
            carrier_call_id: attempt.carrier_call_id,
            conversation_id: attempt.conversation_id,
            agent_fault: attempt.agent_fault,
            recording_url: own.next().map(|recording| recording.url.clone()),
        }
    }
}

/// What holds for one question, and what was said before.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerView {
    #[serde(flatten)]
    given: Given,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Given>,
    /// What the platform understood instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<Given>,
}

impl AnswerView {
    fn of(answer: Answer) -> (String, Self) {
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
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimelineView {
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
    fn of(audit: AuditEvent) -> Self {
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
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView {
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
    fn of(delivery: Delivery) -> Self {
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

/// How an attempt ended: always one word, and the reason of a refusal beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutcomeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<RefusalReason>,
}

impl OutcomeView {
    fn of(outcome: Option<Outcome>) -> Self {
        Self {
            outcome: outcome.map(Outcome::label),
            refusal_reason: outcome.and_then(Outcome::refusal),
        }
    }
}
