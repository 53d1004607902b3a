//! What rows are told of their campaign: that it is over, or that failed ones are called again.

use super::{Sweep, SweepReport};
use crate::{app::App, sweep::work::Work};
use call::{CallEvent, ids::CallId, time::Timestamp};
use campaign::{Campaign, CampaignId, Event, RowEvent, RowState, State};
use std::sync::Arc;
use store::{StoreError, calls::ApplyError, campaigns::Campaigns};

/// Rows told in one tick, so that 50,000 are told within minutes and deadlines of calls wait for
/// half a second at most.
const TOLD_PER_TICK_MAX: usize = 200;

/// Rows told at the same time.
const TOLD_AT_ONCE_MAX: usize = 16;

/// Beyond every dial that is due at some time.
const EVER: Timestamp = Timestamp::from_millis(i64::MAX);

impl Sweep {
    /// Tells rows that wait that their campaign is over; who waits for another dial of a cancelled one
    /// is not dialled any more. A conversation goes on to its end.
    pub(super) async fn close_rows(
        &mut self,
        campaigns: &Campaigns,
        campaign: &Campaign,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let (store, id) = (&campaigns.store, campaign.id);
        let is_cancelled = campaign.state == State::Cancelled;
        let event = if is_cancelled {
            RowEvent::CampaignCancelled
        } else {
            RowEvent::CampaignExpired
        };
        let rows = store.pending_rows(id, TOLD_PER_TICK_MAX).await?;
        let is_last = rows.is_empty();
        self.tell(id, rows, event, report).await;
        if is_cancelled {
            let waiting = store.due_dials_of(id, EVER, TOLD_PER_TICK_MAX).await?;
            self.cancel(waiting, report).await;
        }
        // The index may not know of every row yet; the counts do.
        if is_last && store.tally(id).await?.open() == 0 {
            campaigns.apply(id, &Event::RowsClosed).await?;
        }
        Ok(())
    }

    /// Tells failed rows that they are called again.
    pub(super) async fn begin_round(
        &mut self,
        campaigns: &Campaigns,
        campaign: &Campaign,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let (id, round) = (campaign.id, campaign.round);
        let after = self.remembered.told.get(&(id, round)).copied();
        let failed = Some(RowState::Failed);
        let page = campaigns
            .store
            .rows(id, failed, after.unwrap_or(0), TOLD_PER_TICK_MAX)
            .await?;
        let rows = page.rows.iter().map(|row| row.row.number).collect();
        let errors = report.errors;
        self.tell(id, rows, RowEvent::RoundBegun { round }, report)
            .await;
        if report.errors > errors {
            return Ok(());
        }
        match page.next {
            Some(next) => {
                self.remembered.told.insert((id, round), next);
            }
            None => {
                self.remembered.told.remove(&(id, round));
                campaigns.apply(id, &Event::RoundBegun { round }).await?;
            }
        }
        Ok(())
    }

    /// Tells rows of an event, some at a time.
    async fn tell(
        &self,
        id: CampaignId,
        rows: Vec<u32>,
        event: RowEvent,
        report: &mut SweepReport,
    ) {
        let app = &self.app;
        let pieces = rows
            .into_iter()
            .map(|number| tell_row(app.clone(), id, number, event));
        report.errors += faults(pieces).await;
    }

    async fn cancel(&self, calls: Vec<CallId>, report: &mut SweepReport) {
        let app = &self.app;
        let pieces = calls.into_iter().map(|call| cancel_call(app.clone(), call));
        report.errors += faults(pieces).await;
    }
}

/// Does pieces of work, some at a time, and counts those that failed: they are done in another tick.
async fn faults<F>(mut pieces: impl Iterator<Item = F>) -> u64
where
    F: Future<Output = Result<(), ApplyError>> + Send + 'static,
{
    let mut work = Work::<TOLD_AT_ONCE_MAX, _>::default();
    let mut faults = 0;
    while let Some(done) = work.next_of(&mut pieces).await {
        faults += u64::from(!matches!(done, Ok(Ok(()))));
    }
    faults
}

async fn tell_row(
    app: Arc<App>,
    id: CampaignId,
    number: u32,
    event: RowEvent,
) -> Result<(), ApplyError> {
    let campaigns = Campaigns::of(&app.calls);
    campaigns.apply_row(id, number, &event).await.map(drop)
}

async fn cancel_call(app: Arc<App>, call: CallId) -> Result<(), ApplyError> {
    app.calls.apply(call, &CallEvent::Cancelled).await.map(drop)
}
