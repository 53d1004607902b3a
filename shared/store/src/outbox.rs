//! Outcomes on their way to those who want to know: one item per outcome and receiver, written in
//! the transaction of the outcome itself.

use super::{
    call_store::CallStore,
    delivery::{Delivery, DeliveryKey},
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
};
use aws_sdk_dynamodb::types::AttributeValue;
use call::time::Timestamp;

/// One page of deliveries that are due.
#[derive(Clone, Debug, PartialEq)]
pub struct DueDeliveries {
    /// Oldest first.
    pub keys: Vec<DeliveryKey>,
    /// Where the next page starts, if there may be one.
    pub next: Option<DueCursor>,
}

/// Where a page of deliveries ended.
#[derive(Clone, Debug, PartialEq)]
pub struct DueCursor(Item);

/// What becomes of a delivery after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The receiver took it.
    Delivered,
    /// It is tried again at this moment, for this reason.
    Postponed(Timestamp, String),
    /// It is given up until somebody replays it, for this reason.
    Parked(String),
}

impl CallStore {
    /// Deliveries that are due, oldest first, at most `limit` of one shard, from where an earlier
    /// page ended or from the first one. The index may be stale: [`Self::claim`] decides.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_deliveries(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
        after: Option<DueCursor>,
    ) -> Result<DueDeliveries, StoreError> {
        let after = after.map(|cursor| cursor.0);
        let page = self.due_page(item::outbox_shard(shard), now, limit, after);
        let (due, next) = page.await?;
        Ok(DueDeliveries {
            keys: due.iter().filter_map(item::delivery_key_of).collect(),
            next: next.map(DueCursor),
        })
    }

    /// Deliveries that were given up, oldest first, at most `limit` of one shard.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parked_deliveries(
        &self,
        shard: u8,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DeliveryKey>, StoreError> {
        let parked = self.due(item::parked_shard(shard), now, limit).await?;
        Ok(parked.iter().filter_map(item::delivery_key_of).collect())
    }

    /// Takes a due delivery for one try, until `until`; `None` if another process has it, or it is
    /// not due any more.
    ///
    /// # Errors
    /// [`StoreError`]; the delivery is then due again at `until` at the latest.
    pub async fn claim(
        &self,
        key: DeliveryKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let shard = item::outbox_shard(item::shard_of(key.call_id));
        let claimed = self.claim_due(item::delivery_key(key), shard, now, until);
        Ok(claimed.await?.map(serde_dynamo::from_item).transpose()?)
    }

    /// Stores what became of a try, unless the delivery was queued or claimed anew meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]; the delivery is then tried again, which its receiver must allow for.
    pub async fn settle(
        &self,
        delivery: &Delivery,
        tried: &Tried,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = delivery.key();
        let change = |expression| self.change(item::delivery_key(key), expression);
        let moment = item::text(now.to_string());
        let update = match tried {
            Tried::Delivered => change("SET deliveredAt = :now REMOVE dueShard, dueAt")
                .expression_attribute_values(":now", moment),
            Tried::Postponed(until, problem) => {
                change("SET dueAt = :until, lastProblem = :problem")
                    .expression_attribute_values(":until", item::number(until.as_millis()))
                    .expression_attribute_values(":problem", item::text(problem))
            }
            Tried::Parked(problem) => change(
                "SET parkedAt = :now, lastProblem = :problem, dueShard = :parked, dueAt = :at",
            )
            .expression_attribute_values(":now", moment)
            .expression_attribute_values(":problem", item::text(problem))
            .expression_attribute_values(
                ":parked",
                item::text(item::parked_shard(item::shard_of(key.call_id))),
            )
            .expression_attribute_values(":at", item::number(now.as_millis())),
        };
        let settled = update
            .condition_expression("dueShard = :outbox AND tries = :tries")
            .expression_attribute_values(":outbox", outbox_of(key))
            .expression_attribute_values(":tries", item::number(delivery.tries))
            .send()
            .await;
        unless_raced(settled).map(drop)
    }

    /// Queues a delivery once more from its first try, whatever became of it.
    ///
    /// # Errors
    /// [`StoreError`]; queueing it again is safe.
    pub async fn replay(&self, key: DeliveryKey, now: Timestamp) -> Result<(), StoreError> {
        let replayed = self
            .change(
                item::delivery_key(key),
                "SET dueShard = :outbox, dueAt = :at, queuedAt = :now, tries = :none \
                 REMOVE deliveredAt, parkedAt, lastProblem",
            )
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":outbox", outbox_of(key))
            .expression_attribute_values(":at", item::number(now.as_millis()))
            .expression_attribute_values(":now", item::text(now.to_string()))
            .expression_attribute_values(":none", item::number(0))
            .send()
            .await;
        unless_raced(replayed).map(drop)
    }
}

fn outbox_of(key: DeliveryKey) -> AttributeValue {
    item::text(item::outbox_shard(item::shard_of(key.call_id)))
}
