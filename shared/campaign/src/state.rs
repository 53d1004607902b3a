//! Where a campaign stands.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where a campaign stands.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has a plan and no rows.
    Draft,
    /// Its rows are being read.
    Importing,
    /// Its rows were read, and a person has not started it.
    Ready,
    /// Its rows are called, when hours, pace and channels allow.
    Running,
    /// No further row is called until a person resumes it.
    Paused,
    /// Every row has ended. `retry-failed` lets it run again.
    Completed,
    /// A person ended it. Final.
    Cancelled,
    /// Its time was over. Final.
    Expired,
}

impl State {
    /// Every state, in the order of a campaign's life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Importing,
        Self::Ready,
        Self::Running,
        Self::Paused,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Its name in the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Importing => "importing",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether no row of it is to be called any more, unless a person wants the failed ones again.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Expired)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// Why a campaign was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PausedBy {
    /// A person paused it.
    Person,
    /// The carrier refused one dial after the other.
    Refusals,
}
