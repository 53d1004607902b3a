//! Reading calls: by id, by the carrier's id, by number, by what is due, by what is unfinished.

use super::{
    CallStore, Delivery, Recording, StoreError, StoredConversation,
    answer::StoredAnswer,
    item::{self, Item},
};
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, KeysAndAttributes, Select},
};
use call::{
    Attempt, AuditEvent, CallRequest, CallSession, CallState, Turn,
    answers::Answer,
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// The audit trail, oldest first.
    pub events: Vec<AuditEvent>,
    /// The transcript, oldest first.
    pub turns: Vec<Turn>,
    /// What the patient answered, by the names of the fields.
    pub answers: Vec<Answer>,
    /// The conversations, and what the platform told of them afterwards.
    pub conversations: Vec<StoredConversation>,
    /// Outcomes and how far they got, oldest first.
    pub deliveries: Vec<Delivery>,
}

/// Which attempt of which call the carrier's id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CarrierPointer {
    /// The call.
    pub call_id: CallId,
    /// The attempt, from 1.
    pub attempt: u8,
}

/// One page of unfinished calls, in the order of state, then creation.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Sessions with the requests they came from.
    pub calls: Vec<(CallSession, CallRequest)>,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
}

/// Calls per state, over the life of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats(pub BTreeMap<CallState, u64>);

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

    /// Ids of calls whose deadline passed, oldest first, at most `limit` of one shard. The index
    /// may be stale: the fold decides on the session as loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn overdue(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<CallId>, StoreError> {
        let due = self.due(item::deadline_shard(shard), now, limit).await?;
        Ok(due.iter().filter_map(call_id_of).collect())
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

    /// One page of unfinished calls, at most `limit` (1 to 100), optionally of one state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unfinished(
        &self,
        state: Option<CallState>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let found = self
            .unfinished_in(state)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.and_then(start_key))
            .send()
            .await?;
        let next = found.last_evaluated_key().and_then(cursor_of);
        let ids: Vec<CallId> = found.items().iter().filter_map(call_id_of).collect();
        let calls = self.sessions_with_requests(&ids).await?;
        let calls = calls
            .into_iter()
            .filter(|(session, _)| !session.state.is_final())
            .filter(|(session, _)| state.is_none_or(|state| session.state == state))
            .collect();
        Ok(Page { calls, next })
    }

    /// Asks the index for unfinished calls, of one state if it is named.
    fn unfinished_in(&self, state: Option<CallState>) -> QueryFluentBuilder {
        let query = self.active_query();
        match state {
            None => query.key_condition_expression("activeShard = :active"),
            Some(state) => query
                .key_condition_expression(
                    "activeShard = :active AND begins_with(activeSort, :prefix)",
                )
                .expression_attribute_values(":prefix", item::text(item::active_prefix(state))),
        }
    }

    /// Asks the index of unfinished calls for something that is still to be said.
    pub(super) fn active_query(&self) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(item::ACTIVE_INDEX)
            .expression_attribute_values(":active", item::text(item::ACTIVE))
    }

    /// How many calls hold a channel, counted one by one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_calls(&self) -> Result<usize, StoreError> {
        let mut live = 0;
        for state in CallState::ALL.into_iter().filter(|s| s.holds_channel()) {
            let mut pages = self
                .unfinished_in(Some(state))
                .select(Select::Count)
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                live += usize::try_from(page?.count).unwrap_or(0);
            }
        }
        Ok(live)
    }

    /// Ids of the calls that the index has in `state`; it lags behind.
    pub(super) async fn ids_in(&self, state: CallState) -> Result<Vec<CallId>, StoreError> {
        let query = self.unfinished_in(Some(state));
        let mut rows = query.into_paginator().items().send();
        let mut ids = Vec::new();
        while let Some(row) = rows.next().await {
            ids.extend(call_id_of(&row?));
        }
        Ok(ids)
    }

    async fn sessions_with_requests(
        &self,
        ids: &[CallId],
    ) -> Result<Vec<(CallSession, CallRequest)>, StoreError> {
        let mut found: HashMap<String, Parts> = HashMap::new();
        for batch in ids.chunks(BATCH_MAX / 2) {
            let keys = batch.iter().flat_map(|id| {
                [item::META, item::REQUEST].map(|sk| item::key(item::call_pk(*id), sk))
            });
            for item in self.batch_get(keys.collect()).await? {
                let pk = text_of(&item, item::PK).unwrap_or_default().to_owned();
                found.entry(pk).or_default().take(item)?;
            }
        }
        let in_order = ids
            .iter()
            .filter_map(|id| found.remove(&item::call_pk(*id)));
        Ok(in_order
            .filter_map(|parts| Some((parts.session?, parts.request?)))
            .collect())
    }

    pub(super) async fn batch_get(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        let mut wanted = keys;
        for _ in 0..BATCH_ROUNDS_MAX {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true);
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

    /// Calls per state, summed over the shards. Exact: written in the calls' own transactions.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let keys = (0..item::SHARDS).map(|shard| item::key(item::stats_pk(shard), item::COUNTER));
        let mut stats = Stats::default();
        for item in self.batch_get(keys.collect()).await? {
            for state in CallState::ALL {
                *stats.0.entry(state).or_default() += number_of(&item, state.label());
            }
        }
        Ok(stats)
    }

    /// Channels in use, by the counter that the calls' own transactions change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn channels_in_use(&self) -> Result<u32, StoreError> {
        let in_use = number_of(&self.channel_counter().await?, "inUse");
        Ok(u32::try_from(in_use).unwrap_or(u32::MAX))
    }
}

