//! The stored state of one campaign, and why something changes nothing about it.

use crate::{
    check::Entry,
    plan::{Class, InvalidPlan, Plan},
    state::{PausedBy, State},
};
use call::{
    CallRequest,
    ids::{CallId, CampaignId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Most rounds of a row (5): the first, and four that a person asked for by `retry-failed`.
pub const ROUNDS_MAX: u8 = 5;

/// Dials in a row that the carrier refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// How many.
    pub count: u32,
    /// Since when.
    pub since: Timestamp,
}

/// One campaign: what every decision about it is made from. Its rows are stored and counted apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    /// Which campaign.
    pub id: CampaignId,
    /// Counts stored changes, from 1. A commit succeeds only on the version it was decided on.
    pub version: u64,
    /// Counts changes of what may be dialled, from 1. A dial commits only in the generation in which it
    /// was admitted, so that none commits after a pause was answered.
    pub generation: u64,
    /// Where it stands.
    pub state: State,
    /// What people call it.
    pub name: String,
    /// How it is to be carried out.
    pub plan: Plan,
    /// Why it is paused; present exactly then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paused_by: Option<PausedBy>,
    /// Rounds of its rows: 1, and one more for each `retry-failed`.
    pub round: u8,
    /// Whether failed rows are still being told that the latest round has begun. Until all of them were,
    /// the campaign is not complete, though no row be open.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub opens_round: bool,
    /// Whether rows are still being told that it is over: those that wait, and those whose call only waits
    /// for its next dial.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub closes_rows: bool,
    /// Rows of its file; 0 before it was imported.
    pub rows: u32,
    /// Refused dials that may become a burst.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refusals: Option<Refusals>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Lines of the audit trail so far; the next one has this number plus one.
    pub audit_seq: u32,
}

impl Campaign {
    /// What the call of a row asks for, whoever it rings: all that the row says, and what the plan says to
    /// the carrier.
    #[must_use]
    pub fn request(&self, entry: &Entry, call: CallId) -> CallRequest {
        CallRequest {
            caller: self.plan.caller.clone(),
            is_promotional: self.plan.class == Class::Promotional,
            recording_consent: self.plan.recording_consent,
            ..entry.request(call)
        }
    }

    /// When there is something to be done for it, though nobody asks; `None` if never again. What lies
    /// in the past is to be done now.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Importing | State::Running => Some(self.created_at),
            State::Paused if self.opens_round => Some(self.created_at),
            State::Draft | State::Ready | State::Paused => Some(self.plan.expires_at),
            State::Completed | State::Cancelled | State::Expired => {
                self.closes_rows.then_some(self.created_at)
            }
        }
    }
}

/// Why something changes nothing about a campaign. `Display` is the answer to the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is as was asked: the same answer again.
    #[error("it is so already")]
    AlreadyApplied,
    /// Its time has not come.
    #[error("not due yet")]
    NotDue,
    /// Its rows were not read yet.
    #[error("the campaign is {0}: its file must be imported first")]
    NotImported(State),
    /// It was never started.
    #[error("the campaign was not started")]
    NotStarted,
    /// It is paused; starting is for campaigns that never ran.
    #[error("the campaign is paused: resume it")]
    IsPaused,
    /// It has its rows.
    #[error("the campaign has its rows: make another one for another file")]
    HasRows,
    /// It is over.
    #[error("the campaign is {0} and stays so")]
    Over(State),
    /// Its time is over, though the sweep has not told it yet.
    #[error("the campaign's time is over: set a later end first")]
    PastEnd,
    /// No row has failed.
    #[error("no row has failed")]
    NothingFailed,
    /// A round after the next one.
    #[error("its rounds come one after the other")]
    NoSuchRound,
    /// Another class than the one that its rows were held to.
    #[error("its rows are read for calls of another class: make another campaign")]
    ClassFixed,
    /// Every round is spent.
    #[error("its failed rows were called again {} times, and that is the most", ROUNDS_MAX - 1)]
    RoundsSpent,
    /// Its calls would show a number that they may not.
    #[error("the plan's caller cannot be shown: {0}")]
    InvalidCaller(InvalidPlan),
    /// The plan cannot be carried out.
    #[error("{0}")]
    InvalidPlan(InvalidPlan),
}
