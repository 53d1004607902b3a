//! The end of an import.

use super::ImportWork;
use crate::{
    calls::{ApplyError, COMMIT_ROUNDS_MAX},
    campaigns::{
        Campaigns, Changed, applied,
        file::{Stage, Told},
    },
    item,
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use campaign::{Campaign, Event};

/// How an import ended.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one is made for each import")]
pub enum ImportEnd {
    /// The campaign as it is now: ready, or a draft still if no row can be called or the file is none.
    Over(Campaign),
    /// The work was no more this worker's.
    Lost,
}

impl Campaigns {
    /// Ends an import whose rows are all stored. The parts of the file are removed first, unless no row
    /// can be called: then other rules may be tried on it.
    ///
    /// # Errors
    /// [`ApplyError`]; doing it again is safe.
    pub async fn finish_import(&self, work: &ImportWork) -> Result<ImportEnd, ApplyError> {
        let tally = self.store.tally(work.campaign.id).await?;
        if tally.pending > 0 {
            self.store.remove_parts(work.campaign.id).await?;
        }
        let update = || {
            Ok(self
                .store
                .file_update(work, "SET #stage = :next REMOVE leasedUntil"))
        };
        self.end_import(work, &Event::Imported { tally }, update)
            .await
    }

    /// Ends an import whose file is no campaign's, for these reasons. Its parts stay, for other rules.
    ///
    /// # Errors
    /// [`ApplyError`]; doing it again is safe.
    pub async fn refuse_import(
        &self,
        work: &ImportWork,
        reasons: &[Told],
    ) -> Result<ImportEnd, ApplyError> {
        let update = || {
            let reasons = serde_dynamo::to_attribute_value(reasons)?;
            let expression = "SET #stage = :next, refused = :reasons REMOVE leasedUntil";
            let update = self.store.file_update(work, expression);
            Ok(update.expression_attribute_values(":reasons", reasons))
        };
        self.end_import(work, &Event::ImportRefused, update).await
    }

    async fn end_import(
        &self,
        work: &ImportWork,
        event: &Event,
        update: impl Fn() -> Result<UpdateBuilder, serde_dynamo::Error>,
    ) -> Result<ImportEnd, ApplyError> {
        for round in 0..COMMIT_ROUNDS_MAX {
            let Ok((before, decision)) = self.decide(work.campaign.id, event).await? else {
                return Ok(ImportEnd::Lost);
            };
            let mut all = Transaction::default();
            self.store.write_campaign(&mut all, &decision)?;
            let over = item::text(Stage::Over.label());
            let update = update().map_err(crate::error::StoreError::from)?;
            all.update(
                Role::File,
                update.expression_attribute_values(":next", over),
            );
            match self.store.run(all).await? {
                Ended::Applied => {
                    let Changed::Applied { campaign, .. } = applied(&before, event, decision)
                    else {
                        return Ok(ImportEnd::Lost);
                    };
                    return Ok(ImportEnd::Over(campaign));
                }
                Ended::Failed(Role::File) => return Ok(ImportEnd::Lost),
                Ended::Failed(_) | Ended::Conflict => {
                    tokio::time::sleep(self.pause(round)).await;
                }
            }
        }
        Err(ApplyError::Contended)
    }
}
