//! Which calls hold a channel, asked by who carries some of them.

use super::{CallStore, StoreError, item, read::call_id_of};
use call::{CallState, ids::CallId};
use std::collections::HashSet;

/// Sorts behind every entry of a state in the active index.
const BEHIND: char = '~';

impl CallStore {
    /// The calls that hold a channel, by an index that may lag a moment behind: who misses one here
    /// loads it before believing that it is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn live_ids(&self) -> Result<HashSet<CallId>, StoreError> {
        let live = || CallState::ALL.into_iter().filter(|s| s.holds_channel());
        let prefixes = || live().map(item::active_prefix);
        // One range holds them all; `initiating` sorts behind it.
        let first = prefixes().min().unwrap_or_default();
        let last = prefixes().max().unwrap_or_default() + &BEHIND.to_string();
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(item::ACTIVE_INDEX)
            .key_condition_expression(
                "activeShard = :active AND activeSort BETWEEN :first AND :last",
            )
            .expression_attribute_values(":active", item::text(item::ACTIVE))
            .expression_attribute_values(":first", item::text(first))
            .expression_attribute_values(":last", item::text(last))
            .into_paginator()
            .send();
        let mut ids = HashSet::new();
        while let Some(page) = pages.next().await {
            ids.extend(page?.items().iter().filter_map(call_id_of));
        }
        Ok(ids)
    }
}
