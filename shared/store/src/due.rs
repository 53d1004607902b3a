//! What is to be done at some moment: found by the due index, taken by one process at a time.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
};
use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue,
};
use call::time::Timestamp;

impl CallStore {
    /// Keys in one partition of the due index up to `now`, oldest first.
    pub(super) async fn due(
        &self,
        partition: String,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        Ok(self.due_page(partition, now, limit, None).await?.0)
    }

    /// One page of these keys, and where the next one starts.
    pub(super) async fn due_page(
        &self,
        partition: String,
        now: Timestamp,
        limit: usize,
        after: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(item::DUE_INDEX)
            .key_condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", item::text(partition))
            .expression_attribute_values(":now", item::number(now.as_millis()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after)
            .send()
            .await?;
        Ok((found.items.unwrap_or_default(), found.last_evaluated_key))
    }

    /// Takes an item that is due in this partition, until `until`, and counts the try; `None` if
    /// another process has it, or it is not due there any more.
    pub(super) async fn claim_due(
        &self,
        key: Item,
        partition: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Item>, StoreError> {
        let claimed = self
            .change(key, "SET dueAt = :until ADD tries :one")
            .condition_expression("dueShard = :shard AND dueAt <= :now")
            .expression_attribute_values(":shard", item::text(partition))
            .expression_attribute_values(":now", item::number(now.as_millis()))
            .expression_attribute_values(":until", item::number(until.as_millis()))
            .expression_attribute_values(":one", item::number(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        Ok(unless_raced(claimed)?.and_then(|claimed| claimed.attributes))
    }

    /// Leaves an item that was claimed until this moment, by a [change](Self::change) of it; nothing is done if
    /// another process has it since.
    pub(super) async fn leave_due(
        &self,
        change: UpdateItemFluentBuilder,
        claimed: Timestamp,
    ) -> Result<(), StoreError> {
        let left = change
            .condition_expression("dueAt = :claimed")
            .expression_attribute_values(":claimed", item::number(claimed.as_millis()))
            .send()
            .await;
        unless_raced(left).map(drop)
    }

    /// An update of one item, outside of any transaction.
    pub(super) fn change(&self, key: Item, expression: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(expression)
    }
}
