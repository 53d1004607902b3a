//! What is to be stored of a campaign, all of it in one transaction, and what is to be done next.

use crate::{campaign::Campaign, state::State};
use call::{Actor, time::Timestamp};
use serde::{Deserialize, Serialize};

/// What to store and what to do next. Effects run only after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The version it was made on, which must still be the stored one; `None` for a new campaign.
    pub made_on: Option<u64>,
    /// The campaign as it is to be stored.
    pub next: Campaign,
    /// The line for the audit trail; absent for changes that repeat all the time.
    pub audit: Option<AuditLine>,
    /// What is stored beside it.
    pub along: Along,
    /// What to do once it is stored.
    pub effects: Vec<Effect>,
}

/// What changes beside the campaign, with it or not at all. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Along {
    /// The states between which it moves, for lists and counts; from `None` if it is new.
    pub moved: Option<(Option<State>, State)>,
}

/// Something to be done in the world, repeatable by `sweep` if its process dies first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read the file's rows.
    Import,
    /// Look for rows whose turn it is.
    Dispatch,
    /// Tell every pending row that the campaign was cancelled, and cancel calls that only wait.
    CancelRows,
    /// Tell every pending row that the campaign's time is over.
    ExpireRows,
    /// Tell every failed row that this round has begun.
    BeginRound {
        /// The round, from 2.
        round: u8,
    },
}

/// One line of a campaign's audit trail. Never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    /// Position in the trail, from 1 without gaps.
    pub seq: u32,
    /// When it was decided, by the clock of whoever decided.
    pub at: Timestamp,
    /// Who made the claim.
    pub by: Actor,
    /// What happened, an [`Event::label`](crate::Event::label) or `created`.
    pub event: String,
    /// The state before; absent for the creation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// The generation after.
    pub generation: u64,
    /// The plan that held until then, if this changed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plan_before: Option<Box<crate::plan::Plan>>,
}
