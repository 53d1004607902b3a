//! Writing what was decided about a campaign, and what follows from it.

use super::file::CampaignFile;
use crate::{
    call_store::CallStore,
    commit::Commit,
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
    row::keyed,
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::builders::ConditionCheckBuilder;
use campaign::{Campaign, CampaignId, Decision, LIFE_MAX, State};

impl CallStore {
    /// Stores a decision about a campaign.
    ///
    /// One without an audit line is one conditional write.
    ///
    /// # Errors
    /// [`StoreError`]; the decision may then be stored all the same.
    pub async fn commit_campaign(&self, decision: &Decision) -> Result<Commit, StoreError> {
        if decision.audit.is_none() {
            return self.renew_campaign(decision).await;
        }
        let mut all = Transaction::default();
        self.write_campaign(&mut all, decision)?;
        Ok(match self.run(all).await? {
            Ended::Applied => Commit::Applied,
            Ended::Failed(_) | Ended::Conflict => Commit::Stale,
        })
    }

    async fn renew_campaign(&self, decision: &Decision) -> Result<Commit, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.campaign_item(&decision.next)?))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", made_on(decision))
            .send()
            .await;
        Ok(match unless_raced(sent)? {
            Some(_) => Commit::Applied,
            None => Commit::Stale,
        })
    }

    /// The campaign on the version that was decided on, and its audit line.
    pub(super) fn write_campaign(
        &self,
        all: &mut Transaction,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let put = self
            .put(self.campaign_item(&decision.next)?)
            .condition_expression("version = :version")
            .expression_attribute_values(":version", made_on(decision));
        all.put(Role::Campaign, put);
        self.write_campaign_audit(all, decision)
    }

    pub(super) fn write_campaign_audit(
        &self,
        all: &mut Transaction,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        if let Some(audit) = &decision.audit {
            let next = &decision.next;
            let sk = format!("EVENT#{:08}", audit.seq);
            let line = keyed(audit, item::campaign_pk(next.id), sk)?;
            let put = self
                .put(self.kept_of(next, line))
                .condition_expression("attribute_not_exists(PK)");
            all.put(Role::Other, put);
        }
        Ok(())
    }

    /// Holds that the campaign is in this state.
    pub(super) fn campaign_is_in(&self, id: CampaignId, state: State) -> ConditionCheckBuilder {
        self.check_that(item::campaign_key(id), "#state = :state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", item::text(state.label()))
    }

    pub(super) fn campaign_item(&self, campaign: &Campaign) -> Result<Item, StoreError> {
        let mut item = keyed(campaign, item::campaign_pk(campaign.id), item::META)?;
        if let Some(at) = campaign.due_at() {
            item.insert(item::DUE_SHARD.to_owned(), item::text(item::CAMPAIGN));
            item.insert(item::DUE_AT.to_owned(), item::number(at.as_millis()));
        }
        Ok(self.kept_of(campaign, item))
    }

    pub(super) fn file_item(
        &self,
        campaign: &Campaign,
        file: &CampaignFile,
    ) -> Result<Item, StoreError> {
        let item = keyed(file, item::campaign_pk(campaign.id), item::FILE)?;
        Ok(self.kept_of(campaign, item))
    }

    /// Marks an item of a campaign: it expires after the time for which data is kept, reckoned from the
    /// end of the longest life that the campaign may have. Its end may be moved; its rows are not written
    /// again for that.
    pub(super) fn kept_of(&self, campaign: &Campaign, item: Item) -> Item {
        self.kept(item, campaign.created_at + LIFE_MAX)
    }
}

/// The version that must still be stored.
fn made_on(decision: &Decision) -> aws_sdk_dynamodb::types::AttributeValue {
    item::number(decision.made_on.unwrap_or_default())
}
