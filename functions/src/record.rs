//! A call's whole record as the API shows it, and the part of it that a CRM is told at the end.

mod audio;
mod patient;
mod recorded;
mod views;

pub(crate) use audio::{AudioState, streams};
pub(crate) use patient::PatientView;
pub(crate) use recorded::{Recorded, RecordingState, RecordingView};

use crate::{app::App, http::ApiError};
use agent_tools::is_complete;
use call::{
    CallSession, CallState, CallingWindow, EndCause, Speaking, TestOf, Turn,
    answers::{Answer, Questionnaire, SUMMARY},
    ids::CallId,
    time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use store::{CallRecord, StoredConversation};
use utoipa::ToSchema;
use views::{AnswerView, AttemptView, EventView, TimelineView};
pub(crate) use views::{DialView, OutcomeWord, RowView};

/// Everything about a call, unless its patient's data is to be erased.
pub(crate) async fn load(app: &App, id: CallId) -> Result<CallRecord, ApiError> {
    let record = app.calls.store.record(id).await?;
    let record = record.filter(|record| record.session.restricted_at.is_none());
    record.ok_or(ApiError::NoSuchCall)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallStanding)]
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
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Call)]
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
    /// Whose voice was heard at the relay's last heartbeat, each 10 s; while patient and agent talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    speaking: Option<Speaking>,
    /// The row of a campaign that it tries out, if it is a test call.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_of: Option<TestOf>,
    patient_data: PatientView,
    /// The row of a campaign that it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<RowView>,
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
    /// What was recorded of it; left out while the storage does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<RecordingView>,
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
#[derive(Serialize, ToSchema)]
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

    /// With what is known of its recording.
    pub(crate) fn recorded(self, recording: Option<RecordingView>) -> Self {
        Self { recording, ..self }
    }

    pub(crate) fn of(record: CallRecord, questionnaire: &Questionnaire) -> Self {
        let CallRecord {
            session,
            request,
            attempts,
            recordings,
            events,
            turns,
            audio,
            answers,
            conversations,
            deliveries,
            recording_erasure: _,
        } = record;
        Self {
            standing: Standing::of(&session),
            created_at: session.created_at,
            next_dial_at: session.dial_at,
            queued_because: None,
            not_before: request.not_before,
            expires_at: session.expires_at,
            speaking: session.speaking,
            test_of: session.test_of,
            patient_data: PatientView::whole(request.patient),
            campaign: session.campaign.map(RowView::from),
            agent_id: request.agent_id,
            language: request.language,
            callback_url: request.callback_url,
            calling_window: request.calling_window,
            metadata: request.metadata,
            answers_saved: session.answers_saved,
            recording: None,
            collected: Collected::of(answers, conversations, turns, questionnaire),
            attempts: attempts
                .into_iter()
                .map(|attempt| AttemptView::of(attempt, &recordings, &audio))
                .collect(),
            timeline: events.into_iter().map(TimelineView::of).collect(),
            events: deliveries.into_iter().map(EventView::of).collect(),
        }
    }
}
