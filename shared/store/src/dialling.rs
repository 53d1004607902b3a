//! Whether phones may ring: one item for the whole table.

use super::{call_store::CallStore, error::StoreError, item, race::unless_raced, row};
use call::dialling::Dialling;

impl CallStore {
    /// Whether phones may ring, as last stored; they may if nothing was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dialling(&self) -> Result<Dialling, StoreError> {
        let key = item::key(item::DIALLING, item::STATE);
        Ok(self.get(key).await?.unwrap_or_default())
    }

    /// Stores what was decided on the version that was loaded; `false` if another was first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_dialling(&self, decided: &Dialling) -> Result<bool, StoreError> {
        let next = Dialling {
            version: decided.version + 1,
            ..decided.clone()
        };
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row::dialling(&next)?))
            .condition_expression("attribute_not_exists(PK) OR version = :version")
            .expression_attribute_values(":version", item::number(decided.version))
            .send()
            .await;
        Ok(unless_raced(sent)?.is_some())
    }
}
