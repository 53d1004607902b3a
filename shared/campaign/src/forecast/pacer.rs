//! So many dials within a span of time, and no more.

use call::time::Timestamp;
use std::{collections::VecDeque, time::Duration};

/// Remembers the latest dials, as many as a span may hold.
pub(super) struct Pacer {
    span: Duration,
    max: usize,
    latest: VecDeque<Timestamp>,
}

impl Pacer {
    pub(super) fn new(max: u32, span: Duration) -> Self {
        Self {
            span,
            max: usize::try_from(max).unwrap_or(usize::MAX),
            latest: VecDeque::new(),
        }
    }

    /// The first moment from `at` on at which there is room for a dial.
    pub(super) fn room(&self, at: Timestamp) -> Timestamp {
        match self.latest.front() {
            Some(first) if self.latest.len() >= self.max => at.max(*first + self.span),
            Some(_) | None => at,
        }
    }

    pub(super) fn dialled(&mut self, at: Timestamp) {
        if self.latest.len() >= self.max {
            self.latest.pop_front();
        }
        self.latest.push_back(at);
    }
}
