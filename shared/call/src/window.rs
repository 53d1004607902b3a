//! The hours of the day in which a phone may ring.

use crate::time::Timestamp;
use jiff::{ToSpan, ZonedDateTime, civil, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use std::{fmt, str::FromStr};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

const MINUTES_PER_DAY: u16 = 24 * 60;

/// Days looked ahead for an opening. More than one because a change of the clocks can swallow a
/// short window whole.
const DAYS_AHEAD: i64 = 3;

/// A span of each day, by the clocks of one place: `09:00-21:00 Asia/Kolkata`.
///
/// It holds from the first minute to the last instant before the second one. A span that ends
/// before it begins passes midnight; `00:00-24:00` is the whole day. A zone that cannot be
/// resolved keeps the window shut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallingWindow {
    opens: u16,
    closes: u16,
    zone: String,
}

/// The text is not a calling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a span of the day and an IANA time zone, such as 09:00-21:00 Asia/Kolkata, \
     from 00:00 to 24:00 and not empty"
)]
pub struct InvalidWindow;

impl CallingWindow {
    /// Whether a phone may ring at `now`.
    #[must_use]
    pub fn admits(&self, now: Timestamp) -> bool {
        self.local(now).is_some_and(|local| self.holds(&local))
    }

    /// The first moment from `now` on at which a phone may ring; `None` if there is none within
    /// days, because the zone cannot be resolved.
    #[must_use]
    pub fn next_open(&self, now: Timestamp) -> Option<Timestamp> {
        let local = self.local(now)?;
        if self.holds(&local) {
            return Some(now);
        }
        let opening = civil::time(hour_of(self.opens), minute_of(self.opens), 0, 0);
        (0..=DAYS_AHEAD)
            .filter_map(|days| local.date().checked_add(days.days()).ok())
            // Where the clocks skip the opening, the first instant after the gap stands for it.
            .filter_map(|date| {
                date.to_datetime(opening)
                    .to_zoned_datetime(local.time_zone().clone())
                    .ok()
            })
            .find(|opening| *opening > local && self.holds(opening))
            .map(|opening| Timestamp::from_millis(opening.timestamp().as_millisecond()))
    }

    /// The IANA name of the place whose clocks count.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    fn local(&self, now: Timestamp) -> Option<ZonedDateTime> {
        let zone = TimeZone::get(&self.zone).ok()?;
        let moment = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
        Some(moment.to_zoned_datetime(zone))
    }

    fn holds(&self, local: &ZonedDateTime) -> bool {
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
        let minute = minute.unwrap_or(MINUTES_PER_DAY);
        if self.opens < self.closes {
            (self.opens..self.closes).contains(&minute)
        } else {
            minute >= self.opens || minute < self.closes
        }
    }
}

fn hour_of(minutes: u16) -> i8 {
    i8::try_from(minutes / 60).expect("a day has fewer than 128 hours")
}

fn minute_of(minutes: u16) -> i8 {
    i8::try_from(minutes % 60).expect("an hour has fewer than 128 minutes")
}

/// Minutes since midnight of `HH:MM`, up to 24:00.
fn minutes_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !is_two_digits(hours) || !is_two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= MINUTES_PER_DAY).then_some(total)
}

impl FromStr for CallingWindow {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (span, zone) = text.trim().split_once(' ').ok_or(InvalidWindow)?;
        let (opens, closes) = span.split_once('-').ok_or(InvalidWindow)?;
        let opens = minutes_of(opens).filter(|opens| *opens < MINUTES_PER_DAY);
        let (opens, closes) = opens.zip(minutes_of(closes)).ok_or(InvalidWindow)?;
        let zone = TimeZone::get(zone.trim()).map_err(|_| InvalidWindow)?;
        let zone = zone.iana_name().ok_or(InvalidWindow)?.to_owned();
        if opens == closes || (opens > closes && closes == 0) {
            return Err(InvalidWindow); // Nothing, or midnight, which is written 24:00.
        }
        Ok(Self {
            opens,
            closes,
            zone,
        })
    }
}

impl fmt::Display for CallingWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [opens, closes] = [self.opens, self.closes].map(|m| (m / 60, m % 60));
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02} {}",
            opens.0, opens.1, closes.0, closes.1, self.zone
        )
    }
}

impl PartialSchema for CallingWindow {
    fn schema() -> RefOr<Schema> {
        let example = Value::from("09:00-21:00 Asia/Kolkata");
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.examples([example]).into()
    }
}

impl ToSchema for CallingWindow {}

impl Serialize for CallingWindow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallingWindow {
    /// Reads a stored window without resolving its zone: a zone that is no longer known must keep
    /// the window shut, not make the call unreadable.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts = || {
            let (span, zone) = text.split_once(' ')?;
            let (opens, closes) = span.split_once('-')?;
            Some(Self {
                opens: minutes_of(opens)?,
                closes: minutes_of(closes)?,
                zone: zone.to_owned(),
            })
        };
        parts().ok_or_else(|| de::Error::custom(InvalidWindow))
    }
}

#[cfg(test)]
mod tests;
