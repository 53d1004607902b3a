//! What calls that were made before tell of those to come.

use super::assumed::{Assumed, Missed, Span};
use crate::hours::Hours;
use call::{attempt::Outcome, report};
use std::time::Duration;

/// Dials, and conversations, from which on what was seen is taken instead of what is assumed (50): with
/// them the share of answers is known to about 14 of 100.
pub const ENOUGH: u32 = 50;

/// Dials at the share of all hours that are added to those of each hour (20), so that the few of a
/// rare hour do not decide it.
const DRAG: u32 = 20;

/// Dials and conversations of earlier calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    dials: [u32; 24],
    answered: [u32; 24],
    busy: u32,
    unreachable: u32,
    talks: u32,
    talk_secs: u64,
}

impl History {
    /// Adds an ended call; `hours` have the clocks that count.
    pub fn add(&mut self, row: &report::Row, hours: &Hours) {
        for rung in &row.rung {
            let Some(hour) = hours.hour(rung.at).map(usize::from) else {
                continue;
            };
            self.dials[hour] += 1;
            self.answered[hour] += u32::from(rung.outcome.was_answered() == Some(true));
            self.busy += u32::from(rung.outcome == Outcome::Busy);
            self.unreachable += u32::from(rung.outcome == Outcome::Unreachable);
        }
        if let Some(secs) = row.talk_secs {
            self.talks += 1;
            self.talk_secs += secs;
        }
    }

    /// Dials that tell when people answer.
    #[must_use]
    pub fn dials(&self) -> u32 {
        self.dials.iter().sum()
    }

    /// Of 1,000 dials of each hour how many are answered; `None` if there are fewer than [`ENOUGH`].
    #[must_use]
    pub fn answered_permille(&self) -> Option<[u16; 24]> {
        let (dials, answered) = (self.dials(), self.answered.iter().sum());
        if dials < ENOUGH {
            return None;
        }
        let drag = permille(answered, dials) * DRAG;
        let mut all = [0; 24];
        for (hour, share) in all.iter_mut().enumerate() {
            let seen = self.answered[hour] * 1_000 + drag;
            *share = u16::try_from(seen / (self.dials[hour] + DRAG)).unwrap_or(1_000);
        }
        Some(all)
    }

    /// Of 100 dials at all hours, how many were answered.
    #[must_use]
    pub fn answered_percent(&self) -> u32 {
        (permille(self.answered.iter().sum(), self.dials()) + 5) / 10
    }

    /// The mean length of a conversation; `None` if there are fewer than [`ENOUGH`].
    #[must_use]
    pub fn talk(&self) -> Option<Duration> {
        let mean = self.talk_secs / u64::from(self.talks.max(1));
        (self.talks >= ENOUGH).then_some(Duration::from_secs(mean.max(1)))
    }

    /// How those were missed who did not answer; `None` if fewer than [`ENOUGH`] did not.
    fn missed(&self) -> Option<Missed> {
        let all = self.dials() - self.answered.iter().sum::<u32>();
        let share = |of| u16::try_from(permille(of, all)).unwrap_or(1_000);
        (all >= ENOUGH).then(|| Missed {
            no_answer: share(all - self.busy - self.unreachable),
            busy: share(self.busy),
            unreachable: share(self.unreachable),
        })
    }

    /// What a forecast takes for granted who knows these calls; of what they do not tell, `usual`.
    #[must_use]
    pub fn assumed(&self, usual: Assumed) -> Assumed {
        Assumed {
            answered_permille: self.answered_permille().unwrap_or(usual.answered_permille),
            missed: self.missed().unwrap_or(usual.missed),
            talk: self.talk().map_or(usual.talk, Span::around),
            ..usual
        }
    }
}

fn permille(part: u32, whole: u32) -> u32 {
    let share = u64::from(part) * 1_000 / u64::from(whole.max(1));
    u32::try_from(share).unwrap_or(1_000)
}
