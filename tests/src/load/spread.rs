//! How times are spread, without keeping each.

use serde::{Serialize, Serializer, ser::SerializeStruct};
use std::{fmt, time::Duration};

/// Parts of each power of two: a time is known to 3 %.
const PARTS: u64 = 32;

/// How many times were noted, and how long they were.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    /// How many fell into each part, by [`place`].
    counts: Vec<u64>,
    count: u64,
    max_us: u64,
}

impl Spread {
    pub(super) fn note(&mut self, us: u64) {
        let place = place(us);
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
        self.count += 1;
        self.max_us = self.max_us.max(us);
    }

    pub(super) fn note_duration(&mut self, took: Duration) {
        self.note(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// The time that this share of all was not above, in milliseconds; 0 if none was noted.
    pub(super) fn ms(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (place, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return upper(place).min(self.max_us) as f64 / 1_000.0;
            }
        }
        0.0
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.max_us as f64 / 1_000.0
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

/// Where a time is counted.
fn place(us: u64) -> usize {
    let whole = us.max(1).ilog2().saturating_sub(PARTS.ilog2());
    (u64::from(whole) * PARTS + (us >> whole)) as usize
}

/// The longest time that is counted there.
fn upper(place: usize) -> u64 {
    let place = place as u64;
    let whole = (place / PARTS).saturating_sub(1);
    (((place - whole * PARTS) + 1) << whole) - 1
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return f.write_str("–");
        }
        let (p50, p99, max) = (self.ms(0.5), self.ms(0.99), self.max_ms());
        write!(f, "{p50:.1} / {p99:.1} / {max:.1} ms")
    }
}

impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut spread = serializer.serialize_struct("Spread", 4)?;
        spread.serialize_field("count", &self.count)?;
        spread.serialize_field("p50Ms", &self.ms(0.5))?;
        spread.serialize_field("p99Ms", &self.ms(0.99))?;
        spread.serialize_field("maxMs", &self.max_ms())?;
        spread.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_is_counted_where_it_belongs() {
        for us in [0, 1, 31, 32, 33, 63, 64, 65, 1_000, 123_456, 10_000_000] {
            let upper = upper(place(us));
            assert!(upper >= us && upper <= us + us / 32 + 1, "{us}: {upper}");
        }
    }

    #[test]
    fn shares_are_those_of_the_times() {
        let mut spread = Spread::default();
        for us in 1..=1_000 {
            spread.note(us * 1_000);
        }
        assert!((spread.ms(0.5) - 500.0).abs() < 16.0, "{spread}");
        assert!((spread.ms(0.99) - 990.0).abs() < 31.0, "{spread}");
        assert_eq!(spread.max_ms(), 1_000.0);
        assert_eq!(Spread::default().ms(0.99), 0.0);
    }
}
