//! What can happen to a campaign.

use crate::{plan::Plan, tally::Tally};
use call::Actor;

/// What a person asks of a campaign, or what is claimed to have happened. Each is safe to tell twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its file has come; its rows are about to be read.
    ImportBegun,
    /// All rows were read.
    Imported {
        /// Where they are.
        tally: Tally,
    },
    /// The file is no campaign's, so no row was read.
    ImportRefused,
    /// A person starts it.
    Started,
    /// A person pauses it.
    Paused,
    /// A person lets it go on.
    Resumed,
    /// A person ends it.
    Cancelled,
    /// A person wants its failed rows called again.
    RetryFailed {
        /// Which round that is to be, from 2: a wish that comes twice begins one round.
        round: u8,
        /// How many there are.
        failed: u32,
    },
    /// Every failed row was told that this round has begun.
    RoundBegun {
        /// The round.
        round: u8,
    },
    /// A person sets another plan.
    PlanChanged {
        /// The plan.
        plan: Box<Plan>,
    },
    /// The carrier took a dial.
    DialTaken,
    /// The carrier refused a dial for a reason that does not lie in the number.
    DialRefused,
    /// The rows were counted.
    Counted {
        /// Where they are.
        tally: Tally,
    },
    /// Every row that waited knows that it is over.
    RowsClosed,
    /// Its time may be over.
    DeadlinePassed,
}

impl Event {
    /// Its name in the audit trail.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::ImportBegun => "import_begun",
            Self::Imported { .. } => "imported",
            Self::ImportRefused => "import_refused",
            Self::Started => "started",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Cancelled => "cancelled",
            Self::RetryFailed { .. } => "retry_failed",
            Self::RoundBegun { .. } => "round_begun",
            Self::PlanChanged { .. } => "plan_changed",
            Self::DialTaken => "dial_taken",
            Self::DialRefused => "dial_refused",
            Self::Counted { .. } => "counted",
            Self::RowsClosed => "rows_closed",
            Self::DeadlinePassed => "deadline_passed",
        }
    }

    /// Who makes the claim.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        match self {
            Self::ImportBegun
            | Self::Started
            | Self::Paused
            | Self::Resumed
            | Self::Cancelled
            | Self::RetryFailed { .. }
            | Self::PlanChanged { .. } => Actor::Api,
            Self::Imported { .. }
            | Self::ImportRefused
            | Self::RoundBegun { .. }
            | Self::Counted { .. }
            | Self::RowsClosed
            | Self::DeadlinePassed => Actor::Sweep,
            Self::DialTaken | Self::DialRefused => Actor::Dialer,
        }
    }
}
