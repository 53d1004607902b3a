//! What is to be expected of a campaign before anything rings.
//!
//! A seeded simulation of the whole campaign, run many times over. When phones may ring, how often a row
//! is dialled and how long a retry waits is asked of the plan and the service's policy themselves; only
//! what people and phones do is [`Assumed`]. A free channel is used at once, and nobody else uses any.

mod assumed;
mod calendar;
mod dice;
mod history;
mod line;
mod luck;
mod pacer;
mod run;

pub use assumed::{Assumed, Missed, Span};
pub use history::{ENOUGH, History};
pub use run::Foreseen;

use crate::plan::Plan;
use calendar::Calendar;
use call::{Policy, time::Timestamp};
use line::Numbers;
use run::{Given, Run};

/// Runs of a forecast unless asked otherwise (200): P90 rests on twenty of them.
pub const RUNS_DEFAULT: u32 = 200;

/// Most runs of a forecast (2,000).
pub const RUNS_MAX: u32 = 2_000;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// How the campaign is to be carried out.
    pub plan: &'a Plan,
    /// The service's channels, hours, ring time and retry waits.
    pub policy: &'a Policy,
    /// What nobody can know.
    pub assumed: &'a Assumed,
    /// For each row that can be called, in their order, which number it has: equal for rows of one
    /// number, whatever it is.
    pub numbers: &'a [u32],
    /// When it is started.
    pub start: Timestamp,
    /// Decides all chance: the same seed gives the same forecast.
    pub seed: u64,
    /// How often it is gone through, 1 to [`RUNS_MAX`].
    pub runs: u32,
}

/// What came of all runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Rows that can be called.
    pub rows: u32,
    /// Dials if nobody ever answers.
    pub dials_max: u32,
    /// Each run.
    pub runs: Vec<Foreseen>,
}

impl Forecast {
    /// Goes through the campaign as often as is asked.
    #[must_use]
    pub fn of(question: &Question<'_>) -> Self {
        Self::shown(question, &mut |_, _| {})
    }

    /// The same, with every dial shown by row and moment.
    pub(crate) fn shown(question: &Question<'_>, show: &mut dyn FnMut(usize, Timestamp)) -> Self {
        let Question { plan, policy, .. } = *question;
        let given = Given {
            plan,
            policy,
            assumed: question.assumed,
            numbers: Numbers::new(question.numbers),
            start: question.start,
            seed: question.seed,
        };
        let service = policy.calling_window.as_ref();
        let mut calendar = Calendar::new(plan, service, question.start);
        let runs = 0..u64::from(question.runs.clamp(1, RUNS_MAX));
        let runs = runs.map(|run| Run::new(&given, &mut calendar, run).through(show));
        let runs = runs.collect();
        let rows = u32::try_from(question.numbers.len()).unwrap_or(u32::MAX);
        Self {
            rows,
            dials_max: rows.saturating_mul(u32::from(plan.dials_max())),
            runs,
        }
    }

    /// The least figure that so many of 100 runs do not exceed.
    #[must_use]
    pub fn figure(&self, percent: usize, of: impl Fn(&Foreseen) -> u32) -> u32 {
        self.ranked(percent, of)
    }

    /// The moment by which so many of 100 runs are done; absent if fewer are before the campaign ends.
    #[must_use]
    pub fn done_at(&self, percent: usize) -> Option<Timestamp> {
        let never = Timestamp::from_millis(i64::MAX);
        let done = self.ranked(percent, |run| run.done_at.unwrap_or(never));
        (done < never).then_some(done)
    }

    fn ranked<T: Ord + Copy>(&self, percent: usize, of: impl Fn(&Foreseen) -> T) -> T {
        let mut all: Vec<T> = self.runs.iter().map(of).collect();
        all.sort_unstable();
        let rank = (all.len() * percent).div_ceil(100).clamp(1, all.len());
        all[rank - 1]
    }
}
