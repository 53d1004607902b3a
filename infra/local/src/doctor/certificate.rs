//! What a certificate says of its end, and what is wrong with it.

use call::time::Timestamp;
use rustls::{CertificateError, Error};
use std::time::Duration;

/// Days before its end in which a certificate should have been renewed.
const DAYS_MIN: u64 = 14;

/// One that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    ends: Option<Timestamp>,
    trouble: Option<String>,
}

impl Certificate {
    /// Reads it, and how it was judged.
    pub(super) fn of(der: &[u8], judged: Option<Error>) -> Self {
        Self {
            ends: ends(der),
            trouble: judged.as_ref().map(trouble),
        }
    }

    /// What is wrong with it at this moment, if anything is.
    pub(super) fn wrong(&self, now: Timestamp) -> Option<String> {
        if let Some(trouble) = &self.trouble {
            return Some(format!("its certificate {trouble}"));
        }
        let left = self.left(now)?;
        let days = left.as_secs() / (24 * 60 * 60);
        (days < DAYS_MIN).then(|| format!("its certificate ends in {days} days"))
    }

    /// How long it is good for, in words.
    pub(super) fn says(&self, now: Timestamp) -> String {
        self.left(now).map_or_else(
            || "its certificate is trusted".to_owned(),
            |left| {
                format!(
                    "its certificate is good for {} days",
                    left.as_secs() / (24 * 60 * 60)
                )
            },
        )
    }

    fn left(&self, now: Timestamp) -> Option<Duration> {
        self.ends.map(|ends| ends.since(now))
    }
}

fn trouble(error: &Error) -> String {
    use CertificateError as E;
    let Error::InvalidCertificate(error) = error else {
        return format!("is not taken: {error}");
    };
    if matches!(error, E::Expired | E::ExpiredContext { .. }) {
        "has expired".to_owned()
    } else if matches!(error, E::NotValidYet | E::NotValidYetContext { .. }) {
        "is not valid yet".to_owned()
    } else if matches!(error, E::NotValidForName | E::NotValidForNameContext { .. }) {
        "is for another name".to_owned()
    } else if matches!(error, E::UnknownIssuer | E::BadSignature) {
        "is signed by nobody whom this machine trusts".to_owned()
    } else {
        format!("is not taken: {error}")
    }
}

/// Reads `notAfter` (RFC 5280, 4.1): within the certificate its body, and within that, past an optional
/// version, serial number, algorithm and issuer, the validity.
fn ends(der: &[u8]) -> Option<Timestamp> {
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(der)?;
    let (_, mut body, _) = element(certificate)?;
    if body.first() == Some(&VERSION) {
        body = element(body)?.2;
    }
    for _ in 0..3 {
        body = element(body)?.2;
    }
    let (_, validity, _) = element(body)?;
    let (tag, text, _) = element(element(validity)?.2)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// The first element: its tag, what is in it, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = if short < 0x80 {
        (usize::from(short), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
        let add =
            |length: usize, byte: &u8| length.checked_mul(256)?.checked_add(usize::from(*byte));
        (bytes.iter().try_fold(0, add)?, rest)
    };
    let (inner, rest) = rest.split_at_checked(length)?;
    Some((tag, inner, rest))
}

/// `UTCTime` has two digits of a year from 1950 on, `GeneralizedTime` four.
fn time(tag: u8, text: &str) -> Option<Timestamp> {
    const UTC: u8 = 0x17;
    let full = match tag {
        UTC if text.get(..2)? < "50" => format!("20{text}"),
        UTC => format!("19{text}"),
        _ => text.to_owned(),
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_time_are_read_and_nothing_else() {
        let read = |tag, text: &str| time(tag, text).map(|at| at.to_string());
        let expected = Some("2026-11-29T21:13:52.000Z".to_owned());
        assert_eq!(read(0x17, "261129211352Z"), expected);
        assert_eq!(read(0x18, "20261129211352Z"), expected);
        assert_eq!(read(0x17, "not a time"), None);
        assert_eq!(ends(&[]), None);
        assert_eq!(ends(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(ends(&[0x30, 0x80]), None);
    }
}
