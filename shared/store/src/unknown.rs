//! Messages that were not understood: counted by kind and day, one sample of each shape.

use super::{call_store::CallStore, error::StoreError, item, race::unless_raced};
use aws_sdk_dynamodb::types::AttributeValue;
use call::time::Timestamp;
use logging::unknown::{Sample, UnknownKind, UnknownMessage};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How long an unknown message is kept (30 days).
pub const UNKNOWN_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Most shapes kept of one kind on one day; more are counted only.
pub const UNKNOWN_SHAPES_MAX: u32 = 20;

/// The unknown messages of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// The kind.
    pub kind: UnknownKind,
    /// How many came, of whatever shape, in the time for which they are kept.
    pub count: u64,
    /// One sample of each shape and day, newest day first.
    pub messages: Vec<UnknownMessage>,
}

impl CallStore {
    /// Counts messages of one shape, and keeps their sample if there is room for it.
    ///
    /// Three writes for the first message of a shape and day, two for each after it.
    ///
    /// # Errors
    /// [`StoreError`]; a part may be counted then.
    pub async fn keep_unknown(
        &self,
        kind: UnknownKind,
        sample: &Sample,
        count: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let is_kept = self.count_sample(kind, sample, count, now, true).await?
            || (self.count_shape(kind, now).await?
                && self.count_sample(kind, sample, count, now, false).await?);
        if !is_kept {
            tracing::debug!(kind = kind.label(), "one shape too many today");
        }
        let counted = self
            .change(
                item::unknown_day(kind, now),
                "ADD #count :count SET #ttl = :ttl",
            )
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":count", item::number(count))
            .expression_attribute_values(":ttl", ttl(now));
        counted.send().await?;
        Ok(())
    }

    /// What was kept of one kind, at most `limit` samples, newest day first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unknown(
        &self,
        kind: UnknownKind,
        now: Timestamp,
        limit: usize,
    ) -> Result<Unknown, StoreError> {
        let of_kind = |prefix: &str| {
            self.client
                .query()
                .table_name(&self.table)
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":pk", item::text(item::unknown_pk(kind)))
                .expression_attribute_values(":prefix", item::text(prefix))
                // What has expired may be there for two days more.
                .filter_expression("#ttl > :now")
                .expression_attribute_names("#ttl", item::TTL)
                .expression_attribute_values(":now", item::number(now.as_secs()))
                .scan_index_forward(false)
        };
        #[derive(Deserialize)]
        struct Day {
            count: u64,
        }
        let days = of_kind(item::UNKNOWN_DAY).send().await?;
        let days: Vec<Day> = serde_dynamo::from_items(days.items.unwrap_or_default())?;
        let samples = of_kind(item::UNKNOWN_SAMPLE);
        let samples = samples.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let samples = samples.send().await?.items.unwrap_or_default();
        Ok(Unknown {
            kind,
            count: days.iter().map(|day| day.count).sum(),
            messages: serde_dynamo::from_items(samples)?,
        })
    }

    /// Counts messages of a shape, `only_known` if the shape is known already; whether it was.
    async fn count_sample(
        &self,
        kind: UnknownKind,
        sample: &Sample,
        count: u64,
        now: Timestamp,
        only_known: bool,
    ) -> Result<bool, StoreError> {
        let mut update = self
            .change(
                item::unknown_sample(kind, now, &sample.digest()),
                "ADD #count :count SET firstSeen = if_not_exists(firstSeen, :now), \
                 lastSeen = :now, #sample = :sample, #ttl = :ttl",
            )
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#sample", "sample")
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":count", item::number(count))
            .expression_attribute_values(":now", item::text(now.to_string()))
            .expression_attribute_values(":sample", item::text(sample.as_str()))
            .expression_attribute_values(":ttl", ttl(now));
        if only_known {
            update = update.condition_expression("attribute_exists(PK)");
        }
        Ok(unless_raced(update.send().await)?.is_some())
    }

    /// Takes a place for one more shape of today; whether there is one.
    async fn count_shape(&self, kind: UnknownKind, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .change(
                item::unknown_day(kind, now),
                "ADD shapes :one SET #ttl = :ttl, #count = if_not_exists(#count, :none)",
            )
            .condition_expression("attribute_not_exists(shapes) OR shapes < :max")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":one", item::number(1))
            .expression_attribute_values(":none", item::number(0))
            .expression_attribute_values(":max", item::number(UNKNOWN_SHAPES_MAX))
            .expression_attribute_values(":ttl", ttl(now));
        Ok(unless_raced(update.send().await)?.is_some())
    }
}

fn ttl(now: Timestamp) -> AttributeValue {
    item::number((now + UNKNOWN_KEPT).as_secs())
}
