//! How long data stays: what expires when, whose is held back, and what was asked to be erased.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::{AttributeValue, builders::UpdateBuilder};
use call::{ids::CallId, time::Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A patient whose data is not erased until somebody says so, for example because of a lawsuit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// The CRM's id of the patient.
    pub patient: String,
    /// When it was asked for.
    pub since: Timestamp,
    /// Who said so: the name of an API key.
    pub by: String,
}

/// What remains of a request to erase: no word about the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// The request's own id.
    pub id: CallId,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it: the name of an API key.
    pub by: String,
    /// How many calls it concerned.
    pub calls: usize,
    /// How many rows of campaigns it concerned.
    #[serde(default)]
    pub rows: usize,
}

impl CallStore {
    /// Marks an item of a call that is over at this moment at the latest: it expires after the time
    /// for which data is kept.
    pub(super) fn kept(&self, mut item: Item, over_by: Timestamp) -> Item {
        item.insert(item::TTL.to_owned(), self.ttl(over_by));
        item
    }

    pub(super) fn ttl(&self, over_by: Timestamp) -> AttributeValue {
        item::number((over_by + self.retention).as_secs())
    }

    /// The calls of a patient, by the CRM's id, or of one call's patient without one by the session's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn calls_of_patient(&self, patient: &str) -> Result<Vec<CallId>, StoreError> {
        let rows = self.keys_of(item::patient_pk(patient)).await?;
        let ids = rows.iter().filter_map(|row| {
            let sk = row.get(item::SK)?.as_s().ok()?;
            sk.strip_prefix("CALL#")?.parse().ok()
        });
        Ok(ids.collect())
    }

    /// Keeps what is stored of a patient's call from expiring, as long as the patient is on the list
    /// of holds. What is stored later is not reached: holds are repeated.
    ///
    /// # Errors
    /// [`StoreError`]; a part may be held then, and holding it again is safe.
    pub async fn hold_call(&self, patient: &str, id: CallId) -> Result<(), StoreError> {
        for key in self.marked(patient, id, item::TTL).await? {
            self.hold_item(patient, key).await?;
        }
        Ok(())
    }

    /// Keeps one item of a patient from expiring, if that is on the list of holds.
    pub(super) async fn hold_item(&self, patient: &str, key: Item) -> Result<(), StoreError> {
        let mut all = Transaction::default();
        let hold = item::key(item::HOLDS, patient);
        let is_held = self.check_that(hold, "attribute_exists(PK)");
        all.check(Role::Hold, is_held);
        all.update(Role::Other, self.rename(key, item::TTL, item::HELD_TTL));
        // What has expired, or is held or released by somebody else, needs nothing more.
        match self.run(all).await? {
            Ended::Applied | Ended::Failed(_) => Ok(()),
            Ended::Conflict => Err(StoreError::contended()),
        }
    }

    /// Lets what is stored of a patient's call expire at its time again.
    ///
    /// # Errors
    /// [`StoreError`]; a part may be released then, and releasing it again is safe.
    pub async fn release_call(&self, patient: &str, id: CallId) -> Result<(), StoreError> {
        for key in self.marked(patient, id, item::HELD_TTL).await? {
            self.release_item(key).await?;
        }
        Ok(())
    }

    /// Lets one item expire at its time again.
    pub(super) async fn release_item(&self, key: Item) -> Result<(), StoreError> {
        let mut all = Transaction::default();
        all.update(Role::Other, self.rename(key, item::HELD_TTL, item::TTL));
        match self.run(all).await? {
            Ended::Applied | Ended::Failed(_) => Ok(()),
            Ended::Conflict => Err(StoreError::contended()),
        }
    }

    fn rename(&self, key: Item, from: &str, to: &str) -> UpdateBuilder {
        self.update(key)
            .update_expression("SET #to = #from REMOVE #from")
            .condition_expression("attribute_exists(#from)")
            .expression_attribute_names("#from", from)
            .expression_attribute_names("#to", to)
    }

    /// Keys of the call's items, and of its patient's, that have this attribute.
    async fn marked(
        &self,
        patient: &str,
        id: CallId,
        attribute: &str,
    ) -> Result<Vec<Item>, StoreError> {
        let mut rows = self.keys_of(item::call_pk(id)).await?;
        rows.extend(self.keys_of(item::patient_pk(patient)).await?);
        if let Some(call) = self.load(id).await? {
            let numbers = self.keys_of(item::phone_pk(&call.phone)).await?;
            let own = item::number_call(&call.phone, call.created_at, id);
            rows.extend(
                numbers
                    .into_iter()
                    .filter(|row| row.get(item::SK) == own.get(item::SK)),
            );
        }
        rows.retain(|row| row.contains_key(attribute));
        for row in &mut rows {
            row.retain(|name, _| name == item::PK || name == item::SK);
        }
        Ok(rows)
    }

    /// Keys and times of expiry in one partition.
    pub(super) async fn keys_of(&self, pk: String) -> Result<Vec<Item>, StoreError> {
        let rows = self
            .partition(pk)
            .projection_expression("PK, SK, #ttl, heldTtl")
            .expression_attribute_names("#ttl", item::TTL)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>()
            .await?;
        Ok(rows)
    }

    /// Puts a patient on the list of those whose data is held back. Who is there stays as they are.
    ///
    /// # Errors
    /// [`StoreError`]; putting them there again is safe.
    pub async fn put_hold(&self, hold: &Hold) -> Result<(), StoreError> {
        let mut row: Item = serde_dynamo::to_item(hold)?;
        row.extend(item::key(item::HOLDS, hold.patient.as_str()));
        self.put_row(row).await
    }

    /// The hold on a patient's data, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold_of(&self, patient: &str) -> Result<Option<Hold>, StoreError> {
        self.get(item::key(item::HOLDS, patient)).await
    }

    /// Takes a patient off that list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_hold(&self, patient: &str) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item::key(item::HOLDS, patient)));
        delete.send().await?;
        Ok(())
    }

    /// Every hold.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn holds(&self) -> Result<Vec<Hold>, StoreError> {
        self.all_in(item::HOLDS).await
    }

    /// Remembers a request to erase.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_erasure(&self, erasure: &Erasure) -> Result<(), StoreError> {
        let mut row: Item = serde_dynamo::to_item(erasure)?;
        let sk = format!("{}#{}", erasure.at, erasure.id);
        row.extend(item::key(item::ERASURES, sk));
        self.put_row(row).await
    }

    /// Every request to erase, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        self.all_in(item::ERASURES).await
    }

    async fn all_in<T: for<'de> Deserialize<'de>>(&self, pk: &str) -> Result<Vec<T>, StoreError> {
        let rows = self
            .partition(pk)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<Item>, _>>()
            .await?;
        Ok(serde_dynamo::from_items(rows)?)
    }
}
