//! Reading campaigns: one, all of them, those for which something is to be done.

use super::file::CampaignFile;
use crate::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use call::time::Timestamp;
use campaign::{AuditLine, Campaign, CampaignId, RowState, Tally};
use std::{fmt, str::FromStr};

/// A place in the list of campaigns: after this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignCursor {
    created_at: Timestamp,
    id: CampaignId,
}

impl CampaignCursor {
    /// The place after this campaign.
    #[must_use]
    pub const fn after(campaign: &Campaign) -> Self {
        Self {
            created_at: campaign.created_at,
            id: campaign.id,
        }
    }
}

impl fmt::Display for CampaignCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.created_at.as_millis(), self.id)
    }
}

/// The text is not a cursor that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct InvalidCampaignCursor;

impl FromStr for CampaignCursor {
    type Err = InvalidCampaignCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (millis, id) = text.split_once('~').ok_or(InvalidCampaignCursor)?;
        let millis = millis.parse().map_err(|_| InvalidCampaignCursor)?;
        Ok(Self {
            created_at: Timestamp::from_millis(millis),
            id: id.parse().map_err(|_| InvalidCampaignCursor)?,
        })
    }
}

/// The place after this one in the list.
fn cursor_of(place: &Item) -> Option<CampaignCursor> {
    let created_at = place.get(item::SK)?.as_s().ok()?.split('#').next()?;
    Some(CampaignCursor {
        created_at: created_at.parse().ok()?,
        id: item::campaign_of_place(place)?,
    })
}

impl CallStore {
    /// Loads a campaign, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaign(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        self.get(item::campaign_key(id)).await
    }

    /// What is known of a campaign's file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaign_file(&self, id: CampaignId) -> Result<Option<CampaignFile>, StoreError> {
        self.get(item::file_key(id)).await
    }

    /// One page of all campaigns, newest first, at most `limit` (1 to 100) after the place where the page
    /// before ended; and the place where this one did, if there may be more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaigns(
        &self,
        after: Option<&CampaignCursor>,
        limit: usize,
    ) -> Result<(Vec<Campaign>, Option<CampaignCursor>), StoreError> {
        let start = after.map(|after| {
            let place = item::campaign_place(after.created_at, after.id);
            item::key(item::CAMPAIGNS, place)
        });
        let found = self
            .partition(item::CAMPAIGNS)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let places = found.items.unwrap_or_default();
        let ids = places.iter().filter_map(item::campaign_of_place);
        let keys: Vec<Item> = ids.map(item::campaign_key).collect();
        if keys.is_empty() {
            return Ok((Vec::new(), None));
        }
        let mut campaigns: Vec<Campaign> = serde_dynamo::from_items(self.batch_get(keys).await?)?;
        campaigns.sort_by_key(|campaign| {
            std::cmp::Reverse((campaign.created_at, campaign.id.to_string()))
        });
        let next = found.last_evaluated_key.as_ref().and_then(cursor_of);
        Ok((campaigns, next))
    }

    /// Campaigns for which something is to be done at `now`, longest first, at most `limit`. The index
    /// may be stale: the fold decides on the campaign as loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_campaigns(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<CampaignId>, StoreError> {
        let due = self.due(item::CAMPAIGN.to_owned(), now, limit).await?;
        Ok(due.iter().filter_map(item::campaign_of).collect())
    }

    /// How many rows of a campaign are where, as last committed. Each row is in one place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tally(&self, id: CampaignId) -> Result<Tally, StoreError> {
        let keys = (0..item::ROW_SHARDS).map(|shard| item::counts_key(id, shard));
        let mut tally = Tally::default();
        for counts in self.batch_get(keys.collect()).await? {
            for state in RowState::ALL {
                let count = counts.get(state.label()).and_then(|n| n.as_n().ok());
                let count: Option<u32> = count.and_then(|n| n.parse().ok());
                *tally.of(state) += count.unwrap_or(0);
            }
        }
        Ok(tally)
    }

    /// The audit trail of a campaign, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit_of_campaign(&self, id: CampaignId) -> Result<Vec<AuditLine>, StoreError> {
        let lines = self.items_under(id, "EVENT#").await?;
        Ok(serde_dynamo::from_items(lines)?)
    }

    /// The items of a campaign whose sort key begins so.
    pub(super) async fn items_under(
        &self,
        id: CampaignId,
        prefix: &str,
    ) -> Result<Vec<Item>, StoreError> {
        self.items_in(item::campaign_pk(id), prefix).await
    }

    /// The items of a partition whose sort key begins so.
    pub(super) async fn items_in(&self, pk: String, prefix: &str) -> Result<Vec<Item>, StoreError> {
        every_item(self.query_in(pk, prefix)).await
    }

    pub(super) fn query_under(&self, id: CampaignId, prefix: &str) -> QueryFluentBuilder {
        self.query_in(item::campaign_pk(id), prefix)
    }

    fn query_in(&self, pk: String, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", item::text(pk))
            .expression_attribute_values(":prefix", item::text(prefix))
    }
}

/// What a query finds, over all of its pages.
pub(super) async fn every_item(query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
    let items = query.into_paginator().items().send();
    Ok(items.collect::<Result<Vec<Item>, _>>().await?)
}
