//! Storing a new campaign, once per request key.

use super::file::CampaignFile;
use crate::{
    call_store::CallStore,
    error::StoreError,
    item,
    request_key::{RequestKey, Stored},
    transaction::{Ended, Role, Transaction},
};
use campaign::Decision;

/// What became of a new campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CampaignCreated {
    /// Stored.
    Stored,
    /// A request with the same key came before. Nothing was stored.
    Repeated(Stored),
}

/// Tries to store a campaign while somebody else uses its request key.
const CREATE_TRIES_MAX: u32 = 5;

impl CallStore {
    /// Stores a new campaign: where it stands, its place in lists, what is said of its file, its audit
    /// line, and the client's key of the request if it brought one.
    ///
    /// # Errors
    /// [`StoreError`]; the campaign may then exist all the same, and its key says so.
    pub async fn create_campaign(
        &self,
        decision: &Decision,
        file: &CampaignFile,
        key: Option<&RequestKey>,
    ) -> Result<CampaignCreated, StoreError> {
        let now = decision.next.created_at;
        for _ in 0..CREATE_TRIES_MAX {
            let mut all = Transaction::default();
            if let Some(key) = key {
                all.put(Role::Key, self.put_campaign_key(key, decision.next.id, now));
            }
            self.write_new(&mut all, decision, file)?;
            match self.run(all).await? {
                Ended::Applied => return Ok(CampaignCreated::Stored),
                Ended::Conflict => {}
                Ended::Failed(_) => {
                    if let Some(stored) = self.stored_answer(key, now).await? {
                        return Ok(CampaignCreated::Repeated(stored));
                    }
                    // It expired between the two requests: try once more.
                }
            }
        }
        Err(StoreError::contended())
    }

    fn write_new(
        &self,
        all: &mut Transaction,
        decision: &Decision,
        file: &CampaignFile,
    ) -> Result<(), StoreError> {
        let next = &decision.next;
        let put = self
            .put(self.campaign_item(next)?)
            .condition_expression("attribute_not_exists(PK)");
        all.put(Role::Campaign, put);
        let place = item::campaign_place(next.created_at, next.id);
        let place = item::key(item::CAMPAIGNS, place);
        all.put(Role::Other, self.put(self.kept_of(next, place)));
        let file = self.file_item(next, file)?;
        all.put(Role::Other, self.put(file));
        self.write_campaign_audit(all, decision)
    }
}
