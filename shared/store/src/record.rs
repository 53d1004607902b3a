//! Everything about one call.

use super::{
    answer::StoredAnswer,
    call_store::CallStore,
    conversation::StoredConversation,
    delivery::Delivery,
    error::StoreError,
    item::{self, Item},
    read::text_of,
    recording::Recording,
    recording_erasure::RecordingErasure,
};
use call::{
    Attempt, AudioReport, AuditEvent, CallRequest, CallSession, Turn, answers::Answer, ids::CallId,
};

/// Everything stored about one call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// Where it stands.
    pub session: CallSession,
    /// What was asked for.
    pub request: CallRequest,
    /// Every attempt, first to last.
    pub attempts: Vec<Attempt>,
    /// Where the carrier recorded them, as far as it told.
    pub recordings: Vec<Recording>,
    /// The erasure of what was recorded here, if it was asked for.
    pub recording_erasure: Option<RecordingErasure>,
    /// The audit trail, oldest first.
    pub events: Vec<AuditEvent>,
    /// The transcript, oldest first.
    pub turns: Vec<Turn>,
    /// What was lost of the audio, by attempt and stream. A stream whose relay died has no report.
    pub audio: Vec<AudioReport>,
    /// What the patient answered, by the names of the fields.
    pub answers: Vec<Answer>,
    /// The conversations, and what the platform told of them afterwards.
    pub conversations: Vec<StoredConversation>,
    /// Outcomes and how far they got, oldest first.
    pub deliveries: Vec<Delivery>,
}

impl CallStore {
    /// Loads everything about one call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&self, id: CallId) -> Result<Option<CallRecord>, StoreError> {
        let mut parts = Parts::default();
        let query = self.partition(item::call_pk(id));
        let mut pages = query.into_paginator().items().send();
        while let Some(item) = pages.next().await {
            parts.take(item?)?;
        }
        Ok(parts.into_record())
    }
}

/// A call's partition, sorted into its kinds.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) session: Option<CallSession>,
    pub(super) request: Option<CallRequest>,
    attempts: Vec<Attempt>,
    recordings: Vec<Recording>,
    recording_erasure: Option<RecordingErasure>,
    events: Vec<AuditEvent>,
    turns: Vec<Turn>,
    audio: Vec<AudioReport>,
    answers: Vec<Answer>,
    conversations: Vec<StoredConversation>,
    deliveries: Vec<Delivery>,
}

impl Parts {
    pub(super) fn take(&mut self, item: Item) -> Result<(), StoreError> {
        let sk = text_of(&item, item::SK).unwrap_or_default().to_owned();
        match sk.split('#').next().unwrap_or_default() {
            item::META => self.session = Some(serde_dynamo::from_item(item)?),
            item::REQUEST => self.request = Some(serde_dynamo::from_item(item)?),
            "ATTEMPT" => self.attempts.push(serde_dynamo::from_item(item)?),
            "RECORDING" => self.recordings.push(serde_dynamo::from_item(item)?),
            item::SOUND => self.recording_erasure = Some(serde_dynamo::from_item(item)?),
            "EVENT" => self.events.push(serde_dynamo::from_item(item)?),
            "OUTBOX" => self.deliveries.push(serde_dynamo::from_item(item)?),
            "ANSWER" => {
                let stored: StoredAnswer = serde_dynamo::from_item(item)?;
                self.answers.push(stored.answer);
            }
            "CONVERSATION" => self.conversations.push(serde_dynamo::from_item(item)?),
            "AUDIO" => self.audio.push(serde_dynamo::from_item(item)?),
            "TURN" => self.turns.push(serde_dynamo::from_item(item)?),
            // The due dial and the row for reports repeat what the others say, a post-call report what was read of it.
            _ => {}
        }
        Ok(())
    }

    fn into_record(self) -> Option<CallRecord> {
        Some(CallRecord {
            session: self.session?,
            request: self.request?,
            attempts: self.attempts,
            recordings: self.recordings,
            recording_erasure: self.recording_erasure,
            events: self.events,
            answers: self.answers,
            conversations: self.conversations,
            turns: self.turns,
            audio: self.audio,
            deliveries: self.deliveries,
        })
    }
}
