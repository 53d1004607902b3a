//! Numbers that want no calls.

use super::{
    call_store::CallStore, error::StoreError, item, race::unless_raced, read::Consistency, row,
};
use aws_sdk_dynamodb::types::ReturnValue;
use call::{phone::PhoneNumber, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One number that wants no calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OptOut {
    /// The number.
    pub phone_number: PhoneNumber,
    /// When it was put on the list; saying so again does not change it.
    pub since: Timestamp,
    /// Who said so: the name of an API key.
    pub by: String,
    /// Why or how, in the client's own words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

impl CallStore {
    /// Puts a number on the list. A number that is there stays as it is; the entry that counts is
    /// given back, and whether it is new.
    ///
    /// # Errors
    /// [`StoreError`]; opting out again is safe.
    pub async fn opt_out(&self, entry: &OptOut) -> Result<(OptOut, bool), StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row_of(entry)?))
            .condition_expression("attribute_not_exists(PK)")
            .send()
            .await;
        if unless_raced(sent)?.is_some() {
            return Ok((entry.clone(), true));
        }
        let known = self.opt_out_of(&entry.phone_number).await?;
        // Taken off the list between the two requests: the client's word stands all the same.
        known
            .map(|known| (known, false))
            .ok_or_else(StoreError::contended)
    }

    /// The entry of a number, if it is on the list.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn opt_out_of(&self, phone: &PhoneNumber) -> Result<Option<OptOut>, StoreError> {
        self.get(item::opt_out_key(phone)).await
    }

    /// Those of these numbers that are on the list, at most 100. A number that came on it a moment ago may
    /// be missed: the transaction of a dial asks again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn opted_out_of(
        &self,
        phones: &BTreeSet<PhoneNumber>,
    ) -> Result<BTreeSet<PhoneNumber>, StoreError> {
        if phones.is_empty() {
            return Ok(BTreeSet::new());
        }
        let keys = phones.iter().map(item::opt_out_key).collect();
        let found = self.batch_get_as(keys, Consistency::Eventual).await?;
        let entries: Vec<OptOut> = serde_dynamo::from_items(found)?;
        Ok(entries
            .into_iter()
            .map(|entry| entry.phone_number)
            .collect())
    }

    /// Takes a number off the list; gives back the entry it had.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn opt_in(&self, phone: &PhoneNumber) -> Result<Option<OptOut>, StoreError> {
        let sent = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item::opt_out_key(phone)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await?;
        Ok(sent.attributes.map(serde_dynamo::from_item).transpose()?)
    }

    /// One page of the list, by number, at most `limit` (1 to 100) entries after the number
    /// `after`; and the number after which the next page starts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn opt_outs(
        &self,
        after: Option<&PhoneNumber>,
        limit: usize,
    ) -> Result<(Vec<OptOut>, Option<PhoneNumber>), StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :list")
            .expression_attribute_values(":list", item::text(item::OPT_OUTS))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after.map(item::opt_out_key))
            .send()
            .await?;
        let has_more = found.last_evaluated_key().is_some();
        let entries: Vec<OptOut> = serde_dynamo::from_items(found.items.unwrap_or_default())?;
        let next = entries.last().filter(|_| has_more);
        let next = next.map(|entry| entry.phone_number.clone());
        Ok((entries, next))
    }
}

fn row_of(entry: &OptOut) -> Result<item::Item, serde_dynamo::Error> {
    row::keyed(entry, item::OPT_OUTS.to_owned(), entry.phone_number.e164())
}
