//! Campaigns and their rows: load, decide, commit, as for calls.

mod commit;
mod create;
mod digest;
mod erase;
mod file;
mod import;
mod list;
mod parts;
mod pieces;
mod replace;
mod row;
mod row_item;
mod rows;
mod test_calls;

pub use create::CampaignCreated;
pub use digest::{InvalidSha256, Sha256};
pub use file::{
    CampaignFile, FILE_BYTES_MAX, FileColumn, Header, ImportRules, PARTS_MAX, Stage, Told,
};
pub use import::{Clearing, ImportBegan, ImportEnd, ImportWork, ROWS_AT_ONCE};
pub use list::{CampaignCursor, InvalidCampaignCursor};
pub use parts::{PART_BYTES_MAX, PARTS_KEPT, Part, PartPut};
pub use replace::Replaced;
pub use row::{ROW_BYTES_MAX, StoredRow};
pub use rows::RowsPage;

use crate::{
    call_store::CallStore,
    calls::{ApplyError, COMMIT_ROUNDS_MAX, Calls, pause_of},
    clock::Clock,
    commit::Commit,
};
use call::time::Timestamp;
use campaign::{
    Campaign, CampaignId, Decision, Effect, Event, Rejection, Row, RowEvent, RowRejection,
};
use std::{sync::Arc, time::Duration};

/// The campaigns of one table. Cheap to clone.
#[derive(Clone)]
pub struct Campaigns {
    /// Where they are kept.
    pub store: CallStore,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Draws any number, each as likely: what the pauses of racers differ by.
    pub chance: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It changed the campaign; the effects are the caller's to run.
    Applied {
        /// The campaign as stored.
        campaign: Campaign,
        /// What to do next.
        effects: Vec<Effect>,
    },
    /// It changed nothing, for this reason.
    Unchanged {
        /// The campaign as loaded.
        campaign: Campaign,
        /// Why the event does not count.
        reason: Rejection,
    },
    /// There is no such campaign.
    NoSuchCampaign,
}

impl Changed {
    /// The campaign as it stands, if there is one.
    #[must_use]
    pub const fn campaign(&self) -> Option<&Campaign> {
        match self {
            Self::Applied { campaign, .. } | Self::Unchanged { campaign, .. } => Some(campaign),
            Self::NoSuchCampaign => None,
        }
    }
}

/// What became of an event of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChanged {
    /// It changed the row.
    Applied {
        /// The row as stored.
        row: Row,
    },
    /// It changed nothing, for this reason.
    Unchanged {
        /// The row as loaded.
        row: Row,
        /// Why the event does not count.
        reason: RowRejection,
    },
    /// There is no such row.
    NoSuchRow,
}

impl Campaigns {
    /// The campaigns beside these calls.
    #[must_use]
    pub fn of(calls: &Calls) -> Self {
        Self {
            store: calls.store.clone(),
            clock: calls.clock.clone(),
            chance: calls.chance.clone(),
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Applies an event to a campaign. Safe to repeat: what was applied before changes nothing.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub async fn apply(&self, id: CampaignId, event: &Event) -> Result<Changed, ApplyError> {
        for round in 0..COMMIT_ROUNDS_MAX {
            let (before, decision) = match self.decide(id, event).await? {
                Ok(decided) => decided,
                Err(unchanged) => return Ok(unchanged),
            };
            if self.store.commit_campaign(&decision).await? == Commit::Applied {
                return Ok(applied(&before, event, decision));
            }
            tokio::time::sleep(self.pause(round)).await;
        }
        Err(ApplyError::Contended)
    }

    /// Applies an event to one row, and counts it where it is then. Safe to repeat.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub async fn apply_row(
        &self,
        id: CampaignId,
        number: u32,
        event: &RowEvent,
    ) -> Result<RowChanged, ApplyError> {
        for round in 0..COMMIT_ROUNDS_MAX {
            let Some(row) = self.store.row_fold(id, number).await? else {
                return Ok(RowChanged::NoSuchRow);
            };
            let decision = match row.apply(event, self.now()) {
                Ok(decision) => decision,
                Err(reason) => return Ok(RowChanged::Unchanged { row, reason }),
            };
            if self.store.commit_row(id, &decision).await? == Commit::Applied {
                let (from, to) = (row.state.label(), decision.next.state.label());
                tracing::debug!(campaign_id = %id, row = number, from, to, "row");
                return Ok(RowChanged::Applied { row: decision.next });
            }
            tokio::time::sleep(self.pause(round)).await;
        }
        Err(ApplyError::Contended)
    }

    /// The campaign as it is stored, and what the event makes of it; or why it makes nothing.
    async fn decide(
        &self,
        id: CampaignId,
        event: &Event,
    ) -> Result<Result<(Campaign, Decision), Changed>, ApplyError> {
        let Some(campaign) = self.store.campaign(id).await? else {
            return Ok(Err(Changed::NoSuchCampaign));
        };
        Ok(match campaign.apply(event, self.now()) {
            Ok(decision) => Ok((campaign, decision)),
            Err(reason) => Err(Changed::Unchanged { campaign, reason }),
        })
    }

    fn pause(&self, round: u32) -> Duration {
        pause_of(round, (self.chance)())
    }
}

/// Says what was stored.
fn applied(before: &Campaign, event: &Event, decision: Decision) -> Changed {
    let next = &decision.next;
    if decision.audit.is_some() {
        tracing::info!(campaign_id = %next.id, from = %before.state, to = %next.state, event = event.label(), rows = next.rows, "campaign");
    } else {
        tracing::debug!(campaign_id = %next.id, state = %next.state, event = event.label(), "campaign");
    }
    Changed::Applied {
        campaign: decision.next,
        effects: decision.effects,
    }
}
