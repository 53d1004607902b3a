//! Reading calls: by id, by the carrier's id, by number, by what is due.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
};
use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::KeysAndAttributes};
use call::{
    CallRequest, CallSession,
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which attempt of which call the carrier's id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CarrierPointer {
    /// The call.
    pub call_id: CallId,
    /// The attempt, from 1.
    pub attempt: u8,
}

/// What a read may miss.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Consistency {
    /// Nothing that was stored before.
    Strong,
    /// What was stored a moment before; it costs half.
    Eventual,
}

/// Most items DynamoDB gives back for one `BatchGetItem`.
pub(super) const BATCH_MAX: usize = 100;

/// Rounds of asking again for what a batch left out; DynamoDB leaves keys out under load.
const BATCH_ROUNDS_MAX: u32 = 5;

impl CallStore {
    pub(super) async fn get<T: for<'de> Deserialize<'de>>(
        &self,
        key: Item,
    ) -> Result<Option<T>, StoreError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true);
        let found = request.set_key(Some(key)).send().await?.item;
        Ok(found.map(serde_dynamo::from_item).transpose()?)
    }

    /// Everything under one partition key, as last committed.
    pub(super) fn partition(&self, pk: impl Into<String>) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", item::text(pk))
    }

    /// Loads the session of a call, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, id: CallId) -> Result<Option<CallSession>, StoreError> {
        self.get(item::key(item::call_pk(id), item::META)).await
    }

    /// Loads what was asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn request(&self, id: CallId) -> Result<Option<CallRequest>, StoreError> {
        self.get(item::key(item::call_pk(id), item::REQUEST)).await
    }

    /// Where these calls' outcomes go, of those that name an address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn callback_urls(&self, ids: &[CallId]) -> Result<Vec<(CallId, String)>, StoreError> {
        let mut found = Vec::new();
        let unique: BTreeSet<_> = ids.iter().copied().collect();
        let unique: Vec<_> = unique.into_iter().collect();
        for batch in unique.chunks(BATCH_MAX) {
            let keys = batch
                .iter()
                .map(|id| item::key(item::call_pk(*id), item::REQUEST));
            let items = self.batch_get(keys.collect()).await?;
            let urls = items.iter().filter_map(|item| {
                Some((call_id_of(item)?, text_of(item, "callbackUrl")?.to_owned()))
            });
            found.extend(urls);
        }
        Ok(found)
    }

    /// The call that holds the lock of a number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_call_of(&self, phone: &PhoneNumber) -> Result<Option<CallId>, StoreError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Lock {
            call_id: CallId,
        }
        let lock: Option<Lock> = self
            .get(item::key(item::phone_pk(phone), item::LOCK))
            .await?;
        Ok(lock.map(|lock| lock.call_id))
    }

    /// The attempt that the carrier's id stands for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn by_carrier_id(
        &self,
        id: &CarrierCallId,
    ) -> Result<Option<CarrierPointer>, StoreError> {
        self.get(item::key(item::carrier_pk(id), item::POINTER))
            .await
    }

    /// Calls whose deadline passed, and when it did, oldest first, at most `limit` of one shard. The
    /// index may be stale: the fold decides on the session as loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn overdue(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(CallId, Timestamp)>, StoreError> {
        let due = self.due(item::deadline_shard(shard), now, limit).await?;
        let due = due.iter();
        Ok(due
            .filter_map(|item| Some((call_id_of(item)?, due_at(item)?)))
            .collect())
    }

    /// Ids of calls whose dial is due, oldest first, at most `limit` of one shard.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_dials(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<CallId>, StoreError> {
        let due = self.due(item::dial_shard(shard), now, limit).await?;
        Ok(due.iter().filter_map(call_id_of).collect())
    }

    pub(super) async fn batch_get(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        self.batch_get_as(keys, Consistency::Strong).await
    }

    pub(super) async fn batch_get_as(
        &self,
        keys: Vec<Item>,
        consistency: Consistency,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        let mut wanted = keys;
        for _ in 0..BATCH_ROUNDS_MAX {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(consistency == Consistency::Strong);
            let keys = keys.build().expect("keys are set");
            let mut reply = self
                .client
                .batch_get_item()
                .request_items(&self.table, keys)
                .send()
                .await?;
            let found = reply
                .responses
                .as_mut()
                .and_then(|all| all.remove(&self.table));
            items.extend(found.unwrap_or_default());
            let left = reply
                .unprocessed_keys
                .and_then(|mut all| all.remove(&self.table));
            wanted = left.map(|keys| keys.keys).unwrap_or_default();
            if wanted.is_empty() {
                return Ok(items);
            }
        }
        Err(StoreError::Unavailable {
            code: "batch left keys out".to_owned(),
        })
    }
}

pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// When the item is due, as the index says.
fn due_at(item: &Item) -> Option<Timestamp> {
    let millis = item.get("dueAt")?.as_n().ok()?.parse().ok()?;
    Some(Timestamp::from_millis(millis))
}

pub(super) fn call_id_of(item: &Item) -> Option<CallId> {
    text_of(item, item::PK)?.strip_prefix("CALL#")?.parse().ok()
}
