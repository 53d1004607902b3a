//! What goes on in a campaign, and why nothing does.

use crate::{app::App, http::ApiError};
use call::{dialling::Dialling, time::Timestamp};
use campaign::{Blocked, Campaign, Load, State, Tally, Wait};
use serde::Serialize;
use store::CampaignLoad;
use utoipa::ToSchema;

/// What goes on in a campaign.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignNow)]
pub(crate) struct Live {
    /// Its calls that are about to be dialled, ring or are talked on.
    pub(crate) in_flight: u32,
    /// Dials that left, in all.
    pub(crate) dials: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_dial_at: Option<Timestamp>,
    /// Why no further row is dialled at this moment, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waits: Option<String>,
    /// The same for who has words of his own.
    #[serde(skip)]
    pub(crate) wait: Option<Wait>,
}

impl Live {
    pub(crate) async fn of(app: &App, campaign: &Campaign, rows: &Tally) -> Result<Self, ApiError> {
        let (store, now) = (&app.calls.store, app.calls.now());
        let seen = store.campaign_load(campaign.id).await?;
        let mut live = Self {
            in_flight: seen.live,
            dials: seen.dials,
            last_dial_at: seen.last_dial_at,
            waits: None,
            wait: None,
        };
        if !matches!(campaign.state, State::Running | State::Paused) {
            return Ok(live);
        }
        let load = load(app, campaign, &seen).await?;
        let wait = campaign.runs(&load, now).err();
        let is_full = load.live >= campaign.plan.concurrency;
        live.wait = wait.or(is_full.then_some(Wait::Full));
        live.waits = live.wait.map(|wait| campaign.sentence(wait, rows.open()));
        Ok(live)
    }
}

/// What else goes on, for whoever decides whether a row is dialled now.
pub(super) async fn load(
    app: &App,
    campaign: &Campaign,
    seen: &CampaignLoad,
) -> Result<Load, ApiError> {
    let store = &app.calls.store;
    let (dialling, channels) = tokio::try_join!(store.dialling(), store.channels_in_use())?;
    let is_full = channels >= app.calls.policy.channels();
    Ok(Load {
        blocked: blocked(&dialling, is_full),
        service: app.calls.policy.calling_window.clone(),
        has_dnd_list: app.calls.has_dnd_list(&campaign.plan).await?,
        ..seen.seen_by(&campaign.plan, app.calls.now())
    })
}

/// Why nobody is dialled at all.
fn blocked(dialling: &Dialling, is_full: bool) -> Option<Blocked> {
    let whys = [
        (dialling.paused.is_some(), Blocked::Operator),
        (dialling.carrier.open.is_some(), Blocked::Carrier),
        (dialling.agent.open.is_some(), Blocked::Agent),
        (is_full, Blocked::Channels),
    ];
    let why = whys.into_iter().find(|(is_so, _)| *is_so);
    why.map(|(_, blocked)| blocked)
}
