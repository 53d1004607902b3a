//! The channel counter beside the calls that it counts: looked at together, and set right.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
};
use call::{CallSession, CallState, ids::CallId};

/// The counter and the live calls at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelCount {
    /// What the counter says; 0 if it is missing or no number.
    pub counted: i64,
    /// Calls that hold a channel, each read as last committed.
    pub live: u32,
    /// The counter's item as it was read.
    seen: Item,
}

impl ChannelCount {
    /// Channels by which the counter is above the live calls.
    #[must_use]
    pub fn drift(&self) -> i64 {
        self.counted - i64::from(self.live)
    }
}

impl CallStore {
    /// Counts the calls that hold a channel, and reads the counter; `None` if a call took or gave
    /// back a channel between the two.
    ///
    /// A call whose state changed in the last second may be missing among the live ones, because the
    /// index that names them lags behind; none is there that holds no channel.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_channels(&self) -> Result<Option<ChannelCount>, StoreError> {
        let seen = self.channel_counter().await?;
        let mut ids = Vec::new();
        for state in CallState::ALL.into_iter().filter(|s| s.holds_channel()) {
            ids.extend(self.ids_in(state).await?);
        }
        ids.sort_unstable();
        ids.dedup();
        let mut live = 0;
        for session in self.sessions(&ids).await? {
            live += u32::from(session.state.holds_channel());
        }
        if self.channel_counter().await? != seen {
            return Ok(None);
        }
        let counted = seen.get("inUse").and_then(|value| value.as_n().ok());
        Ok(Some(ChannelCount {
            counted: counted.and_then(|text| text.parse().ok()).unwrap_or(0),
            live,
            seen,
        }))
    }

    /// Sets the counter to the live calls of `count`, unless a call took or gave back a channel since
    /// then; whether it was set.
    ///
    /// # Errors
    /// [`StoreError`]; the counter may then be set all the same.
    pub async fn set_channels(&self, count: &ChannelCount) -> Result<bool, StoreError> {
        let counter = item::key(item::CHANNELS, item::COUNTER);
        let mut update = self
            .change(counter, "SET inUse = :live ADD changes :one")
            .expression_attribute_values(":live", item::number(count.live))
            .expression_attribute_values(":one", item::number(1));
        let mut conditions = Vec::new();
        for (name, value) in [("inUse", ":inUse"), ("changes", ":changes")] {
            match count.seen.get(name) {
                Some(seen) => {
                    conditions.push(format!("{name} = {value}"));
                    update = update.expression_attribute_values(value, seen.clone());
                }
                None => conditions.push(format!("attribute_not_exists({name})")),
            }
        }
        let update = update.condition_expression(conditions.join(" AND "));
        Ok(unless_raced(update.send().await)?.is_some())
    }

    pub(super) async fn channel_counter(&self) -> Result<Item, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(item::key(item::CHANNELS, item::COUNTER)))
            .send()
            .await?;
        Ok(found.item.unwrap_or_default())
    }

    async fn sessions(&self, ids: &[CallId]) -> Result<Vec<CallSession>, StoreError> {
        let mut sessions = Vec::with_capacity(ids.len());
        for batch in ids.chunks(super::read::BATCH_MAX) {
            let keys = batch
                .iter()
                .map(|id| item::key(item::call_pk(*id), item::META));
            for found in self.batch_get(keys.collect()).await? {
                sessions.push(serde_dynamo::from_item(found)?);
            }
        }
        Ok(sessions)
    }
}
