//! Hours and days, as they are given at the command line.

use ::campaign::{Day, Hours, WEEK};
use anyhow::{Result, ensure};
use call::CallingWindow;
use std::{collections::BTreeSet, str::FromStr};

/// Days of the week, 1 for Monday to 7 for Sunday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days(BTreeSet<u8>);

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        days(text)
    }
}

impl Days {
    /// Their words, from Monday.
    pub(super) fn words(&self) -> Vec<&'static str> {
        let hours = Hours {
            weekdays: self.0.clone(),
            ..Hours::usual()
        };
        hours.days().collect()
    }
}

/// `mon-sat`, `mon,wed,fri`, `sat-mon`.
pub(super) fn days(text: &str) -> Result<Days, String> {
    let mut days = BTreeSet::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (day(from)?, day(to)?);
        let count = (to + 7 - from) % 7;
        days.extend((0..=count).map(|ahead| (from + ahead) % 7 + 1));
    }
    Ok(Days(days))
}

/// 0 for Monday to 6 for Sunday.
fn day(text: &str) -> Result<u8, String> {
    let text = text.trim().to_lowercase();
    let found = (0..).zip(WEEK).find(|(_, day)| *day == text);
    found
        .map(|(day, _)| day)
        .ok_or_else(|| "expected days such as mon-sat or mon,wed,fri".to_owned())
}

/// The hours by the clocks of `zone`; what is not given is as usual.
pub(super) fn hours(
    span: Option<&str>,
    days: Option<&Days>,
    holidays: &[Day],
    zone: &str,
) -> Result<Hours> {
    let usual = Hours::usual();
    let usual_span = usual.span.to_string();
    let usual_span = usual_span.split(' ').next().unwrap_or_default();
    let span: CallingWindow = format!("{} {zone}", span.unwrap_or(usual_span)).parse()?;
    let weekdays = days.map_or(usual.weekdays, |days| days.0.clone());
    ensure!(!weekdays.is_empty(), "expected a day of the week");
    Ok(Hours {
        span,
        weekdays,
        holidays: holidays.iter().copied().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_spans_and_single_ones() {
        let read = |text| days(text).map(|days| days.0.into_iter().collect::<Vec<_>>());
        assert_eq!(read("mon-sat").unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(read("Mon,wed, fri").unwrap(), [1, 3, 5]);
        assert_eq!(read("sat-mon").unwrap(), [1, 6, 7]);
        for wrong in ["", "mon-", "monday", "mon-sat,", "1-5"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
