//! The days and hours in which a campaign calls.

use call::{CallingWindow, time::Timestamp};
use jiff::{
    ToSpan, ZonedDateTime,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// Days looked ahead for an opening (400): a year of holidays and more.
const DAYS_AHEAD: u32 = 400;

/// The days of the week from Monday, as people and programs write them.
pub const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours of a campaign that names none: those of an office, in the whole of India.
const USUAL: &str = "10:00-19:00 Asia/Kolkata";

/// A day of the calendar, `2026-12-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, format = Date, examples("2026-12-25"))]
pub struct Day(Date);

/// How far the clocks of India are ahead of UTC (5 h 30 min), in milliseconds.
const INDIA_MS: i64 = 19_800_000;

impl Day {
    /// Its first moment by the clocks of India, which know no summer.
    #[must_use]
    pub fn begins_in_india(self) -> Timestamp {
        let midnight = self.0.to_zoned_datetime(TimeZone::UTC);
        let midnight = midnight.map_or(i64::MAX, |midnight| midnight.timestamp().as_millisecond());
        Timestamp::from_millis(midnight.saturating_sub(INDIA_MS))
    }
}

/// The text is no day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a day such as 2026-12-25")]
pub struct InvalidDay;

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| InvalidDay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// When phones may ring: a span of the day by the clocks of one place, on some days of the week, and
/// not on holidays. Where the span passes midnight, each of its minutes belongs to its own day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hours {
    /// The span of the day, and the place.
    pub span: CallingWindow,
    /// Days of the week, 1 for Monday to 7 for Sunday.
    pub weekdays: BTreeSet<u8>,
    /// Days on which nobody is called.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub holidays: BTreeSet<Day>,
}

impl Hours {
    /// That span on every day.
    #[must_use]
    pub fn daily(span: CallingWindow) -> Self {
        Self {
            span,
            weekdays: (1..=7).collect(),
            holidays: BTreeSet::new(),
        }
    }

    /// The hours of a campaign that names none: 10:00 to 19:00 by the clocks of India, Monday to Saturday.
    #[must_use]
    pub fn usual() -> Self {
        Self {
            weekdays: (1..=6).collect(),
            ..Self::daily(USUAL.parse().expect("a window"))
        }
    }

    /// Its days of the week in words, from Monday.
    pub fn days(&self) -> impl Iterator<Item = &'static str> {
        let days = (1..).zip(WEEK);
        let days = days.filter(|(day, _)| self.weekdays.contains(day));
        days.map(|(_, word)| word)
    }

    /// The first moment from `from` on at which a phone may ring, by these hours and the `others`;
    /// `None` if there is none for more than a year, or a zone cannot be resolved.
    #[must_use]
    pub fn next_open(&self, from: Timestamp, others: &[&CallingWindow]) -> Option<Timestamp> {
        let mut at = from;
        for _ in 0..DAYS_AHEAD {
            let mut next = self.span.next_open(at)?;
            for other in others {
                next = other.next_open(next)?;
            }
            let local = self.local(next)?;
            match (next == at, self.is_day(&local)) {
                (true, true) => return Some(at),
                (false, true) => at = next,
                (_, false) => at = midnight_after(&local)?,
            }
        }
        None
    }

    /// A moment as the clocks of the place show it: `10:00 on 2026-11-30 (Asia/Kolkata)`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        let zone = self.span.zone();
        self.local(at).map_or_else(
            || at.to_string(),
            |local| {
                let (hour, minute) = (local.hour(), local.minute());
                format!("{hour:02}:{minute:02} on {} ({zone})", local.date())
            },
        )
    }

    /// A moment as a spreadsheet holds it, by the clocks of the place: `2026-11-30 10:00:00`; `None` if
    /// its zone cannot be resolved.
    #[must_use]
    pub fn date_time(&self, at: Timestamp) -> Option<String> {
        let local = self.local(at)?.datetime();
        Some(local.strftime("%Y-%m-%d %H:%M:%S").to_string())
    }

    /// The hour of the day at that place, 0 to 23; `None` if its zone cannot be resolved.
    #[must_use]
    pub fn hour(&self, at: Timestamp) -> Option<u8> {
        u8::try_from(self.local(at)?.hour()).ok()
    }

    /// The moment that the clocks of the place show so: `2026-12-04T19:00`. `None` if the text is
    /// none, or names a zone of its own.
    #[must_use]
    pub fn moment(&self, text: &str) -> Option<Timestamp> {
        let zone = TimeZone::get(self.span.zone()).ok()?;
        let local: DateTime = text.parse().ok()?;
        let moment = local.to_zoned_datetime(zone).ok()?;
        Some(Timestamp::from_millis(moment.timestamp().as_millisecond()))
    }

    fn local(&self, at: Timestamp) -> Option<ZonedDateTime> {
        let zone = TimeZone::get(self.span.zone()).ok()?;
        let moment = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        Some(moment.to_zoned_datetime(zone))
    }

    fn is_day(&self, local: &ZonedDateTime) -> bool {
        let weekday = local.weekday().to_monday_one_offset();
        let weekday = u8::try_from(weekday).unwrap_or(0);
        self.weekdays.contains(&weekday) && !self.holidays.contains(&Day(local.date()))
    }
}

fn midnight_after(local: &ZonedDateTime) -> Option<Timestamp> {
    let next = local.date().checked_add(1.day()).ok()?;
    let midnight = next.to_zoned_datetime(local.time_zone().clone()).ok()?;
    Some(Timestamp::from_millis(
        midnight.timestamp().as_millisecond(),
    ))
}
