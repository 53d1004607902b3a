//! One row as a pure fold: from its turn to its end.

use crate::{check::Bucket, permit::Permit};
use call::{EndCause, ids::CallId, time::Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a row is; it is in one place always.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Waits for its turn.
    Pending,
    /// Has a call that has not ended.
    Dialling,
    /// Somebody was talked to.
    Reached,
    /// Nobody was; `retry-failed` gives it another round.
    Failed,
    /// The campaign was cancelled before its turn, or its call was; or its patient is to be erased.
    Cancelled,
    /// The campaign ended before its turn, or before its call could be placed.
    Expired,
    /// Its number wants no calls.
    OptedOut,
    /// Something is wrong with it; never called.
    Faulty,
    /// Its patient stands in an earlier row; never called.
    Duplicate,
}

impl RowState {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Dialling,
        Self::Reached,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
        Self::OptedOut,
        Self::Faulty,
        Self::Duplicate,
    ];

    /// Whether nothing more is to come of it by itself.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Dialling)
    }

    /// Its name in the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dialling => "dialling",
            Self::Reached => "reached",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::OptedOut => "opted_out",
            Self::Faulty => "faulty",
            Self::Duplicate => "duplicate",
        }
    }
}

impl From<Bucket> for RowState {
    fn from(bucket: Bucket) -> Self {
        match bucket {
            Bucket::Ready => Self::Pending,
            Bucket::Faulty => Self::Faulty,
            Bucket::Duplicate { .. } => Self::Duplicate,
            Bucket::OptedOut => Self::OptedOut,
        }
    }
}

/// A row of a campaign, apart from what it says of its patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its number in the file, as Excel counts.
    pub number: u32,
    /// Counts stored changes, from 1.
    pub version: u64,
    /// Where it is.
    pub state: RowState,
    /// Which round it is in: 1, and one more for each `retry-failed`.
    pub round: u8,
    /// Dials of this round that were sent or may have been.
    pub dials: u8,
    /// Dials that its call may have, as the plan was when its turn came; 0 before.
    #[serde(default)]
    pub dials_max: u8,
    /// Whether promotion may not disturb its number, while the number itself asked for nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_listed: bool,
    /// Its latest call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<CallId>,
    /// When its latest dial was sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_dial_at: Option<Timestamp>,
}

/// How the call of a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// There was a conversation.
    Reached,
    /// There was none, and the call is not dialled any more.
    NotReached,
    /// The number wants no more calls.
    OptedOut,
    /// Promotion may not disturb the number.
    Listed,
    /// Somebody cancelled it.
    Cancelled,
    /// Its time was over.
    Expired,
}

impl CallEnd {
    /// What it means for the row why its call ended.
    #[must_use]
    pub const fn of(cause: EndCause) -> Self {
        match cause {
            EndCause::OptedOut => Self::OptedOut,
            EndCause::DoNotDisturb => Self::Listed,
            EndCause::Cancelled => Self::Cancelled,
            EndCause::Expired => Self::Expired,
            EndCause::AgentEnded
            | EndCause::CalleeHungUp
            | EndCause::CarrierEnded
            | EndCause::MaxDuration
            | EndCause::CalleeSilent
            | EndCause::Transferred => Self::Reached,
            EndCause::Busy
            | EndCause::NoAnswer
            | EndCause::Unreachable
            | EndCause::AgentUnavailable
            | EndCause::ConnectionLost
            | EndCause::CarrierError
            | EndCause::InvalidNumber
            | EndCause::Rejected => Self::NotReached,
        }
    }
}

/// What can happen to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowEvent {
    /// It is its turn: this call is made, by a permit of the campaign's.
    Taken {
        /// The call.
        call: CallId,
        /// Why it may.
        permit: Permit,
    },
    /// A dial of its call leaves. Told in the transaction that lets it leave.
    Dialled {
        /// The call.
        call: CallId,
        /// Which of its attempts; one that proved not to have been sent is dialled under its own
        /// number again.
        attempt: u8,
    },
    /// Its call ended.
    CallEnded {
        /// The call.
        call: CallId,
        /// How.
        end: CallEnd,
    },
    /// Its number is put on the list of those who want no calls.
    OptedOut,
    /// The campaign was cancelled.
    CampaignCancelled,
    /// The campaign's time is over.
    CampaignExpired,
    /// Its patient is to be erased, and not called any more.
    PatientErased,
    /// Failed rows are to be called again, in this round.
    RoundBegun {
        /// The round, from 2.
        round: u8,
    },
}

/// Why something changes nothing about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowRejection {
    /// Delivered before, or overtaken by what is known.
    #[error("already applied")]
    AlreadyApplied,
    /// Another call was made for the row since.
    #[error("the row has another call")]
    OtherCall,
    /// The permit is that of another row.
    #[error("the permit is of another row")]
    OtherRow,
    /// Every dial of the round is spent.
    #[error("the row's dials are spent")]
    BudgetSpent,
    /// Its call goes on, and its end will be the row's.
    #[error("the row's call goes on")]
    InFlight,
}

