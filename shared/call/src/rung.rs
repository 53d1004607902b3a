//! What the rings of a phone say about when people answer.

use crate::{
    attempt::{Attempt, Outcome},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Rings that are remembered of a call (16, the latest): more only callbacks make.
pub const RUNG_MAX: usize = 16;

/// One ring that says whether a person answers at such an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// When its dial was sent.
    pub at: Timestamp,
    /// How it ended: with somebody on the line, or busy, unanswered or out of reach.
    pub outcome: Outcome,
}

impl Rung {
    /// What an attempt says that ends so; nothing if it says more about the carrier, or about who
    /// cancelled it, than about the callee.
    #[must_use]
    pub fn of(attempt: &Attempt, outcome: Outcome) -> Option<Self> {
        outcome.was_answered()?;
        let at = attempt.dispatched_at.unwrap_or(attempt.started_at);
        Some(Self { at, outcome })
    }

    /// Adds it to those of its call. A ring that was given up and answered after all counts once, as
    /// it ended at last.
    pub(crate) fn add_to(self, rung: &mut Vec<Self>) {
        rung.retain(|before| before.at != self.at);
        rung.push(self);
        let more = rung.len().saturating_sub(RUNG_MAX);
        rung.drain(..more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_sixteen_are_remembered() {
        let mut rung = Vec::new();
        for at in 0..20 {
            let at = Timestamp::from_millis(at);
            let outcome = Outcome::NoAnswer;
            Rung { at, outcome }.add_to(&mut rung);
        }
        assert_eq!(
            (rung.len(), rung[0].at),
            (RUNG_MAX, Timestamp::from_millis(4))
        );
    }
}
