//! Reading the files of campaigns into rows, beside the ticks and some seconds at a time.
//!
//! Each step is a transaction that holds the import to be where this worker believes it is
//! (`store::campaigns`), so a process may die in any of them, and two may work on one file. Whoever goes
//! on judges the file from its beginning, because whether a row is a duplicate depends on those before
//! it, and stores the rows behind the cursor.
//!
//! What is logged are ids, counts and codes, never what stands in a file.

mod judge;
mod rows;
mod source;

use super::Sweep;
use crate::app::App;
use campaign::CampaignId;
use source::Source;
use std::{sync::Arc, time::Duration};
use store::{
    calls::ApplyError,
    campaigns::{Campaigns, Clearing, ImportEnd, ImportWork, Stage, Told},
};
use tokio::time::Instant;

/// Files read at the same time in one process: each is held in memory.
pub(super) const IMPORTS_AT_ONCE_MAX: usize = 1;

/// How long a worker goes on (20 s): a sweep that ends waits for it. At least one step is done.
const SPAN: Duration = Duration::from_secs(20);

/// How long others leave the import to it, should it die (40 s).
const LEASE: Duration = Duration::from_secs(40);

impl Sweep {
    /// Begins to work on the file of a campaign, if no other file is worked on.
    pub(super) async fn import(&mut self, id: CampaignId) {
        if self.imports.room() > 0 {
            self.imports.begin(work_on(self.app.clone(), id)).await;
        }
    }
}

/// Works on one import for a while. Trouble with the store leaves it to a later tick.
async fn work_on(app: Arc<App>, id: CampaignId) {
    let campaigns = Campaigns::of(&app.calls);
    if let Err(error) = go_on(&campaigns, id).await {
        tracing::warn!(campaign_id = %id, %error, "import left to a later tick");
    }
}

async fn go_on(campaigns: &Campaigns, id: CampaignId) -> Result<(), ApplyError> {
    let (store, now) = (&campaigns.store, campaigns.now());
    let Some(mut work) = store.import_work(id, now, now + LEASE).await? else {
        return Ok(());
    };
    let done = Worker::new(campaigns, &mut work).run().await;
    let (stage, rows) = (work.file.stage.label(), work.file.read);
    tracing::info!(campaign_id = %id, stage, rows, "import worked on");
    store.leave_import(&work).await?;
    done
}

/// What a worker does next.
enum Next {
    /// The next step.
    Step,
    /// Nothing: the import is over, or no more this worker's.
    Nothing,
}

struct Worker<'a> {
    campaigns: &'a Campaigns,
    work: &'a mut ImportWork,
    /// The file, once it was read.
    source: Option<Source>,
    until: Instant,
}

impl<'a> Worker<'a> {
    fn new(campaigns: &'a Campaigns, work: &'a mut ImportWork) -> Self {
        Self {
            campaigns,
            work,
            source: None,
            until: Instant::now() + SPAN,
        }
    }

    async fn run(mut self) -> Result<(), ApplyError> {
        loop {
            let next = match self.work.file.stage {
                Stage::Clearing => self.clear().await?,
                Stage::Judging => self.judge().await?,
                Stage::Reading => self.read().await?,
                Stage::Closing => self.finish().await?,
                Stage::Awaited | Stage::Over => Next::Nothing,
            };
            match next {
                Next::Step if self.has_time() => {}
                Next::Step | Next::Nothing => return Ok(()),
            }
        }
    }

    fn has_time(&self) -> bool {
        Instant::now() < self.until
    }

    async fn clear(&mut self) -> Result<Next, ApplyError> {
        Ok(match self.campaigns.store.clear_rows(self.work).await? {
            Clearing::More | Clearing::Done => Next::Step,
            Clearing::Lost => Next::Nothing,
        })
    }

    /// The file; or it is refused, because it is not what was announced.
    async fn source(&mut self) -> Result<Option<Source>, ApplyError> {
        if self.source.is_none() {
            match Source::load(&self.campaigns.store, self.work).await? {
                Ok(source) => self.source = Some(source),
                Err(told) => {
                    self.refuse(&[told]).await?;
                    return Ok(None);
                }
            }
        }
        Ok(self.source.clone())
    }

    async fn judge(&mut self) -> Result<Next, ApplyError> {
        let Some(source) = self.source().await? else {
            return Ok(Next::Nothing);
        };
        let judged = match judge::judged(source, &self.work.file.rules).await {
            Ok(judged) => judged,
            Err(told) => return self.refuse(&told).await,
        };
        let (header, columns) = (&judged.header, &judged.columns);
        let store = &self.campaigns.store;
        let put = store.put_judgement(self.work, header, columns, &judged.warnings);
        Ok(if put.await? {
            Next::Step
        } else {
            Next::Nothing
        })
    }

    async fn finish(&mut self) -> Result<Next, ApplyError> {
        if let ImportEnd::Over(campaign) = self.campaigns.finish_import(self.work).await? {
            let (rows, state) = (self.work.file.read, campaign.state);
            tracing::info!(campaign_id = %campaign.id, rows, %state, "file imported");
            self.work.file.stage = Stage::Over;
        }
        Ok(Next::Nothing)
    }

    async fn refuse(&mut self, reasons: &[Told]) -> Result<Next, ApplyError> {
        let ended = self.campaigns.refuse_import(self.work, reasons).await?;
        if let ImportEnd::Over(campaign) = ended {
            let codes: Vec<&str> = reasons.iter().map(|told| told.code.as_str()).collect();
            tracing::info!(campaign_id = %campaign.id, codes = codes.join(","), "file refused");
            self.work.file.stage = Stage::Over;
        }
        Ok(Next::Nothing)
    }
}
