//! What the metrics of a run say, gathered over its ticks and noted once: a value for each tick would cost
//! more than it tells.

use logging::metrics::{CALLS_OVERDUE, OUTBOX_BACKLOG, SWEEP_ERRORS, SWEEP_LAG};
use std::time::Duration;

/// How late a deadline may be told before its call counts as overdue (30 s): one run of the sweep that
/// failed, until the next one begins.
const LATE: Duration = Duration::from_secs(30);

/// What the ticks of one run saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    lag: Duration,
    overdue: u32,
    backlog: usize,
    /// Requests to the store that failed.
    pub(super) errors: u64,
}

impl Seen {
    /// A deadline that passed so long ago is told now.
    pub(super) fn late(&mut self, by: Duration) {
        self.lag = self.lag.max(by);
        self.overdue += u32::from(by > LATE);
    }

    /// So many outcomes are due.
    pub(super) fn waiting(&mut self, outcomes: usize) {
        self.backlog = self.backlog.max(outcomes);
    }

    /// Notes it all, zeros included: what is missing would be taken for a sweep that does not run.
    pub(super) fn note(&self) {
        let count = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        SWEEP_LAG.note(self.lag.as_secs_f64());
        CALLS_OVERDUE.note(f64::from(self.overdue));
        OUTBOX_BACKLOG.note(count(self.backlog as u64));
        SWEEP_ERRORS.note(count(self.errors));
    }
}
