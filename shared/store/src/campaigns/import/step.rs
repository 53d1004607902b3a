//! What was found in the file as a whole, and its rows, some at a time.

use super::ImportWork;
use crate::{
    call_store::CallStore,
    campaigns::{
        file::{FileColumn, Header, Stage},
        row::StoredRow,
        row_item::item_of,
    },
    error::StoreError,
    item::{self, ROW_SHARDS},
    transaction::{Role, Transaction},
};
use campaign::Tally;

/// Rows that are stored in one transaction (40): with an item of each patient's, the counts of 8 shards,
/// the file and the campaign these are 90 of the 100 items that DynamoDB takes.
pub const ROWS_AT_ONCE: usize = 40;

impl CallStore {
    /// Keeps what the file is as a whole; its rows are to be read next. Whether the work is this worker's
    /// still.
    ///
    /// # Errors
    /// [`StoreError`]; doing it again is safe.
    pub async fn put_judgement(
        &self,
        work: &mut ImportWork,
        header: &Header,
        columns: &[FileColumn],
        warnings: &[String],
    ) -> Result<bool, StoreError> {
        let mut all = self.import_step(work);
        let update = self
            .file_update(
                work,
                "SET #stage = :next, #header = :header, #columns = :columns, #warnings = :warnings",
            )
            .expression_attribute_names("#header", "header")
            .expression_attribute_names("#columns", "columns")
            .expression_attribute_names("#warnings", "warnings")
            .expression_attribute_values(":next", item::text(Stage::Reading.label()))
            .expression_attribute_values(":header", serde_dynamo::to_attribute_value(header)?)
            .expression_attribute_values(":columns", serde_dynamo::to_attribute_value(columns)?)
            .expression_attribute_values(":warnings", serde_dynamo::to_attribute_value(warnings)?);
        all.update(Role::File, update);
        let is_done = self.try_run(all).await?;
        if is_done {
            work.file.stage = Stage::Reading;
            work.file.header = Some(header.clone());
        }
        Ok(is_done)
    }

    /// Stores the next rows, at most [`ROWS_AT_ONCE`] and together below 3 MB, and moves the cursor behind
    /// them. Whether the work is this worker's still.
    ///
    /// # Errors
    /// [`StoreError`]; the rows may be stored all the same, and whoever goes on reads the cursor.
    pub async fn put_rows(
        &self,
        work: &mut ImportWork,
        rows: &[StoredRow],
    ) -> Result<bool, StoreError> {
        let Some(last) = rows.last().map(|row| row.row.number) else {
            return Ok(true);
        };
        let count = |is: fn(&StoredRow) -> bool| rows.iter().filter(|row| is(row)).count();
        let update = self
            .file_update(
                work,
                "SET #cursor = :last ADD #read :rows, sharedNumbers :shared, roundNumbers :round",
            )
            .expression_attribute_names("#read", "read")
            .expression_attribute_values(":last", item::number(last))
            .expression_attribute_values(":rows", item::number(rows.len()))
            .expression_attribute_values(
                ":shared",
                item::number(count(|row| row.shares_with.is_some())),
            )
            .expression_attribute_values(":round", item::number(count(|row| row.is_round_number)));
        let mut all = self.import_step(work);
        all.update(Role::File, update);
        self.write_rows(&mut all, work, rows)?;
        let is_done = self.try_run(all).await?;
        if is_done {
            work.file.cursor = last;
            work.file.read += u32::try_from(rows.len()).unwrap_or(u32::MAX);
        }
        Ok(is_done)
    }

    fn write_rows(
        &self,
        all: &mut Transaction,
        work: &ImportWork,
        rows: &[StoredRow],
    ) -> Result<(), StoreError> {
        let id = work.campaign.id;
        let mut counts = [Tally::default(); ROW_SHARDS as usize];
        for row in rows {
            let number = row.row.number;
            let item = self.kept_of(&work.campaign, item_of(id, row)?);
            all.put(Role::Other, self.put(item));
            if let Some(patient) = &row.patient_id {
                let of_patient = item::patient_row(patient, id, number);
                let of_patient = self.kept_of(&work.campaign, of_patient);
                all.put(Role::Other, self.put(of_patient));
            }
            counts[usize::from(item::row_shard(number))].add(row.row.state);
        }
        for (shard, tally) in (0..).zip(counts) {
            if let Some(update) = self.add_to_counts(&work.campaign, shard, tally) {
                all.update(Role::Other, update);
            }
        }
        Ok(())
    }

    /// Says that every row is stored. Whether the work is this worker's still.
    ///
    /// # Errors
    /// [`StoreError`]; doing it again is safe.
    pub async fn close_rows(&self, work: &mut ImportWork) -> Result<bool, StoreError> {
        let mut all = self.import_step(work);
        let update = self
            .file_update(work, "SET #stage = :next")
            .expression_attribute_values(":next", item::text(Stage::Closing.label()));
        all.update(Role::File, update);
        let is_done = self.try_run(all).await?;
        if is_done {
            work.file.stage = Stage::Closing;
        }
        Ok(is_done)
    }
}
