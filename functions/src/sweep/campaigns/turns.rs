//! Turns: a call that was made before and is due again, or a row that has none yet.

use super::{Runner, Sweep, SweepReport};
use crate::{app::App, sweep::work::Work};
use call::{CallEvent, CallRequest, OfCampaign, ids::CallId, time::Timestamp};
use campaign::{Campaign, CampaignId, Load, RowEvent};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use store::{
    CallStore, Created, StoreError, Terms, Turn,
    calls::{Applied, ApplyError},
    campaigns::{Campaigns, StoredRow},
};
use traces::Span;

/// Turns taken at the same time: enough to hide the store's latency, few enough for a small Lambda.
const TURNS_AT_ONCE_MAX: usize = 16;

/// Candidates looked at beyond the places, for those that turn out to be stale or to wait.
const SPARE: usize = 16;

/// How long a row is left alone whose number has a call (20 s). Others behind it have their turns.
const BUSY_PAUSE: Duration = Duration::from_secs(20);

/// The name of the span that a row's turn is.
const SPAN: &str = "campaign turn";

/// Whose turn it is.
#[derive(Clone, Copy)]
enum Candidate {
    /// A call that waits for its next dial.
    Call(CallId),
    /// A row that has no call.
    Row(u32),
}

/// What a campaign could dial, in this order.
#[derive(Default)]
pub(super) struct Candidates(VecDeque<Candidate>);

impl Candidates {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What became of a turn.
enum Taken {
    /// Its dial begins, or does not: as with any call.
    Told(Box<Applied>),
    /// The number has another call.
    NumberBusy(u32),
    /// It was not its turn after all.
    Not,
}

impl Sweep {
    /// Whose turn it could be: first those who were promised another call, then rows in their order.
    pub(super) async fn candidates(
        &mut self,
        store: &CallStore,
        campaign: &Campaign,
        places: usize,
    ) -> Result<Candidates, StoreError> {
        let (id, now) = (campaign.id, self.app.calls.now());
        let busy = &mut self.remembered.busy;
        busy.retain(|_, until| *until > now);
        let wanted = places + SPARE;
        let calls = store.due_dials_of(id, now, wanted).await?;
        let rows = store.pending_rows(id, wanted + busy.len()).await?;
        let rows = rows
            .into_iter()
            .filter(|row| !busy.contains_key(&(id, *row)));
        let calls = calls.into_iter().map(Candidate::Call);
        let all = calls.chain(rows.map(Candidate::Row));
        Ok(Candidates(all.take(wanted).collect()))
    }

    /// Lets so many candidates of a campaign dial.
    pub(super) async fn give_turns(
        &mut self,
        runner: Runner,
        share: usize,
        report: &mut SweepReport,
    ) {
        let Runner {
            campaign,
            load,
            mut candidates,
        } = runner;
        let (campaign, load) = (Arc::new(campaign), Arc::new(load));
        let mut left = share;
        while left > 0 && report.no_channel + report.paced == 0 {
            let batch: Vec<Candidate> = candidates.0.drain(..left.min(candidates.len())).collect();
            if batch.is_empty() {
                break;
            }
            let (mut taking, app) = (Work::<TURNS_AT_ONCE_MAX, _>::default(), self.app.clone());
            let mut waiting = batch
                .into_iter()
                .map(|candidate| turn(app.clone(), campaign.clone(), load.clone(), candidate));
            while let Some(taken) = taking.next_of(&mut waiting).await {
                let taken = taken.unwrap_or(Ok(Taken::Not));
                left -= usize::from(self.heed(campaign.id, taken, report).await);
            }
        }
    }

    /// Starts the dial of a turn; whether there is one.
    async fn heed(
        &mut self,
        id: CampaignId,
        taken: Result<Taken, ApplyError>,
        report: &mut SweepReport,
    ) -> bool {
        let applied = match taken {
            Ok(Taken::Told(applied)) => applied,
            Ok(Taken::NumberBusy(row)) => {
                let until = self.app.calls.now() + BUSY_PAUSE;
                self.remembered.busy.insert((id, row), until);
                return false;
            }
            Ok(Taken::Not) => return false,
            Err(error) => {
                tracing::warn!(campaign_id = %id, %error, "turn left to the next tick");
                report.errors += 1;
                return false;
            }
        };
        match *applied {
            Applied::Changed { session, effects } => {
                report.dials += 1;
                self.start(session, effects).await;
                return true;
            }
            Applied::NoChannel => report.no_channel += 1,
            Applied::Paced => report.paced += 1,
            Applied::Held(_) | Applied::Unchanged { .. } | Applied::NoSuchCall => {}
        }
        false
    }
}

async fn turn(
    app: Arc<App>,
    campaign: Arc<Campaign>,
    load: Arc<Load>,
    candidate: Candidate,
) -> Result<Taken, ApplyError> {
    let call = match candidate {
        Candidate::Call(call) => call,
        Candidate::Row(number) => match make_call(&app, &campaign, &load, number).await? {
            Ok(call) => call,
            Err(not) => return Ok(not),
        },
    };
    let applied = app.calls.apply(call, &CallEvent::DialDue).await?;
    Ok(Taken::Told(Box::new(applied)))
}

/// Makes the call of a row, if the campaign admits it.
async fn make_call(
    app: &App,
    campaign: &Campaign,
    load: &Load,
    number: u32,
) -> Result<Result<CallId, Taken>, ApplyError> {
    let began = app.calls.now();
    let Some(row) = app.calls.store.row(campaign.id, number).await? else {
        return Ok(Err(Taken::Not));
    };
    let Ok(permit) = campaign.admits(&row.row, load, began) else {
        return Ok(Err(Taken::Not));
    };
    let call = (app.new_id)();
    let Ok(taken) = row.row.apply(&RowEvent::Taken { call, permit }, began) else {
        return Ok(Err(Taken::Not));
    };
    let of = OfCampaign {
        id: campaign.id,
        row: number,
        dials_max: permit.dials_max(),
    };
    let Some(request) = request(&row, call, of, campaign, permit.until()) else {
        // Its patient was erased meanwhile, and the row will say so.
        return Ok(Err(Taken::Not));
    };
    let turn = Turn {
        terms: Terms::of(&permit),
        row: taken,
    };
    let (created, session) = app.calls.create_of_row(&request, &turn).await?;
    Ok(match created {
        Created::Stored => {
            app.calls.end(Span::root(&session, SPAN, began));
            Ok(call)
        }
        Created::PhoneBusy(_) => Err(Taken::NumberBusy(number)),
        Created::OptedOut => {
            let campaigns = Campaigns::of(&app.calls);
            let opted_out = RowEvent::OptedOut;
            campaigns.apply_row(campaign.id, number, &opted_out).await?;
            Err(Taken::Not)
        }
        Created::TurnOver | Created::Repeated(_) => Err(Taken::Not),
    })
}

/// What the row's call asks for: all that the trigger would be asked, within the campaign's hours and
/// until its end.
fn request(
    row: &StoredRow,
    call: CallId,
    of: OfCampaign,
    campaign: &Campaign,
    until: Timestamp,
) -> Option<CallRequest> {
    Some(CallRequest {
        expires_at: Some(until),
        calling_window: Some(campaign.plan.hours.span.clone()),
        campaign: Some(of),
        ..campaign.request(row.entry.as_ref()?, call)
    })
}
