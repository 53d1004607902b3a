//! Removing the rows of an import before this one: a file without a row that can be called leaves its
//! faults to be read until another one is imported.

use super::ImportWork;
use crate::{
    call_store::CallStore,
    campaigns::{file::Stage, row::StoredRow, row_item::row_of},
    error::StoreError,
    item::{self, ROW_SHARDS},
    transaction::Role,
};

/// Rows that are removed in one transaction (40), with as many items of patients.
const REMOVED_MAX: i32 = 40;

/// How far the removal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearing {
    /// Some were removed, and there may be more.
    More,
    /// None is left; the file is to be judged.
    Done,
    /// The work is no more this worker's.
    Lost,
}

impl CallStore {
    /// Removes some rows of an import before this one.
    ///
    /// # Errors
    /// [`StoreError`]; asking again is safe.
    pub async fn clear_rows(&self, work: &mut ImportWork) -> Result<Clearing, StoreError> {
        for shard in 0..ROW_SHARDS {
            let rows = self.some_rows(work, shard).await?;
            if !rows.is_empty() {
                let is_done = self.remove_rows(work, &rows).await?;
                return Ok(if is_done {
                    Clearing::More
                } else {
                    Clearing::Lost
                });
            }
        }
        let mut all = self.import_step(work);
        let update = self
            .file_update(work, "SET #stage = :next")
            .expression_attribute_values(":next", item::text(Stage::Judging.label()));
        all.update(Role::File, update);
        for shard in 0..ROW_SHARDS {
            let counts = item::counts_key(work.campaign.id, shard);
            all.delete(Role::Other, self.delete(counts));
        }
        if !self.try_run(all).await? {
            return Ok(Clearing::Lost);
        }
        work.file.stage = Stage::Judging;
        Ok(Clearing::Done)
    }

    async fn some_rows(&self, work: &ImportWork, shard: u8) -> Result<Vec<StoredRow>, StoreError> {
        let query = self.client.query().table_name(&self.table);
        let found = query
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :row)")
            .expression_attribute_values(":pk", item::text(item::rows_pk(work.campaign.id, shard)))
            .expression_attribute_values(":row", item::text(item::ROW_PREFIX))
            .limit(REMOVED_MAX)
            .send()
            .await?;
        let rows = found.items.unwrap_or_default().into_iter().map(row_of);
        rows.collect()
    }

    async fn remove_rows(&self, work: &ImportWork, rows: &[StoredRow]) -> Result<bool, StoreError> {
        let id = work.campaign.id;
        let mut all = self.import_step(work);
        let same = self.file_update(work, "SET #cursor = :cursor");
        all.update(Role::File, same);
        for row in rows {
            let number = row.row.number;
            all.delete(Role::Other, self.delete(item::row_key(id, number)));
            if let Some(patient) = &row.patient_id {
                let of_patient = item::patient_row(patient, id, number);
                all.delete(Role::Other, self.delete(of_patient));
            }
        }
        self.try_run(all).await
    }
}
