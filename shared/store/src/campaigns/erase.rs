//! Rows whose patient is to be erased, or is held back from that.

use super::row::StoredRow;
use crate::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use call::{private::Private, time::Timestamp};
use campaign::CampaignId;

impl CallStore {
    /// Takes what a row says of its patient out of sight, and out of the table unless the patient's data
    /// is held back: then it stays unread until it expires. Where the row is stays as it is. `patient` is
    /// the hospital's own id, or whatever else a hold would name.
    ///
    /// # Errors
    /// [`StoreError`]; doing it again is safe.
    pub async fn erase_row(
        &self,
        patient: &str,
        id: CampaignId,
        number: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(row) = self.row(id, number).await? else {
            return Ok(());
        };
        let mut all = Transaction::default();
        let hold = item::key(item::HOLDS, patient);
        all.check(
            Role::Hold,
            self.check_that(hold, "attribute_not_exists(PK)"),
        );
        all.update(Role::Row, self.emptied(id, &row, now)?);
        let of_patient = item::patient_row(patient, id, number);
        all.delete(Role::Other, self.delete(of_patient));
        match self.run(all).await? {
            Ended::Applied => {}
            Ended::Failed(Role::Hold) => self.hide_row(id, number, now).await?,
            // It has expired.
            Ended::Failed(_) => {}
            Ended::Conflict => return Err(StoreError::contended()),
        }
        self.forget_samples(id).await
    }

    fn emptied(
        &self,
        id: CampaignId,
        row: &StoredRow,
        now: Timestamp,
    ) -> Result<UpdateBuilder, StoreError> {
        let mut faults = row.faults.clone();
        faults
            .iter_mut()
            .for_each(|fault| fault.found = Private::default());
        let faults = super::row::faults_attribute(&faults)?;
        Ok(self
            .update(item::row_key(id, row.row.number))
            .update_expression(
                "SET erasedAt = if_not_exists(erasedAt, :now), faults = :faults \
                 REMOVE cells, #request, phone, patientId",
            )
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#request", "request")
            .expression_attribute_values(":now", item::text(now.to_string()))
            .expression_attribute_values(":faults", faults))
    }

    async fn hide_row(
        &self,
        id: CampaignId,
        number: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sent = self
            .change(
                item::row_key(id, number),
                "SET erasedAt = if_not_exists(erasedAt, :now)",
            )
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":now", item::text(now.to_string()))
            .send()
            .await;
        unless_raced(sent).map(drop)
    }

    /// Forgets what is shown of a file's columns: it may be the patient's.
    async fn forget_samples(&self, id: CampaignId) -> Result<(), StoreError> {
        let Some(mut file) = self.campaign_file(id).await? else {
            return Ok(());
        };
        if file.columns.iter().all(|column| column.samples.is_empty()) {
            return Ok(());
        }
        file.columns
            .iter_mut()
            .for_each(|column| column.samples.clear());
        let columns = serde_dynamo::to_attribute_value(&file.columns)?;
        let sent = self
            .change(item::file_key(id), "SET #columns = :columns")
            .condition_expression("#import = :import")
            .expression_attribute_names("#columns", "columns")
            .expression_attribute_names("#import", "import")
            .expression_attribute_values(":columns", columns)
            .expression_attribute_values(":import", item::number(file.import))
            .send()
            .await;
        unless_raced(sent).map(drop)
    }

    /// Keeps what is stored of a patient's row from expiring, as long as the patient is on the list of
    /// holds.
    ///
    /// # Errors
    /// [`StoreError`]; a part may be held then, and holding it again is safe.
    pub async fn hold_row(
        &self,
        patient: &str,
        id: CampaignId,
        number: u32,
    ) -> Result<(), StoreError> {
        for key in row_keys(patient, id, number) {
            self.hold_item(patient, key).await?;
        }
        Ok(())
    }

    /// Lets what is stored of a patient's row expire at its time again.
    ///
    /// # Errors
    /// [`StoreError`]; a part may be released then, and releasing it again is safe.
    pub async fn release_row(
        &self,
        patient: &str,
        id: CampaignId,
        number: u32,
    ) -> Result<(), StoreError> {
        for key in row_keys(patient, id, number) {
            self.release_item(key).await?;
        }
        Ok(())
    }
}

/// The row, and that it is the patient's.
fn row_keys(patient: &str, id: CampaignId, number: u32) -> [Item; 2] {
    [
        item::row_key(id, number),
        item::patient_row(patient, id, number),
    ]
}
