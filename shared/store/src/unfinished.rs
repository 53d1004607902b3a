//! The index of unfinished calls, and the counters.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    read::{BATCH_MAX, call_id_of, text_of},
    record::Parts,
};
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, Select},
};
use call::{CallRequest, CallSession, CallState, ids::CallId};
use std::collections::{BTreeMap, HashMap};

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

impl CallStore {
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

    pub(super) async fn sessions_with_requests(
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

fn number_of(item: &Item, name: &str) -> u64 {
    let number = item.get(name).and_then(|value| value.as_n().ok());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
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
