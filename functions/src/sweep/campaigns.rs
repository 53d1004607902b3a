//! Campaigns: the turns of their rows, and what rows are told of their campaign.
//!
//! Cost of a tick: one query that finds no campaign. For each that runs two reads of where it stands, and
//! while it could dial one query of its due dials and eight of the rows that wait; for a row's turn one read, the transaction
//! that makes its call, and what any dial costs.

mod rows;
mod shares;
mod turns;

use super::{Sweep, SweepReport};
use call::{dialling::Permit, time::Timestamp};
use campaign::{Campaign, CampaignId, Event, Load, State};
use shares::Wish;
use std::collections::HashMap;
use store::{StoreError, campaigns::Campaigns};
use turns::Candidates;

/// Campaigns that are looked after in one tick. There are few at a time.
const CAMPAIGNS_PER_TICK_MAX: usize = 50;

/// What a sweep remembers of campaigns between its ticks; another one finds it out again.
#[derive(Default)]
pub(super) struct Remembered {
    /// Rows whose number has a call, and until when they are not looked at.
    busy: HashMap<(CampaignId, u32), Timestamp>,
    /// The minute since 1970 in which a campaign's rows were counted last.
    counted: HashMap<CampaignId, i64>,
    /// The row up to which failed ones were told of a round.
    told: HashMap<(CampaignId, u8), u32>,
}

/// A campaign that runs, with what it could dial now.
struct Runner {
    campaign: Campaign,
    load: Load,
    candidates: Candidates,
}

impl Sweep {
    /// Carries the campaigns on: `room` is how many dials single calls leave to them now.
    pub(super) async fn carry_out(
        &mut self,
        room: usize,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let campaigns = Campaigns::of(&self.app.calls);
        let now = self.app.calls.now();
        let due = campaigns.store.due_campaigns(now, CAMPAIGNS_PER_TICK_MAX);
        let mut runners = Vec::new();
        for id in due.await? {
            // Another one is not to wait for what is wrong with this one.
            match self.look_after(&campaigns, id, room, report).await {
                Ok(runner) => runners.extend(runner),
                Err(error) => {
                    tracing::warn!(campaign_id = %id, %error, "campaign left to the next tick");
                    report.errors += 1;
                }
            }
        }
        self.share_out(runners, room, report).await
    }

    /// Does what is to be done for a campaign; gives it back if it could dial.
    async fn look_after(
        &mut self,
        campaigns: &Campaigns,
        id: CampaignId,
        room: usize,
        report: &mut SweepReport,
    ) -> Result<Option<Runner>, StoreError> {
        let Some(campaign) = campaigns.store.campaign(id).await? else {
            return Ok(None);
        };
        let now = self.app.calls.now();
        let is_over = campaign.state.is_over();
        if !is_over && now >= campaign.plan.expires_at {
            campaigns.apply(id, &Event::DeadlinePassed).await?;
            return Ok(None);
        }
        if campaign.closes_rows {
            self.close_rows(campaigns, &campaign, report).await?;
            return Ok(None);
        }
        if campaign.state == State::Importing {
            self.import(id).await;
            return Ok(None);
        }
        if campaign.opens_round {
            self.begin_round(campaigns, &campaign, report).await?;
        }
        if campaign.state != State::Running {
            return Ok(None);
        }
        self.runner(campaigns, campaign, room).await
    }

    /// What a campaign could dial now, if anything; one without any open row is completed.
    async fn runner(
        &mut self,
        campaigns: &Campaigns,
        campaign: Campaign,
        room: usize,
    ) -> Result<Option<Runner>, StoreError> {
        let (store, now) = (&campaigns.store, self.app.calls.now());
        let seen = store.campaign_load(campaign.id).await?;
        let load = Load {
            service: self.app.calls.policy.calling_window.clone(),
            has_dnd_list: self.app.calls.has_dnd_list(&campaign.plan).await?,
            ..seen.seen_by(&campaign.plan, now)
        };
        let places = places(&campaign, &load, now).min(room);
        let candidates = match places {
            // Nobody could be dialled, so nobody is looked for.
            0 => Candidates::default(),
            places => self.candidates(store, &campaign, places).await?,
        };
        if candidates.is_empty() {
            if load.live == 0 && self.is_to_be_counted(campaign.id, places) {
                self.complete_if_done(campaigns, campaign.id).await?;
            }
            return Ok(None);
        }
        Ok(Some(Runner {
            campaign,
            load,
            candidates,
        }))
    }

    /// Whether the rows are to be counted in this tick: a campaign that rests all night is looked at once
    /// a minute.
    fn is_to_be_counted(&mut self, id: CampaignId, places: usize) -> bool {
        let minute = self.app.calls.now().as_secs() / 60;
        let before = self.remembered.counted.insert(id, minute);
        places > 0 || before != Some(minute)
    }

    async fn complete_if_done(
        &self,
        campaigns: &Campaigns,
        id: CampaignId,
    ) -> Result<(), StoreError> {
        let tally = campaigns.store.tally(id).await?;
        if tally.open() == 0 {
            campaigns.apply(id, &Event::Counted { tally }).await?;
        }
        Ok(())
    }

    /// Gives the room to the campaigns, by their priorities and in turn.
    async fn share_out(
        &mut self,
        mut runners: Vec<Runner>,
        mut room: usize,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let now = self.app.calls.now();
        runners.retain(|runner| places(&runner.campaign, &runner.load, now) > 0);
        if runners.is_empty() || room == 0 {
            return Ok(());
        }
        match self.app.calls.permit_dials().await? {
            Permit::All => {}
            Permit::One => room = 1,
            Permit::None => return self.say_paused().await,
        }
        let wishes = runners.iter().map(|runner| Wish {
            priority: runner.campaign.plan.priority,
            wanted: places(&runner.campaign, &runner.load, now).min(runner.candidates.len()),
        });
        let wishes: Vec<Wish> = wishes.collect();
        let first = (self.app.calls.chance)();
        let shares = shares::of(room, &wishes, first);
        for (runner, share) in runners.into_iter().zip(shares) {
            self.give_turns(runner, share, report).await;
        }
        Ok(())
    }
}

/// How many dials the campaign may begin now.
fn places(campaign: &Campaign, load: &Load, now: Timestamp) -> usize {
    if campaign.runs(load, now).is_err() {
        return 0;
    }
    let free = campaign.plan.concurrency.saturating_sub(load.live);
    usize::try_from(free.min(load.paced.unwrap_or(u32::MAX))).unwrap_or(usize::MAX)
}
