//! Another file for a campaign that has no rows.

use super::file::CampaignFile;
use crate::{
    call_store::CallStore,
    error::StoreError,
    transaction::{Ended, Role, Transaction},
};
use campaign::{Campaign, State};

/// What became of a file that is announced in place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// It is the campaign's file. Parts of another one count no more.
    Stored,
    /// The campaign is no draft, or its file has changed meanwhile. Nothing was stored.
    NotDraft,
}

impl CallStore {
    /// Announces another file for a draft, or the same with other wishes; parts that came for a file
    /// with this digest stay. `known` is the file that is there.
    ///
    /// # Errors
    /// [`StoreError`]; doing so again is safe.
    pub async fn replace_file(
        &self,
        campaign: &Campaign,
        known: &CampaignFile,
        file: CampaignFile,
    ) -> Result<Replaced, StoreError> {
        // Counted on, so that nobody who knows the file before it takes it for that one.
        let file = CampaignFile {
            import: known.import + 1,
            stage: known.stage,
            ..file
        };
        let mut all = Transaction::default();
        all.check(
            Role::Campaign,
            self.campaign_is_in(campaign.id, State::Draft),
        );
        let put = self
            .put(self.file_item(campaign, &file)?)
            .condition_expression("#import = :import")
            .expression_attribute_names("#import", "import")
            .expression_attribute_values(":import", crate::item::number(known.import));
        all.put(Role::File, put);
        match self.run(all).await? {
            Ended::Applied => Ok(Replaced::Stored),
            Ended::Failed(_) => Ok(Replaced::NotDraft),
            Ended::Conflict => Err(StoreError::contended()),
        }
    }
}
