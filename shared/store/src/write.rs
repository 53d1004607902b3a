//! Writes beside the calls' own transactions: what was said, what was lost of the audio, and how often a client asks.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
    row,
};
use call::{AudioReport, Turn, ids::CallId, time::Timestamp};
use std::time::Duration;

/// How long a rate counter is kept before DynamoDB's TTL may remove it.
const RATE_KEPT: Duration = Duration::from_secs(3_600);

impl CallStore {
    /// Stores one turn of the transcript; the same turn again replaces its text.
    ///
    /// # Errors
    /// [`StoreError`]; storing the turn again is safe.
    pub async fn save_turn(&self, id: CallId, turn: &Turn) -> Result<(), StoreError> {
        self.put_row(self.kept(row::turn(id, turn)?, turn.at)).await
    }

    /// Stores what was lost of one stream's audio, beside the call's state, which it does not change.
    ///
    /// # Errors
    /// [`StoreError`]; storing the report again is safe.
    pub async fn save_audio(&self, id: CallId, report: &AudioReport) -> Result<(), StoreError> {
        let row = row::audio(id, report)?;
        self.put_row(self.kept(row, report.at)).await
    }

    /// Stores an item whatever was there.
    pub(super) async fn put_row(&self, row: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.table);
        put.set_item(Some(row)).send().await?;
        Ok(())
    }

    /// Counts one request of an API key in the running minute, if fewer than `limit` came before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn admit(&self, key: &str, now: Timestamp, limit: u32) -> Result<bool, StoreError> {
        let minute = now.as_secs().div_euclid(60);
        let expiry = (now + RATE_KEPT).as_secs();
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(
                format!("RATE#{key}#{minute}"),
                item::COUNTER,
            )))
            .update_expression("ADD #count :one SET #ttl = :expiry")
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":one", item::number(1))
            .expression_attribute_values(":expiry", item::number(expiry))
            .expression_attribute_values(":limit", item::number(limit))
            .send()
            .await;
        Ok(unless_raced(sent)?.is_some())
    }
}
