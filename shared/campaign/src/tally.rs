//! How many rows are where.

use crate::row::RowState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rows by where they are. Each row is counted once, so they sum to the rows of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Wait for their turn.
    pub pending: u32,
    /// Have a call that has not ended.
    pub dialling: u32,
    /// Somebody was talked to.
    pub reached: u32,
    /// Nobody was, and the budget is spent.
    pub failed: u32,
    /// The campaign was cancelled before their turn.
    pub cancelled: u32,
    /// The campaign ended before their turn.
    pub expired: u32,
    /// Their number wants no calls.
    pub opted_out: u32,
    /// Something is wrong with them.
    pub faulty: u32,
    /// Their patient stands in an earlier row.
    pub duplicate: u32,
}

impl Tally {
    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.open()
            + self.reached
            + self.failed
            + self.cancelled
            + self.expired
            + self.opted_out
            + self.faulty
            + self.duplicate
    }

    /// Rows of which something is still to come.
    #[must_use]
    pub const fn open(&self) -> u32 {
        self.pending + self.dialling
    }

    /// Rows that can be called: nothing is wrong with them, and their numbers want calls.
    #[must_use]
    pub const fn callable(&self) -> u32 {
        self.rows() - self.opted_out - self.faulty - self.duplicate
    }

    /// The count of one state.
    pub const fn of(&mut self, state: RowState) -> &mut u32 {
        match state {
            RowState::Pending => &mut self.pending,
            RowState::Dialling => &mut self.dialling,
            RowState::Reached => &mut self.reached,
            RowState::Failed => &mut self.failed,
            RowState::Cancelled => &mut self.cancelled,
            RowState::Expired => &mut self.expired,
            RowState::OptedOut => &mut self.opted_out,
            RowState::Faulty => &mut self.faulty,
            RowState::Duplicate => &mut self.duplicate,
        }
    }

    /// Counts a row that was imported.
    pub const fn add(&mut self, state: RowState) {
        *self.of(state) += 1;
    }

    /// Counts a row that moved. It must have been counted where it was.
    pub const fn moved(&mut self, from: RowState, to: RowState) {
        *self.of(from) -= 1;
        *self.of(to) += 1;
    }
}
