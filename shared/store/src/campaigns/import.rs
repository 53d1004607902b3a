//! The import of a file: who begins it, who works on it, and from where.
//!
//! Every step is one transaction that holds the file to be at the place at which its worker believes it
//! is. So whatever dies, freezes or comes twice, each row is stored once.

mod clear;
mod end;
mod step;

pub use clear::Clearing;
pub use end::ImportEnd;
pub use step::ROWS_AT_ONCE;

use super::{
    Campaigns, Changed, applied,
    file::{CampaignFile, Stage},
};
use crate::{
    call_store::CallStore,
    calls::{ApplyError, COMMIT_ROUNDS_MAX},
    error::StoreError,
    item,
    race::unless_raced,
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::{ReturnValue, builders::UpdateBuilder};
use call::time::Timestamp;
use campaign::{Campaign, CampaignId, Class, Event, State};

/// What became of the wish to have a file imported.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one is made for each request")]
pub enum ImportBegan {
    /// Every part is there; what the campaign says of it.
    Told(Changed),
    /// These parts have not come. Nothing was stored.
    Missing(Vec<u16>),
    /// The parts have this size together, and the file was announced with another. Nothing was stored.
    OtherSize(u64),
}

/// The right to work on an import for a while.
#[derive(Clone, Debug)]
pub struct ImportWork {
    /// The campaign.
    pub campaign: Campaign,
    /// Its file, as it was when the right was taken.
    pub file: CampaignFile,
    until: Timestamp,
}

impl Campaigns {
    /// Lets the import of a draft's file begin, if all of its parts are there. What it is held to stays as
    /// it is from then on; `languages` are those that the agents have a preset for. Safe to repeat.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub async fn begin_import(
        &self,
        id: CampaignId,
        languages: &[String],
    ) -> Result<ImportBegan, ApplyError> {
        let event = Event::ImportBegun;
        for round in 0..COMMIT_ROUNDS_MAX {
            let (before, decision) = match self.decide(id, &event).await? {
                Ok(decided) => decided,
                Err(unchanged) => return Ok(ImportBegan::Told(unchanged)),
            };
            let Some(file) = self.store.campaign_file(id).await? else {
                return Ok(ImportBegan::Told(Changed::NoSuchCampaign));
            };
            if let Some(lacking) = self.store.lacking(id, &file).await? {
                return Ok(lacking);
            }
            let mut all = Transaction::default();
            self.store.write_campaign(&mut all, &decision)?;
            let begun = begun(&file, languages, decision.next.plan.class);
            let put = self
                .store
                .put(self.store.file_item(&decision.next, &begun)?);
            let put = put
                .condition_expression("#import = :import")
                .expression_attribute_names("#import", "import")
                .expression_attribute_values(":import", item::number(file.import));
            all.put(Role::File, put);
            if self.store.run(all).await? == Ended::Applied {
                return Ok(ImportBegan::Told(applied(&before, &event, decision)));
            }
            tokio::time::sleep(self.pause(round)).await;
        }
        Err(ApplyError::Contended)
    }
}

/// The file as its import begins.
fn begun(file: &CampaignFile, languages: &[String], class: Class) -> CampaignFile {
    let mut rules = file.rules.clone();
    languages.clone_into(&mut rules.languages);
    rules.is_promotional = class == Class::Promotional;
    let fresh = CampaignFile::new(&file.name, file.bytes, file.parts, file.sha256, rules);
    CampaignFile {
        import: file.import + 1,
        stage: Stage::Clearing,
        ..fresh
    }
}

impl CallStore {
    /// What the file lacks to be imported.
    async fn lacking(
        &self,
        id: CampaignId,
        file: &CampaignFile,
    ) -> Result<Option<ImportBegan>, StoreError> {
        let parts = self.parts(id).await?;
        let has = |number: &u16| parts.iter().any(|part| part.number == *number);
        let missing: Vec<u16> = (1..=file.parts).filter(|number| !has(number)).collect();
        if !missing.is_empty() {
            return Ok(Some(ImportBegan::Missing(missing)));
        }
        let bytes = parts.iter().map(|part| part.bytes).sum();
        Ok((bytes != file.bytes).then_some(ImportBegan::OtherSize(bytes)))
    }

    /// Takes the right to work on the import of a campaign from `now` to `until`; `None` if somebody else
    /// has it, or nothing is to be imported. Only speed depends on it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_work(
        &self,
        id: CampaignId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ImportWork>, StoreError> {
        let campaign = self.campaign(id).await?;
        let Some(campaign) = campaign.filter(|campaign| campaign.state == State::Importing) else {
            return Ok(None);
        };
        let sent = self
            .change(item::file_key(id), "SET leasedUntil = :until")
            .condition_expression(
                "attribute_exists(PK) AND (attribute_not_exists(leasedUntil) OR leasedUntil <= :now)",
            )
            .expression_attribute_values(":now", item::text(now.to_string()))
            .expression_attribute_values(":until", item::text(until.to_string()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let taken = unless_raced(sent)?.and_then(|taken| taken.attributes);
        let file: Option<CampaignFile> = taken.map(serde_dynamo::from_item).transpose()?;
        Ok(file.map(|file| ImportWork {
            campaign,
            file,
            until,
        }))
    }

    /// Gives the right back, so that the next worker need not wait for its end.
    ///
    /// # Errors
    /// [`StoreError`]; it ends by itself.
    pub async fn leave_import(&self, work: &ImportWork) -> Result<(), StoreError> {
        let sent = self
            .change(item::file_key(work.campaign.id), "REMOVE leasedUntil")
            .condition_expression("leasedUntil = :until")
            .expression_attribute_values(":until", item::text(work.until.to_string()))
            .send()
            .await;
        unless_raced(sent).map(drop)
    }

    /// Begins a step of the work: the campaign is importing still.
    fn import_step(&self, work: &ImportWork) -> Transaction {
        let mut all = Transaction::default();
        let is_importing = self.campaign_is_in(work.campaign.id, State::Importing);
        all.check(Role::Campaign, is_importing);
        all
    }

    /// An update of the file, on the condition that it is where the worker believes it is.
    fn file_update(&self, work: &ImportWork, expression: &str) -> UpdateBuilder {
        let file = &work.file;
        self.update(item::file_key(work.campaign.id))
            .update_expression(expression)
            .condition_expression("#import = :import AND #stage = :stage AND #cursor = :cursor")
            .expression_attribute_names("#import", "import")
            .expression_attribute_names("#stage", "stage")
            .expression_attribute_names("#cursor", "cursor")
            .expression_attribute_values(":import", item::number(file.import))
            .expression_attribute_values(":stage", item::text(file.stage.label()))
            .expression_attribute_values(":cursor", item::number(file.cursor))
    }
}
