//! Test calls of rows: found by the row, so that they go with its patient.

use crate::{
    call_store::CallStore,
    error::StoreError,
    item,
    transaction::{Role, Transaction},
};
use call::{CallSession, TestOf, ids::CallId};
use campaign::CampaignId;

impl CallStore {
    /// Lets a test call be found by its row, of which nothing was erased.
    pub(crate) fn write_test_call(&self, all: &mut Transaction, of: TestOf, next: &CallSession) {
        let row = item::row_key(of.campaign_id, of.row);
        let is_readable = "attribute_exists(PK) AND attribute_not_exists(erasedAt)";
        all.check(Role::Row, self.check_that(row, is_readable));
        let test = item::test_key(of.campaign_id, of.row, next.id);
        let test = self.kept(test, next.over_by());
        all.put(Role::Other, self.put(test));
    }

    /// The test calls of a row.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn test_calls(&self, id: CampaignId, number: u32) -> Result<Vec<CallId>, StoreError> {
        let pk = item::rows_pk(id, item::row_shard(number));
        let rows = self.items_in(pk, &item::test_prefix(number)).await?;
        Ok(rows.iter().filter_map(item::call_of_test).collect())
    }
}
