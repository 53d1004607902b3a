//! Reading rows: one, page by page, those whose turn it is.

use super::{row::StoredRow, row_item::row_of};
use crate::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item, ROW_SHARDS},
};
use call::time::Timestamp;
use campaign::{CampaignId, Row, RowState};
use futures_util::future::try_join_all;

/// Most rows of a page (200): eight queries of 25 rows each.
const PAGE_MAX: usize = 200;

/// Rows of one shard that are looked at for those in one state (120): 960 of all for a page, which may so hold
/// few or none. Twice as many take longer than people wait for a view.
const LOOKED_AT: usize = 120;

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowsPage {
    /// The rows, in order of their numbers. Fewer than asked for may be given, or none, though more
    /// come.
    pub rows: Vec<StoredRow>,
    /// The number after which the next page begins; `None` on the last one.
    pub next: Option<u32>,
}

/// What one shard had to give.
struct Found {
    rows: Vec<StoredRow>,
    /// How far it was looked through, if not to its end.
    until: Option<u32>,
}

impl CallStore {
    /// Loads one row with what is known of its patient, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn row(&self, id: CampaignId, number: u32) -> Result<Option<StoredRow>, StoreError> {
        let found: Option<Item> = self.row_item(id, number).await?;
        found.map(row_of).transpose()
    }

    async fn row_item(&self, id: CampaignId, number: u32) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table);
        let key = item::row_key(id, number);
        let found = get.consistent_read(true).set_key(Some(key)).send().await?;
        Ok(found.item)
    }

    /// Where one row is, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn row_fold(&self, id: CampaignId, number: u32) -> Result<Option<Row>, StoreError> {
        self.get(item::row_key(id, number)).await
    }

    /// Rows in the order of their numbers, after the number `after` (0 for all), those in `state` alone if
    /// it is given; at most `limit`, and at most 200.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rows(
        &self,
        id: CampaignId,
        state: Option<RowState>,
        after: u32,
        limit: usize,
    ) -> Result<RowsPage, StoreError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let shards = 0..ROW_SHARDS;
        let found = shards.map(|shard| self.rows_of_shard(id, shard, state, after, limit));
        Ok(merged(try_join_all(found).await?, limit))
    }

    async fn rows_of_shard(
        &self,
        id: CampaignId,
        shard: u8,
        state: Option<RowState>,
        after: u32,
        limit: usize,
    ) -> Result<Found, StoreError> {
        // Numbers go round the shards, so that each has its part of a page. Those in one state lie apart.
        let looked_at = match state {
            None => limit.div_ceil(usize::from(ROW_SHARDS)) + 1,
            Some(_) => LOOKED_AT,
        };
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :last")
            .expression_attribute_values(":pk", item::text(item::rows_pk(id, shard)))
            .expression_attribute_values(
                ":first",
                item::text(item::row_sk(after.saturating_add(1))),
            )
            .expression_attribute_values(":last", item::text(format!("{}~", item::ROW_PREFIX)))
            .limit(i32::try_from(looked_at).unwrap_or(i32::MAX));
        if let Some(state) = state {
            query = query
                .filter_expression("#state = :state")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":state", item::text(state.label()));
        }
        let page = query.send().await?;
        let until = page.last_evaluated_key.as_ref();
        let until = until.and_then(item::row_number_of);
        let rows = page.items.unwrap_or_default().into_iter().map(row_of);
        Ok(Found {
            rows: rows.collect::<Result<_, _>>()?,
            until,
        })
    }

    /// Rows of a patient, by the hospital's own id, over all campaigns.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rows_of_patient(
        &self,
        patient: &str,
    ) -> Result<Vec<(CampaignId, u32)>, StoreError> {
        let keys = self.keys_of(item::patient_pk(patient)).await?;
        Ok(keys.iter().filter_map(item::patient_row_of).collect())
    }

    /// The first rows that wait for their turn, by their numbers, at most `limit`. The index may be
    /// stale: the fold decides on the row as loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pending_rows(&self, id: CampaignId, limit: usize) -> Result<Vec<u32>, StoreError> {
        let every = Timestamp::from_millis(i64::from(u32::MAX));
        let mut numbers = Vec::new();
        for shard in 0..ROW_SHARDS {
            let due = self
                .due(item::pending_shard(id, shard), every, limit)
                .await?;
            numbers.extend(due.iter().filter_map(item::row_number_of));
        }
        numbers.sort_unstable();
        numbers.truncate(limit);
        Ok(numbers)
    }
}

/// Puts the shards' rows in order, as far as each was looked through.
fn merged(found: Vec<Found>, limit: usize) -> RowsPage {
    let until = found.iter().filter_map(|found| found.until).min();
    let rows = found.into_iter().flat_map(|found| found.rows);
    let is_known = |row: &StoredRow| until.is_none_or(|until| row.row.number <= until);
    let mut rows: Vec<StoredRow> = rows.filter(is_known).collect();
    rows.sort_by_key(|row| row.row.number);
    let is_cut = rows.len() > limit;
    rows.truncate(limit);
    let next = if is_cut {
        rows.last().map(|row| row.row.number)
    } else {
        until
    };
    RowsPage { rows, next }
}
