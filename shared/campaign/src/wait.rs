//! Why a row is not called at this moment: the one function that decides, and its sentences.

use crate::{
    amounts::grouped,
    campaign::Campaign,
    permit::Permit,
    plan::Class,
    row::{Row, RowState},
    state::{PausedBy, State},
};
use call::{CallingWindow, dialling::BURST, time::Timestamp};
use std::{fmt, time::Duration};

/// What else is going on when a row's turn is looked at.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Calls of the campaign whose phone rings or is talked on. One that waits for its next dial is none.
    pub live: u32,
    /// Dials that the campaign's pace still allows at this moment; any number without it.
    pub paced: Option<u32>,
    /// Why no call of anybody's may be dialled, if that is so.
    pub blocked: Option<Blocked>,
    /// The hours of the whole service.
    pub service: Option<CallingWindow>,
    /// Whether the list of numbers that promotion may not disturb is there, and new enough: who calls for a
    /// service need not know.
    pub has_dnd_list: bool,
    /// The row whose call the number has, if it has one: two patients of one number are called one
    /// after the other.
    pub number_busy_with: Option<u32>,
}

/// Why nobody is dialled at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The carrier cannot work.
    Carrier,
    /// The agent's platform cannot work.
    Agent,
    /// An operator has stopped all dialling.
    Operator,
    /// Every channel is taken.
    Channels,
    /// Promotion may not call without a list of numbers that it may not disturb, or by an old one.
    DndList,
}

/// Why a row is not called at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Nobody has started the campaign.
    NotStarted(State),
    /// It is paused.
    Paused(PausedBy),
    /// It is over.
    Over(State),
    /// Its time is over.
    Expired,
    /// The row has ended.
    Row(RowState),
    /// Resting: phones may not ring at this hour or on this day.
    Resting {
        /// When they may; absent if never before the campaign ends.
        until: Option<Timestamp>,
    },
    /// Nobody is dialled at all.
    Blocked(Blocked),
    /// Another patient of the number is called first.
    NumberBusy {
        /// That one's row.
        with: u32,
    },
    /// As many calls go on as the plan allows.
    Full,
    /// As many were dialled in the last minute as the plan allows.
    Paced,
}

impl Campaign {
    /// Decides whether `row` may be dialled now: a pending one for the first time, which makes its call,
    /// or one whose call goes on.
    ///
    /// # Errors
    /// Why not.
    pub fn admits(&self, row: &Row, load: &Load, now: Timestamp) -> Result<Permit, Wait> {
        if row.state.is_over() {
            return Err(Wait::Row(row.state));
        }
        self.runs(load, now)?;
        if row.state == RowState::Pending
            && let Some(with) = load.number_busy_with
        {
            return Err(Wait::NumberBusy { with });
        }
        if load.live >= self.plan.concurrency {
            return Err(Wait::Full);
        }
        let (dials_max, until) = (self.plan.dials_max(), self.plan.expires_at);
        Ok(Permit::new(row.number, self.generation, dials_max, until))
    }

    /// Whether anything of it may be dialled now.
    ///
    /// # Errors
    /// Why not.
    pub fn runs(&self, load: &Load, now: Timestamp) -> Result<(), Wait> {
        self.lets_leave(load.service.as_ref(), now)?;
        if self.plan.class == Class::Promotional && !load.has_dnd_list {
            return Err(Wait::Blocked(Blocked::DndList));
        }
        if let Some(blocked) = load.blocked {
            return Err(Wait::Blocked(blocked));
        }
        if load.paced == Some(0) {
            return Err(Wait::Paced);
        }
        Ok(())
    }

    /// Whether a dial that was begun may still leave now: it has its place and its part of the pace,
    /// and whatever lies between the two may have changed the campaign. `service` are the hours of the
    /// whole service.
    ///
    /// # Errors
    /// Why not.
    pub fn lets_leave(&self, service: Option<&CallingWindow>, now: Timestamp) -> Result<(), Wait> {
        match self.state {
            State::Running => {}
            State::Paused => return Err(Wait::Paused(self.paused_by.unwrap_or(PausedBy::Person))),
            State::Draft | State::Importing | State::Ready => {
                return Err(Wait::NotStarted(self.state));
            }
            State::Completed | State::Cancelled | State::Expired => {
                return Err(Wait::Over(self.state));
            }
        }
        let plan = &self.plan;
        if now >= plan.expires_at {
            return Err(Wait::Expired);
        }
        let opens = plan.next_open(now, service);
        if opens != Some(now) {
            let until = opens.filter(|opens| *opens < plan.expires_at);
            return Err(Wait::Resting { until });
        }
        Ok(())
    }

    /// The sentence for the people who look after the campaign: why nothing is dialled, and how many
    /// rows are `left`.
    #[must_use]
    pub fn sentence(&self, wait: Wait, left: u32) -> String {
        let left = grouped(left);
        match wait {
            Wait::Resting { until: Some(until) } => {
                let until = self.plan.hours.clock(until);
                format!("resting, {left} left, goes on at {until}")
            }
            Wait::Resting { until: None } => {
                let end = self.plan.hours.clock(self.plan.expires_at);
                format!("resting, {left} left; no phone may ring before the campaign ends at {end}")
            }
            Wait::NotStarted(_)
            | Wait::Paused(_)
            | Wait::Over(_)
            | Wait::Expired
            | Wait::Row(_)
            | Wait::Blocked(_)
            | Wait::NumberBusy { .. }
            | Wait::Full
            | Wait::Paced => format!("{wait}, {left} left"),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(state) => write!(f, "not started, the campaign is {state}"),
            Self::Paused(PausedBy::Person) => f.write_str("paused by a person"),
            Self::Paused(PausedBy::Refusals) => write!(
                f,
                "paused, because the carrier refused {BURST} dials in a row: look at what it says, then resume"
            ),
            Self::Over(state) => write!(f, "the campaign is {state}"),
            Self::Expired => f.write_str("the campaign's time is over"),
            Self::Row(state) => write!(f, "the row is {}", state.label()),
            Self::Resting { .. } => f.write_str("resting, phones may not ring at this hour"),
            Self::Blocked(Blocked::Carrier) => f.write_str("blocked, the carrier cannot work"),
            Self::Blocked(Blocked::Agent) => f.write_str("blocked, the agent cannot work"),
            Self::Blocked(Blocked::Operator) => {
                f.write_str("blocked, an operator has stopped all dialling")
            }
            Self::Blocked(Blocked::Channels) => f.write_str("blocked, every channel is taken"),
            Self::Blocked(Blocked::DndList) => f.write_str(
                "blocked, the do-not-disturb list is missing or too old for promotional calls: bring a new one",
            ),
            Self::NumberBusy { with } => {
                write!(f, "row {with} has the same number and is called first")
            }
            Self::Full => f.write_str("as many calls go on as the campaign may have"),
            Self::Paced => f.write_str("as many were dialled in this minute as the campaign may"),
        }
    }
}

/// How long a dial counts for the pace (1 min).
pub const PACE_SPAN: Duration = Duration::from_mins(1);
