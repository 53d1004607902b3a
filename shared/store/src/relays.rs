//! The relays that are there: each says so every few seconds, so that those of an older version
//! learn that newer ones can take their place.

use super::{call_store::CallStore, error::StoreError, item};
use call::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long after its last word a relay still counts as there (30 s).
pub const RELAY_PRESENT: Duration = Duration::from_secs(30);

/// What one relay last said of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelayPresence {
    /// Its process, unique: on ECS the ARN of its task.
    pub task: String,
    /// What it runs: on ECS the revision of its task definition. Equal ones are alike.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it said this.
    pub seen_at: Timestamp,
    /// Whether the load balancer was seen to ask after it, so that new streams can reach it.
    pub is_reachable: bool,
    /// Calls that it carries.
    pub calls: u32,
    /// Calls that it could take besides.
    pub room: u32,
}

impl CallStore {
    /// Keeps what a relay says of itself, in place of what it said before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_presence(&self, presence: &RelayPresence) -> Result<(), StoreError> {
        let mut row: item::Item = serde_dynamo::to_item(presence)?;
        row.extend(item::relay_key(&presence.task));
        let forgotten = (presence.seen_at + RELAY_PRESENT).as_secs();
        row.insert(item::TTL.to_owned(), item::number(forgotten));
        let put = self.client.put_item().table_name(&self.table);
        put.set_item(Some(row)).send().await?;
        Ok(())
    }

    /// Forgets a relay that leaves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_presence(&self, task: &str) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table);
        let key = item::relay_key(task);
        delete.set_key(Some(key)).send().await?;
        Ok(())
    }

    /// Every relay that spoke within [`RELAY_PRESENT`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn relays_present(&self, now: Timestamp) -> Result<Vec<RelayPresence>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("PK = :relays")
            .expression_attribute_values(":relays", item::text(item::RELAYS))
            .into_paginator()
            .send();
        let mut present = Vec::new();
        while let Some(page) = pages.next().await {
            let rows = page?.items.unwrap_or_default();
            present.extend(serde_dynamo::from_items::<_, RelayPresence>(rows)?);
        }
        // What has expired may be there for two days more.
        present.retain(|relay| relay.seen_at + RELAY_PRESENT > now);
        Ok(present)
    }
}
