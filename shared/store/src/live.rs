//! Which calls hold a channel, asked by who carries some of them.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    read::{BATCH_MAX, Consistency, call_id_of, text_of},
};
use call::{CallSession, CallState, ids::CallId};
use std::collections::HashMap;

/// Sorts behind every entry of a state in the active index.
const BEHIND: char = '~';

impl CallStore {
    /// The calls that hold a channel and their states, by an index that may lag a moment behind: who
    /// misses one here, or finds it in a state that matters, loads it before believing that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_states(&self) -> Result<HashMap<CallId, CallState>, StoreError> {
        let live = || CallState::ALL.into_iter().filter(|s| s.holds_channel());
        let prefixes = || live().map(item::active_prefix);
        // One range holds them all; `initiating` sorts behind it.
        let first = prefixes().min().unwrap_or_default();
        let last = prefixes().max().unwrap_or_default() + &BEHIND.to_string();
        let mut pages = self
            .active_query()
            .key_condition_expression(
                "activeShard = :active AND activeSort BETWEEN :first AND :last",
            )
            .expression_attribute_values(":first", item::text(first))
            .expression_attribute_values(":last", item::text(last))
            .into_paginator()
            .send();
        let mut calls = HashMap::new();
        while let Some(page) = pages.next().await {
            calls.extend(page?.items().iter().filter_map(live_call));
        }
        Ok(calls)
    }
}

impl CallStore {
    /// Those of these calls that hold a channel, and their states. May lag a moment behind, as
    /// [`live_states`](Self::live_states) may; its reads are spread over the table.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_states_of(
        &self,
        ids: &[CallId],
    ) -> Result<HashMap<CallId, CallState>, StoreError> {
        let mut calls = HashMap::new();
        for batch in ids.chunks(BATCH_MAX) {
            let keys = batch
                .iter()
                .map(|id| item::key(item::call_pk(*id), item::META));
            let found = self.batch_get_as(keys.collect(), Consistency::Eventual);
            for item in found.await? {
                let call: CallSession = serde_dynamo::from_item(item)?;
                if call.state.holds_channel() {
                    calls.insert(call.id, call.state);
                }
            }
        }
        Ok(calls)
    }
}

fn live_call(item: &Item) -> Option<(CallId, CallState)> {
    let sort = text_of(item, item::ACTIVE_SORT)?;
    let is_in = |state: &CallState| sort.starts_with(&item::active_prefix(*state));
    let state = CallState::ALL.into_iter().find(is_in)?;
    Some((call_id_of(item)?, state))
}
