//! Which bytes of a file are asked for (RFC 9110, section 14), and which are given.

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it: no header, or one that does not count.
    All,
    /// From a byte on, up to and with another one if it is named.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

/// What is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The whole file.
    Whole,
    /// These bytes of it.
    Part(Range<u64>),
    /// There are no such bytes.
    Outside,
    /// All was asked for, and that is too much for one answer.
    TooMuch,
}

impl Asked {
    /// Reads the header. A server ignores units that it does not know, texts that are none, and may ignore
    /// several ranges at once.
    #[must_use]
    pub fn read(header: Option<&str>) -> Self {
        let range = header.and_then(|text| text.trim().strip_prefix("bytes="));
        range.and_then(Self::of).unwrap_or(Self::All)
    }

    fn of(range: &str) -> Option<Self> {
        let (first, last) = range.trim().split_once('-')?;
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(u64::MAX))
        };
        match (first, last) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// Which bytes of a file of `len` bytes are given, at most `most` at once: a server may answer less of a
    /// range than it was asked for, and says so in `Content-Range`.
    #[must_use]
    pub fn of_file(self, len: u64, most: u64) -> Wanted {
        let (first, end) = match self {
            Self::All if len <= most => return Wanted::Whole,
            Self::All => return Wanted::TooMuch,
            Self::From(first, last) => (first, last.map_or(len, |last| last.saturating_add(1))),
            Self::Last(bytes) => (len.saturating_sub(bytes), len),
        };
        let end = end.min(len).min(first.saturating_add(most));
        if first < end {
            Wanted::Part(first..end)
        } else {
            Wanted::Outside
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_the_standard_says() {
        let wanted = |header: &str| Asked::read(Some(header)).of_file(1_000, 400);
        for (header, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..100),
            ("bytes=0-", 0..400),
            ("bytes=900-", 900..1_000),
            ("bytes=900-5000", 900..1_000),
            ("bytes=999-999", 999..1_000),
            ("bytes=-100", 900..1_000),
            ("bytes=-700", 300..700),
            ("bytes=-99999", 0..400),
            ("bytes=5-99999999999999999999999", 5..405),
        ] {
            assert_eq!(wanted(header), Wanted::Part(range), "{header}");
        }
        for header in ["bytes=1000-", "bytes=1000-1001", "bytes=-0"] {
            assert_eq!(wanted(header), Wanted::Outside, "{header}");
        }
    }

    #[test]
    fn what_is_no_range_counts_as_none() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=0-1,5-6",
            "samples=0-1",
        ] {
            assert_eq!(Asked::read(Some(header)), Asked::All, "{header}");
        }
        assert_eq!(Asked::read(None), Asked::All);
        assert_eq!(Asked::All.of_file(400, 400), Wanted::Whole);
        assert_eq!(Asked::All.of_file(401, 400), Wanted::TooMuch);
    }
}
