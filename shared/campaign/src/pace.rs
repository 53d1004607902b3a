//! So many dials in a minute, spread over it.

use call::time::Timestamp;
use std::time::Duration;

/// What is caught up of the time before (1 s): whoever gives turns looks once a second.
const SLACK: Duration = Duration::from_secs(1);

/// A pace: from one dial to the next. When the next is due moves on by that with each dial, but never
/// stays further back than a second.
///
/// So any 60 seconds hold at most the dials of the plan: `n` dials take at least `n - 1` intervals
/// less that second, and an interval is 61 s over the dials of a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(Duration);

impl Pace {
    /// So many dials in a minute, at least 1.
    #[must_use]
    pub fn of(dials_per_minute: u32) -> Self {
        let span = Duration::from_secs(60) + SLACK;
        let millis = span
            .as_millis()
            .div_ceil(u128::from(dials_per_minute.max(1)));
        Self(Duration::from_millis(
            u64::try_from(millis).unwrap_or(u64::MAX),
        ))
    }

    /// By how much a dial moves on when the next is due.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.0
    }

    /// Where the next one was due at the earliest, at `now`, however long ago the last one left.
    #[must_use]
    pub fn earliest(now: Timestamp) -> Timestamp {
        now - SLACK
    }

    /// How many dials may begin at `now`, if the next one is due at `due`, or none was begun yet.
    #[must_use]
    pub fn allows(&self, due: Option<Timestamp>, now: Timestamp) -> u32 {
        let earliest = Self::earliest(now);
        let due = due.map_or(earliest, |due| due.max(earliest));
        if due > now {
            return 0;
        }
        let more = now.since(due).as_millis() / self.0.as_millis().max(1);
        u32::try_from(more + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_millis(1_796_013_000_000);

    /// Begins every dial that is allowed, whenever it looks.
    fn begun(per_minute: u32, looks: impl IntoIterator<Item = u64>) -> Vec<Timestamp> {
        let pace = Pace::of(per_minute);
        let (mut now, mut due, mut begun) = (START, None, Vec::new());
        for wait in looks {
            now = now + Duration::from_millis(wait);
            for _ in 0..pace.allows(due, now) {
                begun.push(now);
                let from = due.map_or(Pace::earliest(now), |due: Timestamp| {
                    due.max(Pace::earliest(now))
                });
                due = Some(from + pace.interval());
            }
        }
        begun
    }

    #[test]
    fn whoever_looks_each_second_begins_nearly_all_that_a_minute_allows() {
        for per_minute in [1, 3, 7, 45, 60, 61, 100, 600] {
            let dials = begun(per_minute, std::iter::repeat_n(1_000, 600)).len();
            // A whole number of milliseconds lies between two dials.
            let least = 595 * usize::try_from(per_minute).unwrap() / 61 - 1;
            assert!(dials >= least, "{per_minute}: {dials} < {least}");
        }
    }

    proptest! {
        #[test]
        fn invariant_no_minute_holds_more_dials_than_the_pace(
            per_minute in prop_oneof![1..80_u32, Just(1_000), Just(6_000)],
            looks in prop::collection::vec(prop_oneof![0..50_u64, 900..1_200_u64, 0..90_000_u64], 1..200)
        ) {
            let begun = begun(per_minute, looks);
            let max = usize::try_from(per_minute).unwrap();
            for some in begun.windows(max + 1) {
                let took = some[max].since(some[0]);
                prop_assert!(took >= Duration::from_secs(60), "{} in {:?}", max + 1, took);
            }
        }
    }
}
