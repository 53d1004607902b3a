//! Conversations that the agent's platform is to forget: due until it has.

use super::{
    call_store::CallStore,
    conversation::ConversationKey,
    error::StoreError,
    item,
    transaction::{Role, Transaction},
};
use call::{ids::CallId, time::Timestamp};

impl CallStore {
    /// Has the sweep ask the platform to delete its copy of a conversation, if the call's data is to
    /// be erased; whether it is. A conversation that nobody knew of is remembered for it.
    ///
    /// # Errors
    /// [`StoreError`]; asking again is safe.
    pub async fn forget_conversation(
        &self,
        key: &ConversationKey,
        attempt: u8,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut all = Transaction::default();
        let meta = item::key(item::call_pk(key.call_id), item::META);
        let is_restricted = self.check_that(meta, "attribute_exists(restrictedAt)");
        all.check(Role::Session, is_restricted);
        let update = self
            .awaits(key, attempt, now)
            .update_expression(
                "SET conversationId = :id, attempt = if_not_exists(attempt, :attempt), \
                 awaitedSince = if_not_exists(awaitedSince, :now), \
                 #ttl = if_not_exists(#ttl, :ttl), dueShard = :shard, dueAt = :due, tries = :none \
                 REMOVE erasedAt, missingAt",
            )
            .expression_attribute_values(":due", item::number(now.as_millis()))
            .expression_attribute_values(":none", item::number(0));
        all.update(Role::Other, update);
        self.try_run(all).await
    }

    /// Has the sweep do so for every conversation of a call whose data is to be erased.
    ///
    /// # Errors
    /// [`StoreError`]; some may be due then, and asking again is safe.
    pub async fn forget_conversations(
        &self,
        call: CallId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = self.keys_of(item::call_pk(call)).await?;
        for key in rows.iter().filter_map(item::conversation_key_of) {
            // Each is there, so the attempt stands already.
            self.forget_conversation(&key, 1, now).await?;
        }
        Ok(())
    }
}
