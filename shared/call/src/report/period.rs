//! The days that a report covers, by the calendar of one place.

use crate::time::Timestamp;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use std::{fmt, str::FromStr};

/// Most days of one report: a year, leap days included.
pub const DAYS_MAX: i32 = 366;

/// The place whose midnights part the days, by its IANA name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportZone(TimeZone);

/// The text names no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an IANA time zone, such as Asia/Kolkata")]
pub struct InvalidZone;

impl FromStr for ReportZone {
    type Err = InvalidZone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let zone = TimeZone::get(text.trim()).map_err(|_| InvalidZone)?;
        zone.iana_name().ok_or(InvalidZone)?;
        Ok(Self(zone))
    }
}

impl fmt::Display for ReportZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or_default())
    }
}

/// Whole days, first to last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub first: Date,
    /// The last day, not before the first.
    pub last: Date,
    /// The instant in which the first day begins.
    pub from: Timestamp,
    /// The instant in which the day after the last one begins.
    pub until: Timestamp,
}

/// The parameter does not name days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct InvalidPeriod {
    /// The parameter.
    pub field: &'static str,
    /// What it takes.
    pub expected: &'static str,
}

const RANGE_RULE: &str = "today, week or month, or else from and to";
const DATE_RULE: &str = "a day such as 2026-11-24";
const ORDER_RULE: &str = "a day not before from, at most 366 days in all";

impl Period {
    /// Reads what a client wants: a `range` (`today`, `week`: seven days with today, `month`: thirty),
    /// or the days `from` and `to`, both included; today if it says nothing.
    ///
    /// # Errors
    /// [`InvalidPeriod`].
    pub fn read(
        range: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
        now: Timestamp,
        zone: &ReportZone,
    ) -> Result<Self, InvalidPeriod> {
        let invalid = |field, expected| InvalidPeriod { field, expected };
        let today = zone.date_at(now).ok_or(invalid("range", RANGE_RULE))?;
        let days_back = match (range, from, to) {
            (None, None, None) | (Some("today"), None, None) => 0,
            (Some("week"), None, None) => 6,
            (Some("month"), None, None) => 29,
            (None, Some(from), to) => {
                let day = |field, text: &str| {
                    let day = text.parse::<Date>();
                    day.map_err(|_| invalid(field, DATE_RULE))
                };
                let first = day("from", from)?;
                let last = to.map_or(Ok(today.max(first)), |to| day("to", to))?;
                return zone.days(first, last).ok_or(invalid("to", ORDER_RULE));
            }
            (None, None, Some(_)) => return Err(invalid("from", DATE_RULE)),
            (Some(_), _, _) => return Err(invalid("range", RANGE_RULE)),
        };
        let first = today.checked_sub(days_back.days());
        let first = first.map_err(|_| invalid("range", RANGE_RULE))?;
        zone.days(first, today).ok_or(invalid("range", RANGE_RULE))
    }
}

impl ReportZone {
    fn date_at(&self, now: Timestamp) -> Option<Date> {
        let moment = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
        Some(self.0.to_datetime(moment).date())
    }

    /// A moment as the clocks of the place show it: `2026-11-30 10:00:05`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        let moment = jiff::Timestamp::from_millisecond(at.as_millis());
        moment.map_or_else(
            |_| at.to_string(),
            |moment| {
                let local = self.0.to_datetime(moment);
                local.strftime("%Y-%m-%d %H:%M:%S").to_string()
            },
        )
    }

    /// The hour of the day at that place, 0 to 23.
    pub(super) fn hour(&self, at: Timestamp) -> Option<u8> {
        let moment = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        u8::try_from(self.0.to_datetime(moment).hour()).ok()
    }

    fn days(&self, first: Date, last: Date) -> Option<Period> {
        let days = (last - first).get_days() + 1;
        if !(1..=DAYS_MAX).contains(&days) {
            return None;
        }
        let after = last.checked_add(1.days()).ok()?;
        Some(Period {
            first,
            last,
            from: self.midnight(first)?,
            until: self.midnight(after)?,
        })
    }

    fn midnight(&self, day: Date) -> Option<Timestamp> {
        let midnight = day.to_zoned_datetime(self.0.clone()).ok()?;
        Some(Timestamp::from_millis(
            midnight.timestamp().as_millisecond(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(range: Option<&str>, from: Option<&str>, to: Option<&str>) -> Result<String, String> {
        // Half past midnight in India, still the day before in UTC.
        let now = "2026-11-23T19:00:00Z".parse().unwrap();
        let zone = "Asia/Kolkata".parse().unwrap();
        let period = Period::read(range, from, to, now, &zone);
        let text = |period: Period| {
            let Period {
                first,
                last,
                from,
                until,
            } = period;
            format!("{first} {last} {from} {until}")
        };
        period.map(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_zone_is_shown_by_its_name() {
        let zone: ReportZone = " asia/kolkata".parse().unwrap();
        assert_eq!(zone.to_string(), "Asia/Kolkata");
    }

    #[test]
    fn days_begin_at_the_midnight_of_the_place() {
        let today = "2026-11-24 2026-11-24 2026-11-23T18:30:00.000Z 2026-11-24T18:30:00.000Z";
        assert_eq!(read(None, None, None).unwrap(), today);
        assert_eq!(read(Some("today"), None, None).unwrap(), today);
        let week = "2026-11-18 2026-11-24 2026-11-17T18:30:00.000Z 2026-11-24T18:30:00.000Z";
        assert_eq!(read(Some("week"), None, None).unwrap(), week);
        let month = read(Some("month"), None, None).unwrap();
        assert!(month.starts_with("2026-10-26 2026-11-24 "), "{month}");
        let days = "2026-02-28 2026-03-01 2026-02-27T18:30:00.000Z 2026-03-01T18:30:00.000Z";
        assert_eq!(
            read(None, Some("2026-02-28"), Some("2026-03-01")).unwrap(),
            days
        );
        let open = read(None, Some("2026-11-20"), None).unwrap();
        assert!(open.starts_with("2026-11-20 2026-11-24 "), "{open}");
        assert!(read(None, Some("2025-11-24"), Some("2026-11-24")).is_ok());
    }

    #[test]
    fn what_names_no_days_is_refused_by_name() {
        for (range, from, to, expected) in [
            (
                Some("year"),
                None,
                None,
                "range: expected today, week or month",
            ),
            (Some("today"), Some("2026-11-24"), None, "range: expected"),
            (
                None,
                Some("24.11.2026"),
                None,
                "from: expected a day such as",
            ),
            (
                None,
                Some("2026-02-30"),
                None,
                "from: expected a day such as",
            ),
            (
                None,
                Some("2026-11-24"),
                Some("x"),
                "to: expected a day such as",
            ),
            (
                None,
                Some("2026-11-24"),
                Some("2026-11-23"),
                "to: expected a day not before from",
            ),
            (
                None,
                Some("2025-11-23"),
                Some("2026-11-24"),
                "to: expected a day not before from",
            ),
            (
                None,
                None,
                Some("2026-11-24"),
                "from: expected a day such as",
            ),
        ] {
            let error = read(range, from, to).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        assert_eq!("Mars/Base".parse::<ReportZone>(), Err(InvalidZone));
    }
}
