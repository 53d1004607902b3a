//! What comes of one dial.

use super::{
    assumed::{Assumed, Span},
    dice::Dice,
};
use call::Policy;
use std::time::Duration;

/// Whatever stands for no row, in the draw that holds for a whole run.
const WHOLE_RUN: u64 = u64::MAX;

/// Milliseconds of a minute, in which conversations are charged.
const MINUTE: u64 = 60_000;

/// What comes of a dial, and when.
#[derive(Clone, Copy)]
pub(super) struct Fate {
    /// Milliseconds until the channel is free again.
    pub(super) holds: u64,
    /// Minutes to be paid for, if somebody was talked to.
    pub(super) minutes: u32,
    pub(super) end: End,
}

/// How a dial ends. The order is of no meaning; it makes runs repeatable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Reached,
    /// Nobody was; milliseconds until it may be dialled again, if ever.
    Missed(Option<u64>),
}

/// The chance of one run.
pub(super) struct Luck<'a> {
    assumed: &'a Assumed,
    policy: &'a Policy,
    seed: u64,
    run: u64,
    /// Out of 100 assumed answers, how many this run has.
    answers_percent: u64,
    /// The same of talk time.
    talk_percent: u64,
}

impl<'a> Luck<'a> {
    pub(super) fn new(assumed: &'a Assumed, policy: &'a Policy, seed: u64, run: u64) -> Self {
        let mut dice = Dice::of([seed, run, WHOLE_RUN, 0]);
        let doubt = u64::from(assumed.doubt_percent.min(100));
        let mut percent = || dice.between(100 - doubt, 100 + doubt);
        Self {
            assumed,
            policy,
            seed,
            run,
            answers_percent: percent(),
            talk_percent: percent(),
        }
    }

    /// What comes of the dial of a row that begins in this hour of the day.
    pub(super) fn fate(&self, row: usize, dial: u8, hour: usize) -> Fate {
        let mut dice = Dice::of([self.seed, self.run, row as u64, u64::from(dial)]);
        let answered = u64::from(self.assumed.answered_permille[hour]) * self.answers_percent;
        if dice.below(100_000) < answered {
            self.talk(&mut dice)
        } else {
            self.miss(&mut dice)
        }
    }

    fn talk(&self, dice: &mut Dice) -> Fate {
        let ring = drawn(self.assumed.ring, dice);
        let talk = drawn(self.assumed.talk, dice) * self.talk_percent / 100;
        let talk = talk.min(millis(self.policy.max_call_duration));
        Fate {
            holds: ring + talk,
            minutes: u32::try_from(talk.div_ceil(MINUTE)).unwrap_or(u32::MAX),
            end: End::Reached,
        }
    }

    fn miss(&self, dice: &mut Dice) -> Fate {
        let missed = self.assumed.missed;
        let (outcome, rings) = missed.at(dice.below(missed.sum()));
        let holds = if rings {
            millis(self.policy.ring_timeout)
        } else {
            drawn(self.assumed.turned_away, dice)
        };
        Fate {
            holds,
            minutes: 0,
            end: End::Missed(self.policy.retry_delay(outcome).map(millis)),
        }
    }
}

fn drawn(span: Span, dice: &mut Dice) -> u64 {
    dice.between(millis(span.from), millis(span.to))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
