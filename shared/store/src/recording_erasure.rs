//! What was recorded of a call and is to be erased: due until the storage has nothing of it.

use super::{
    call_store::CallStore,
    conversation::ConversationKey,
    error::StoreError,
    item::{self, Item},
    row,
    transaction::{Role, Transaction},
};
use aws_sdk_dynamodb::types::AttributeValue;
use call::{ids::CallId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// The erasure of a call's recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordingErasure {
    /// When it was asked for. Nobody can listen from then on.
    pub asked_at: Timestamp,
    /// When the storage had nothing of it any more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub erased_at: Option<Timestamp>,
    /// How often the sweep has looked after it.
    #[serde(default)]
    pub tries: u32,
}

/// An erasure that the sweep has taken to look after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedRecording {
    /// The call.
    pub call_id: CallId,
    /// What is known of it.
    pub erasure: RecordingErasure,
    /// Until when nobody else takes it.
    pub until: Timestamp,
}

/// What the sweep is to look after, of what a call left elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueLook {
    /// A conversation at the agent's platform.
    Conversation(ConversationKey),
    /// The recording of a call that is to be erased.
    Recording(CallId),
}

impl CallStore {
    /// Withdraws the consent to record a call and has the sweep erase what was recorded. Nothing changes if
    /// there is none, or it was withdrawn before.
    ///
    /// # Errors
    /// [`StoreError`]; asking again is safe.
    pub async fn forget_recording(&self, call: CallId, now: Timestamp) -> Result<(), StoreError> {
        let mut all = Transaction::default();
        let withdraw = self
            .update(item::key(item::call_pk(call), item::REQUEST))
            .update_expression("REMOVE recordingConsent")
            .condition_expression("recordingConsent = :given")
            .expression_attribute_values(":given", AttributeValue::Bool(true));
        all.update(Role::Session, withdraw);
        let erasure = RecordingErasure {
            asked_at: now,
            erased_at: None,
            tries: 0,
        };
        let mut due = row::keyed(&erasure, item::call_pk(call), item::SOUND)?;
        let shard = item::conversation_shard(item::shard_of(call));
        due.insert(item::DUE_SHARD.to_owned(), item::text(shard));
        due.insert(item::DUE_AT.to_owned(), item::number(now.as_millis()));
        all.put(Role::Other, self.put(self.kept(due, now)));
        self.try_run(all).await.map(drop)
    }

    /// Conversations and recordings that are to be looked after, oldest first, at most `limit` of one shard.
    /// The index may be stale: who claims one decides.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_looks(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueLook>, StoreError> {
        let due = self
            .due(item::conversation_shard(shard), now, limit)
            .await?;
        Ok(due.iter().filter_map(look_of).collect())
    }

    /// Takes the erasure of a recording that is due, until `until`; `None` if another process has it, or it
    /// is not due any more.
    ///
    /// # Errors
    /// [`StoreError`]; it is then due again at `until` at the latest.
    pub async fn claim_recording(
        &self,
        call_id: CallId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ClaimedRecording>, StoreError> {
        let shard = item::conversation_shard(item::shard_of(call_id));
        let claimed = self.claim_due(item::recording_erasure_key(call_id), shard, now, until);
        let erasure: Option<RecordingErasure> =
            claimed.await?.map(serde_dynamo::from_item).transpose()?;
        Ok(erasure.map(|erasure| ClaimedRecording {
            call_id,
            erasure,
            until,
        }))
    }

    /// Leaves an erasure that was claimed: to be looked after again at a moment, or done at `now`.
    ///
    /// # Errors
    /// [`StoreError`]; it is then looked after again.
    pub async fn leave_recording(
        &self,
        claimed: &ClaimedRecording,
        again: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change =
            |expression| self.change(item::recording_erasure_key(claimed.call_id), expression);
        let change = match again {
            Some(at) => change("SET dueAt = :at")
                .expression_attribute_values(":at", item::number(at.as_millis())),
            None => change("SET erasedAt = :now REMOVE dueShard, dueAt")
                .expression_attribute_values(":now", item::text(now.to_string())),
        };
        self.leave_due(change, claimed.until).await
    }
}

/// Reads the keys of a row in the due index.
fn look_of(row: &Item) -> Option<DueLook> {
    match item::conversation_key_of(row) {
        Some(key) => Some(DueLook::Conversation(key)),
        None => item::recording_erasure_of(row).map(DueLook::Recording),
    }
}