/// A row as it is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDecision {
    /// The version it was made on, which must still be the stored one.
    pub made_on: u64,
    /// The row.
    pub next: Row,
    /// Between which states it moves, for the tally.
    pub moved: Option<(RowState, RowState)>,
}

impl Row {
    /// A row as it was imported.
    #[must_use]
    pub fn imported(number: u32, bucket: Bucket) -> Self {
        Self {
            number,
            version: 1,
            state: bucket.into(),
            round: 1,
            dials: 0,
            dials_max: 0,
            is_listed: false,
            call: None,
            last_dial_at: None,
        }
    }

    /// Applies `event` at `now` and says what to store.
    ///
    /// # Errors
    /// A [`RowRejection`] says why it changes nothing.
    pub fn apply(&self, event: &RowEvent, now: Timestamp) -> Result<RowDecision, RowRejection> {
        let mut next = match self.state {
            RowState::Pending => self.pending(event),
            RowState::Dialling => self.dialling(event, now),
            RowState::Failed => self.failed(event),
            RowState::Reached
            | RowState::Cancelled
            | RowState::Expired
            | RowState::OptedOut
            | RowState::Faulty
            | RowState::Duplicate => Err(RowRejection::AlreadyApplied),
        }?;
        next.version += 1;
        Ok(RowDecision {
            made_on: self.version,
            moved: (self.state != next.state).then_some((self.state, next.state)),
            next,
        })
    }

    fn pending(&self, event: &RowEvent) -> Result<Self, RowRejection> {
        match event {
            RowEvent::Taken { permit, .. } if permit.row() != self.number => {
                Err(RowRejection::OtherRow)
            }
            RowEvent::Taken { call, permit } => Ok(Self {
                call: Some(*call),
                dials_max: permit.dials_max(),
                ..self.enter(RowState::Dialling)
            }),
            RowEvent::OptedOut => Ok(self.enter(RowState::OptedOut)),
            RowEvent::CampaignCancelled | RowEvent::PatientErased => {
                Ok(self.enter(RowState::Cancelled))
            }
            RowEvent::CampaignExpired => Ok(self.enter(RowState::Expired)),
            RowEvent::Dialled { .. } | RowEvent::CallEnded { .. } | RowEvent::RoundBegun { .. } => {
                Err(RowRejection::AlreadyApplied)
            }
        }
    }

    fn dialling(&self, event: &RowEvent, now: Timestamp) -> Result<Self, RowRejection> {
        match event {
            RowEvent::Dialled { call, .. } | RowEvent::CallEnded { call, .. }
                if Some(*call) != self.call =>
            {
                Err(RowRejection::OtherCall)
            }
            RowEvent::Dialled { attempt, .. } if *attempt > self.dials_max => {
                Err(RowRejection::BudgetSpent)
            }
            RowEvent::Dialled { attempt, .. } => Ok(Self {
                dials: self.dials.max(*attempt),
                last_dial_at: Some(now),
                ..self.clone()
            }),
            RowEvent::CallEnded { end, .. } => Ok(match end {
                CallEnd::Reached => self.enter(RowState::Reached),
                CallEnd::NotReached => self.enter(RowState::Failed),
                CallEnd::OptedOut => self.enter(RowState::OptedOut),
                CallEnd::Listed => self.listed(),
                CallEnd::Cancelled => self.enter(RowState::Cancelled),
                CallEnd::Expired => self.enter(RowState::Expired),
            }),
            RowEvent::OptedOut
            | RowEvent::CampaignCancelled
            | RowEvent::CampaignExpired
            | RowEvent::PatientErased => Err(RowRejection::InFlight),
            RowEvent::Taken { .. } | RowEvent::RoundBegun { .. } => {
                Err(RowRejection::AlreadyApplied)
            }
        }
    }

    fn failed(&self, event: &RowEvent) -> Result<Self, RowRejection> {
        match event {
            RowEvent::RoundBegun { round } if *round > self.round => Ok(Self {
                round: *round,
                dials: 0,
                ..self.enter(RowState::Pending)
            }),
            RowEvent::OptedOut => Ok(self.enter(RowState::OptedOut)),
            RowEvent::PatientErased => Ok(self.enter(RowState::Cancelled)),
            RowEvent::RoundBegun { .. }
            | RowEvent::Taken { .. }
            | RowEvent::Dialled { .. }
            | RowEvent::CallEnded { .. }
            | RowEvent::CampaignCancelled
            | RowEvent::CampaignExpired => Err(RowRejection::AlreadyApplied),
        }
    }

    /// The row, never called because promotion may not disturb its number.
    #[must_use]
    pub fn listed(&self) -> Self {
        Self {
            is_listed: true,
            ..self.enter(RowState::OptedOut)
        }
    }

    fn enter(&self, state: RowState) -> Self {
        Self {
            state,
            ..self.clone()
        }
    }
}
