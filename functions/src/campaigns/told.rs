//! Rows of a campaign for people, who are told in their own words why each is not called.

use super::{live, rows::Wanted};
use crate::{app::App, http::ApiError};
use call::{ids::CallId, time::Timestamp};
use campaign::{Campaign, CampaignId, Reason, RowState, Wait};
use store::campaigns::StoredRow;

/// Some rows of a campaign.
pub(crate) struct RowsTold {
    pub(crate) campaign: Campaign,
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
    /// Why it is not called, or not at this moment, if that is so.
    pub(crate) because: Option<Because>,
}

/// Why a row is not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Because {
    /// It has errors: the header of each column, and why.
    Faulty(Vec<(String, Reason)>),
    /// The patient stands in an earlier row.
    SameAs(u32),
    /// The number wants no calls.
    OptedOut,
    /// The number is on the do-not-disturb list, and the calls are promotional.
    Listed,
    /// Not at this moment.
    Waits(Wait),
}

impl Because {
    /// Why the row is never called, if that lies in it.
    fn of(row: &StoredRow) -> Option<Self> {
        if row.row.is_listed {
            return Some(Self::Listed);
        }
        if let Some(of) = row.duplicate_of {
            return Some(Self::SameAs(of));
        }
        match row.row.state {
            RowState::Faulty => {
                let faults = row.faults.iter();
                let faults = faults.map(|fault| (fault.header.clone(), fault.reason));
                Some(Self::Faulty(faults.collect()))
            }
            RowState::OptedOut => Some(Self::OptedOut),
            RowState::Pending
            | RowState::Dialling
            | RowState::Reached
            | RowState::Failed
            | RowState::Cancelled
            | RowState::Expired
            | RowState::Duplicate => None,
        }
    }
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
        let wait = wait.filter(|_| !fold.state.is_over());
        let phone = row.phone.as_ref().map(ToString::to_string);
        RowTold {
            number: fold.number,
            phone: phone.unwrap_or_default(),
            state: fold.state,
            dials: fold.dials,
            last_dial_at: fold.last_dial_at,
            call: fold.call,
            because: Because::of(&row).or(wait.map(Because::Waits)),
        }
    });
    Ok(RowsTold {
        rows: rows.collect(),
        next: found.next,
        campaign,
    })
}
