//! Rows of a campaign in words, for people.

use super::{
    live,
    rows::{Wanted, masked},
};
use crate::{app::App, http::ApiError};
use call::{ids::CallId, time::Timestamp};
use campaign::{CampaignId, RowState};

/// Some rows of a campaign, in words.
pub(crate) struct RowsTold {
    /// The campaign's name.
    pub(crate) name: String,
    pub(crate) rows: Vec<RowTold>,
    /// The row after which there are more.
    pub(crate) next: Option<u32>,
}

/// One row, without what stands in it.
pub(crate) struct RowTold {
    pub(crate) number: u32,
    /// Masked.
    pub(crate) phone: String,
    pub(crate) state: RowState,
    pub(crate) dials: u8,
    pub(crate) last_dial_at: Option<Timestamp>,
    pub(crate) call: Option<CallId>,
    /// Why it is not called, or not at this moment.
    pub(crate) because: String,
}

/// Rows of a campaign for people.
pub(crate) async fn rows_told(
    app: &App,
    id: CampaignId,
    wanted: Wanted,
) -> Result<RowsTold, ApiError> {
    let store = &app.calls.store;
    let campaign = store.campaign(id).await?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    let found = store
        .rows(id, wanted.state, wanted.after, wanted.limit)
        .await?;
    let load = live::load(app, &campaign, &store.campaign_load(id).await?).await?;
    let now = app.calls.now();
    let rows = found.rows.into_iter().map(|row| {
        let fold = &row.row;
        let wait = campaign.admits(fold, &load, now).err();
        let waits = wait.filter(|_| !fold.state.is_over());
        let waits = waits.map(|wait| wait.to_string());
        let phone = row.phone.as_ref().map(ToString::to_string);
        RowTold {
            number: fold.number,
            phone: phone.unwrap_or_default(),
            state: fold.state,
            dials: fold.dials,
            last_dial_at: fold.last_dial_at,
            call: fold.call,
            because: masked(row.clone()).told().or(waits).unwrap_or_default(),
        }
    });
    Ok(RowsTold {
        rows: rows.collect(),
        next: found.next,
        name: campaign.name,
    })
}
