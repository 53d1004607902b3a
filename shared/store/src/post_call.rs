//! Post-call reports, as the agent's platform tells of conversations afterwards: awaited from the
//! moment a conversation begins, kept as they came, then read into the record.

use super::{
    call_store::CallStore,
    conversation::{
        ClaimedConversation, ConversationKey, Looked, Received, ReportSource, StoredConversation,
    },
    error::StoreError,
    item,
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::{
    primitives::Blob,
    types::{AttributeValue, builders::UpdateBuilder},
};
use call::{
    CallSession, decision::Awaited, post_call::POST_CALL_REPORT_BYTES_MAX, time::Timestamp,
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::io::{self, Read as _, Write as _};

/// Most bytes of a report when compressed (380 KB): an item of DynamoDB holds 400 KB.
const PACKED_BYTES_MAX: usize = 380_000;

impl CallStore {
    /// Keeps the post-call report of a conversation, as it came. On return it is durable.
    ///
    /// # Errors
    /// [`StoreError`]; the post-call report may have been kept all the same and can be kept again.
    pub async fn receive_conversation(
        &self,
        key: &ConversationKey,
        attempt: u8,
        report: &[u8],
        source: ReportSource,
        now: Timestamp,
    ) -> Result<Received, StoreError> {
        let Some(packed) = packed(report) else {
            return Ok(Received::TooLarge);
        };
        let mut all = Transaction::default();
        let meta = item::key(item::call_pk(key.call_id), item::META);
        let exists = "attribute_exists(PK) AND attribute_not_exists(restrictedAt)";
        all.check(Role::Session, self.check_that(meta, exists));
        let mut raw = self.kept(item::post_call_report_key(key), now);
        raw.insert("body".to_owned(), AttributeValue::B(Blob::new(packed)));
        let put = self.put(raw);
        all.put(
            Role::Key,
            put.condition_expression("attribute_not_exists(PK)"),
        );
        let await_it = self
            .awaits(key, attempt, now)
            .update_expression(
                "SET conversationId = :id, attempt = if_not_exists(attempt, :attempt), \
                 awaitedSince = if_not_exists(awaitedSince, :now), receivedAt = :now, #source = :source, \
                 #ttl = if_not_exists(#ttl, :ttl), dueShard = :shard, dueAt = :due REMOVE missingAt",
            )
            .expression_attribute_names("#source", "source")
            .expression_attribute_values(":source", serde_dynamo::to_attribute_value(source)?)
            .expression_attribute_values(":due", item::number(now.as_millis()));
        all.update(Role::Other, await_it);
        Ok(match self.run(all).await? {
            Ended::Applied => Received::Stored,
            Ended::Failed(Role::Session) => Received::NoSuchCall,
            Ended::Failed(_) => Received::Known,
            Ended::Conflict => {
                return Err(StoreError::contended());
            }
        })
    }

    /// Awaits the post-call report of a conversation that has just begun.
    pub(super) fn write_conversation(
        &self,
        all: &mut Transaction,
        next: &CallSession,
        awaited: &Awaited,
    ) {
        let key = ConversationKey {
            call_id: next.id,
            conversation_id: awaited.conversation_id.clone(),
        };
        let update = self
            .awaits(&key, awaited.attempt, next.updated_at)
            .update_expression(
                "SET conversationId = :id, attempt = :attempt, #ttl = :ttl, \
                 awaitedSince = if_not_exists(awaitedSince, :now), \
                 dueShard = if_not_exists(dueShard, :shard), dueAt = if_not_exists(dueAt, :due)",
            )
            .expression_attribute_values(":due", item::number(awaited.ask_from.as_millis()));
        all.update(Role::Other, update);
    }

    pub(super) fn awaits(
        &self,
        key: &ConversationKey,
        attempt: u8,
        now: Timestamp,
    ) -> UpdateBuilder {
        let shard = item::conversation_shard(item::shard_of(key.call_id));
        self.update(item::conversation_key(key))
            .expression_attribute_values(":id", item::text(key.conversation_id.as_str()))
            .expression_attribute_values(":attempt", item::number(attempt))
            .expression_attribute_values(":now", item::text(now.to_string()))
            .expression_attribute_values(":shard", item::text(shard))
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":ttl", self.ttl(now))
    }

    /// Takes a conversation that is due, until `until`; `None` if another process has it, or it is
    /// not due any more.
    ///
    /// # Errors
    /// [`StoreError`]; the conversation is then due again at `until` at the latest.
    pub async fn claim_conversation(
        &self,
        key: ConversationKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ClaimedConversation>, StoreError> {
        let shard = item::conversation_shard(item::shard_of(key.call_id));
        let claimed = self.claim_due(item::conversation_key(&key), shard, now, until);
        let stored: Option<StoredConversation> =
            claimed.await?.map(serde_dynamo::from_item).transpose()?;
        Ok(stored.map(|stored| ClaimedConversation { key, stored, until }))
    }

    /// The post-call report of a conversation as it came, if it has come.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report(&self, key: &ConversationKey) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(item::post_call_report_key(key)))
            .send()
            .await?;
        let body = found.item.and_then(|mut item| item.remove("body"));
        let Some(AttributeValue::B(packed)) = body else {
            return Ok(None);
        };
        let report = unpacked(packed.as_ref());
        report.map(Some).map_err(|_| StoreError::Refused {
            code: "damaged post-call report".to_owned(),
        })
    }

    /// Leaves a conversation that was claimed, unless its post-call report came meanwhile: then it is due.
    ///
    /// # Errors
    /// [`StoreError`]; the conversation is then looked after again.
    pub async fn leave_conversation(
        &self,
        claimed: &ClaimedConversation,
        looked: &Looked,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let change = |expression| self.change(item::conversation_key(&claimed.key), expression);
        let moment = item::text(now.to_string());
        let change = match looked {
            Looked::Merged(digest, unread) => {
                change("SET mergedAt = :now, #digest = :digest, unread = :unread")
                    .expression_attribute_names("#digest", "digest")
                    .expression_attribute_values(":now", moment)
                    .expression_attribute_values(
                        ":digest",
                        serde_dynamo::to_attribute_value(digest)?,
                    )
                    .expression_attribute_values(
                        ":unread",
                        serde_dynamo::to_attribute_value(unread)?,
                    )
            }
            Looked::Done => change("REMOVE dueShard, dueAt"),
            Looked::Postponed(until) => change("SET dueAt = :at")
                .expression_attribute_values(":at", item::number(until.as_millis())),
            Looked::Erased => change("SET erasedAt = :now REMOVE dueShard, dueAt")
                .expression_attribute_values(":now", moment),
            Looked::Missing => change("SET missingAt = :now REMOVE dueShard, dueAt")
                .expression_attribute_values(":now", moment),
        };
        self.leave_due(change, claimed.until).await
    }
}

fn packed(report: &[u8]) -> Option<Vec<u8>> {
    if report.len() > POST_CALL_REPORT_BYTES_MAX {
        return None;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(report).ok()?;
    let packed = packer.finish().ok()?;
    (packed.len() <= PACKED_BYTES_MAX).then_some(packed)
}

fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut report = Vec::new();
    let bound = u64::try_from(POST_CALL_REPORT_BYTES_MAX).unwrap_or(u64::MAX);
    GzDecoder::new(packed)
        .take(bound)
        .read_to_end(&mut report)?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_packed_within_bounds() {
        let report = "अ".repeat(100_000).into_bytes();
        let packed_report = packed(&report).unwrap();
        assert!(packed_report.len() < 5_000);
        assert_eq!(unpacked(&packed_report).unwrap(), report);
        assert_eq!(packed(&vec![b' '; POST_CALL_REPORT_BYTES_MAX + 1]), None);
        assert!(unpacked(b"no gzip").is_err());
    }
}