/// A call's partition, sorted into its kinds.
#[derive(Default)]
struct Parts {
    session: Option<CallSession>,
    request: Option<CallRequest>,
    attempts: Vec<Attempt>,
    recordings: Vec<Recording>,
    events: Vec<AuditEvent>,
    turns: Vec<Turn>,
    answers: Vec<Answer>,
    conversations: Vec<StoredConversation>,
    deliveries: Vec<Delivery>,
}

impl Parts {
    fn take(&mut self, item: Item) -> Result<(), StoreError> {
        let sk = text_of(&item, item::SK).unwrap_or_default().to_owned();
        match sk.split('#').next().unwrap_or_default() {
            item::META => self.session = Some(serde_dynamo::from_item(item)?),
            item::REQUEST => self.request = Some(serde_dynamo::from_item(item)?),
            "ATTEMPT" => self.attempts.push(serde_dynamo::from_item(item)?),
            "RECORDING" => self.recordings.push(serde_dynamo::from_item(item)?),
            "EVENT" => self.events.push(serde_dynamo::from_item(item)?),
            "OUTBOX" => self.deliveries.push(serde_dynamo::from_item(item)?),
            "ANSWER" => {
                let stored: StoredAnswer = serde_dynamo::from_item(item)?;
                self.answers.push(stored.answer);
            }
            "CONVERSATION" => self.conversations.push(serde_dynamo::from_item(item)?),
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
            events: self.events,
            answers: self.answers,
            conversations: self.conversations,
            turns: self.turns,
            deliveries: self.deliveries,
        })
    }
}

pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn number_of(item: &Item, name: &str) -> u64 {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}

pub(super) fn call_id_of(item: &Item) -> Option<CallId> {
    text_of(item, item::PK)?.strip_prefix("CALL#")?.parse().ok()
}

/// The cursor is the last sort key shown; it holds a state, a moment and a random id.
fn cursor_of(key: &HashMap<String, AttributeValue>) -> Option<String> {
    text_of(key, item::ACTIVE_SORT).map(str::to_owned)
}

fn start_key(cursor: &str) -> Option<Item> {
    let id: CallId = cursor.rsplit('#').next()?.parse().ok()?;
    let mut key = item::key(item::call_pk(id), item::META);
    key.insert(item::ACTIVE_SHARD.to_owned(), item::text(item::ACTIVE));
    key.insert(item::ACTIVE_SORT.to_owned(), item::text(cursor));
    Some(key)
}
