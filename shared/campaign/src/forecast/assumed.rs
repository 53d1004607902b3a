//! What nobody can know before it rings: the stated assumptions.

use call::attempt::Outcome;
use std::time::Duration;

/// A time that lies between two, each as likely as any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The shortest.
    pub from: Duration,
    /// The longest; not below the shortest.
    pub to: Duration,
}

impl Span {
    /// A time that is certain.
    #[must_use]
    pub const fn exactly(time: Duration) -> Self {
        Self {
            from: time,
            to: time,
        }
    }

    /// From half of a time to one and a half of it.
    #[must_use]
    pub fn around(time: Duration) -> Self {
        Self {
            from: time / 2,
            to: time + time / 2,
        }
    }
}

/// How those who do not answer are missed: shares of any sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// It rings until the ring deadline.
    pub no_answer: u16,
    /// The line is busy.
    pub busy: u16,
    /// The phone is switched off or out of reach.
    pub unreachable: u16,
}

/// What a forecast takes for granted. By default what is assumed of a hospital of which nothing is
/// known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumed {
    /// Of 1,000 dials of each hour of the day, by the clocks of the campaign's place, how many are
    /// answered (600). Above 1,000 is all of them.
    pub answered_permille: [u16; 24],
    /// Out of those who do not answer (60, 20 and 20 of 100).
    pub missed: Missed,
    /// From the dial to the pick-up (5 to 20 s).
    pub ring: Span,
    /// From the dial to the word that a line is busy or out of reach (3 to 8 s).
    pub turned_away: Span,
    /// From the pick-up to the end (90 to 270 s); the service's longest conversation bounds it.
    pub talk: Span,
    /// By how many of 100 the answered share and the talk time of a whole run may be above or below
    /// what is assumed (10). Without it 5,000 rows would even out all chance, and the forecast would
    /// look surer than the assumptions are.
    pub doubt_percent: u8,
    /// What a minute of conversation costs, in paise; each conversation pays for minutes begun.
    pub paise_per_minute: Option<u32>,
}

impl Default for Assumed {
    fn default() -> Self {
        Self {
            answered_permille: [600; 24],
            missed: Missed {
                no_answer: 60,
                busy: 20,
                unreachable: 20,
            },
            ring: Span {
                from: Duration::from_secs(5),
                to: Duration::from_secs(20),
            },
            turned_away: Span {
                from: Duration::from_secs(3),
                to: Duration::from_secs(8),
            },
            talk: Span::around(Duration::from_mins(3)),
            doubt_percent: 10,
            paise_per_minute: None,
        }
    }
}

impl Assumed {
    /// What so many minutes cost, in paise; absent if nobody has said what one costs.
    #[must_use]
    pub fn paise(&self, minutes: u32) -> Option<u64> {
        let of_one = self.paise_per_minute?;
        Some(u64::from(minutes) * u64::from(of_one))
    }
}

impl Missed {
    pub(super) fn sum(self) -> u64 {
        u64::from(self.no_answer) + u64::from(self.busy) + u64::from(self.unreachable)
    }

    /// The outcome that a number below the sum stands for, and whether the phone rings all the time
    /// first; no answer if nothing is assumed.
    pub(super) fn at(self, drawn: u64) -> (Outcome, bool) {
        let busy = u64::from(self.busy);
        match () {
            () if drawn < busy => (Outcome::Busy, false),
            () if drawn < busy + u64::from(self.unreachable) => (Outcome::Unreachable, false),
            () => (Outcome::NoAnswer, true),
        }
    }
}
