//! The calls of a number: what a complaint asks for.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    read::text_of,
};
use call::{Attempt, ids::CallId, phone::PhoneNumber, time::Timestamp};

/// Where a call stands among those of its number: they are in the order in which they were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberCursor {
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Which call.
    pub id: CallId,
}

impl CallStore {
    /// Calls of a number, oldest first, at most `limit` after that one; and the last of them if there are
    /// more. Test calls are among them, and those whose patient's data is to be erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn calls_of_number(
        &self,
        phone: &PhoneNumber,
        after: Option<NumberCursor>,
        limit: usize,
    ) -> Result<(Vec<CallId>, Option<NumberCursor>), StoreError> {
        let start = after.map(|after| item::number_call(phone, after.created_at, after.id));
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :calls)")
            .expression_attribute_values(":pk", item::text(item::phone_pk(phone)))
            .expression_attribute_values(":calls", item::text(item::NUMBER_CALL))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let has_more = found.last_evaluated_key().is_some();
        let calls: Vec<NumberCursor> = found.items().iter().filter_map(place_of).collect();
        let next = calls.last().copied().filter(|_| has_more);
        Ok((calls.iter().map(|call| call.id).collect(), next))
    }

    /// Every attempt of a call, first to last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn attempts(&self, id: CallId) -> Result<Vec<Attempt>, StoreError> {
        let query = self
            .partition(item::call_pk(id))
            .key_condition_expression("PK = :pk AND begins_with(SK, :attempts)")
            .expression_attribute_values(":attempts", item::text("ATTEMPT#"));
        let found = query.send().await?;
        // At most 60 of some hundred bytes each, so that one page holds them.
        Ok(serde_dynamo::from_items(found.items.unwrap_or_default())?)
    }
}

fn place_of(item: &Item) -> Option<NumberCursor> {
    let place = text_of(item, item::SK)?.strip_prefix(item::NUMBER_CALL)?;
    let (created_at, id) = place.split_once('#')?;
    Some(NumberCursor {
        created_at: created_at.parse().ok()?,
        id: id.parse().ok()?,
    })
}
