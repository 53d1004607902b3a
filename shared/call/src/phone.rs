//! Phone numbers in E.164 that mask themselves.

use phonenumber::country;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, str::FromStr};

/// Longest text looked at: an E.164 number has 15 digits, separators and prefixes fit easily.
const TEXT_BYTES_MAX: usize = 40;

/// How every number begins from which India lets promotion call (TCCCPR: the series 140, ten digits in all).
const PROMOTION: &str = "+91140";

/// Digits of an Indian number without its country code.
const INDIAN_DIGITS: usize = 10;

/// A number in E.164: `+`, country code, subscriber number; 8 to 16 characters.
///
/// Indian numbers are read in every form the carrier uses (`+91…`, `%2b91…`, `91…`, `0091…`,
/// `0…`, ten digits); other countries by `+` and country code. An Indian number needs the right
/// length only, because the carrier is the judge of what is in service. `Display` and `Debug`
/// show the last two digits only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = String, pattern = "^[+0-9]", min_length = 10, examples("+911234567890"))]
pub struct PhoneNumber(String);

/// Why a text is not a phone number. Never holds the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPhone {
    /// Nothing but blanks.
    #[error("expected a phone number such as +911234567890, got nothing")]
    Empty,
    /// Letters or other signs that no phone number has.
    #[error("expected digits, optionally with a leading +, blanks, dashes or brackets")]
    NotANumber,
    /// The digits do not make a number of any country.
    #[error("expected ten digits for India, or + and a country code with a number of that country")]
    WrongLength,
}

impl PhoneNumber {
    /// The whole number, for the carrier and the store only.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// Whether it belongs to the series from which alone promotion may call in India, and from which
    /// nothing else may.
    #[must_use]
    pub fn is_for_promotion(&self) -> bool {
        self.0.starts_with(PROMOTION)
    }

    /// The last ten digits, by which the carrier's spellings are compared.
    #[must_use]
    pub fn last_ten(&self) -> &str {
        &self.0[self.0.len().saturating_sub(INDIAN_DIGITS).max(1)..]
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (has_plus, digits) = digits_of(text)?;
        match indian(has_plus, &digits) {
            Some(subscriber) => Ok(Self(format!("+91{subscriber}"))),
            None if has_plus => foreign(&digits),
            None => Err(InvalidPhone::WrongLength),
        }
    }
}

/// Strips separators; says whether the number began with `+` or its percent-encoding.
fn digits_of(text: &str) -> Result<(bool, String), InvalidPhone> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidPhone::Empty);
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(InvalidPhone::WrongLength);
    }
    let encoded = text
        .strip_prefix("%2b")
        .or_else(|| text.strip_prefix("%2B"));
    let rest = encoded.or_else(|| text.strip_prefix('+'));
    let is_separator = |c: char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}');
    let digits: String = rest
        .unwrap_or(text)
        .chars()
        .filter(|c| !is_separator(*c))
        .collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidPhone::NotANumber);
    }
    Ok((rest.is_some(), digits))
}

/// The ten digits of an Indian number, if this is one.
fn indian(has_plus: bool, digits: &str) -> Option<&str> {
    let forms: &[&str] = if has_plus {
        &["91", "910"]
    } else {
        &["", "0", "91", "0091", "910"]
    };
    forms
        .iter()
        .filter_map(|prefix| digits.strip_prefix(prefix))
        .find(|rest| rest.len() == INDIAN_DIGITS)
}

fn foreign(digits: &str) -> Result<PhoneNumber, InvalidPhone> {
    let number = phonenumber::parse(None::<country::Id>, format!("+{digits}"))
        .map_err(|_| InvalidPhone::WrongLength)?;
    if number.code().value() == 91 || !number.is_valid() {
        return Err(InvalidPhone::WrongLength);
    }
    Ok(PhoneNumber(
        number.format().mode(phonenumber::Mode::E164).to_string(),
    ))
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().saturating_sub(2);
        write!(f, "{}{}", "•".repeat(shown), &self.0[shown..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indian_numbers_are_read_in_every_form() {
        for text in [
            "+911234567890",
            "%2b911234567890",
            "%2B911234567890",
            "911234567890",
            "00911234567890",
            "01234567890",
            "1234567890",
            " +91 12345-67890 ",
            "+91 (12345) 67890",
            "+9101234567890",
        ] {
            let number: PhoneNumber = text.parse().expect(text);
            assert_eq!(number.e164(), "+911234567890", "{text}");
            assert_eq!(number.last_ten(), "1234567890");
        }
    }

    #[test]
    fn other_countries_need_a_plus_and_a_number_of_that_country() {
        let number: PhoneNumber = "+44 20 7946 0018".parse().unwrap();
        assert_eq!(number.e164(), "+442079460018");
        let rome: PhoneNumber = "+39 06 1234 5678".parse().unwrap();
        assert_eq!(rome.e164(), "+390612345678");
        assert_eq!(rome.e164().parse::<PhoneNumber>(), Ok(rome.clone()));
        assert_eq!(
            "442079460018".parse::<PhoneNumber>(),
            Err(InvalidPhone::WrongLength)
        );
        assert_eq!(
            "+44 20".parse::<PhoneNumber>(),
            Err(InvalidPhone::WrongLength)
        );
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_is_expected() {
        #[track_caller]
        fn check(text: &str, expected: InvalidPhone) {
            assert_eq!(text.parse::<PhoneNumber>(), Err(expected), "{text}");
        }
        check("", InvalidPhone::Empty);
        check("  ", InvalidPhone::Empty);
        check("False", InvalidPhone::NotANumber);
        check("+", InvalidPhone::NotANumber);
        check("+91123456789x", InvalidPhone::NotANumber);
        check("१२३४५६७८९०", InvalidPhone::NotANumber);
        check("12345", InvalidPhone::WrongLength);
        check("+91123456789", InvalidPhone::WrongLength);
        check("+9112345678901", InvalidPhone::WrongLength);
        check(&"1".repeat(500), InvalidPhone::WrongLength);
        check(&" x".repeat(20), InvalidPhone::NotANumber);
        check(&" x".repeat(21), InvalidPhone::WrongLength);
    }

    #[test]
    fn promotion_has_a_series_of_its_own() {
        let is_for_promotion = |text: &str| {
            let number: PhoneNumber = text.parse().unwrap();
            number.is_for_promotion()
        };
        for text in [
            "+911401234567",
            "1401234567",
            "01401234567",
            "+91 140 123 4567",
        ] {
            assert!(is_for_promotion(text), "{text}");
        }
        for text in [
            "+911234567890",
            "+911600123456",
            "+919140123456",
            "+14012345678",
        ] {
            assert!(!is_for_promotion(text), "{text}");
        }
    }

    #[test]
    fn a_number_masks_itself() {
        let number: PhoneNumber = "+911234567890".parse().unwrap();
        for shown in [number.to_string(), format!("{number:?}")] {
            assert!(shown.ends_with("90"));
            assert!(!shown.contains("12345"));
        }
    }

    proptest! {
        #[test]
        fn invariant_reading_never_panics_and_reads_back(text in ".{0,45}") {
            if let Ok(number) = text.parse::<PhoneNumber>() {
                prop_assert_eq!(number.e164().parse::<PhoneNumber>(), Ok(number.clone()));
            }
        }

        #[test]
        fn invariant_digits_never_panic(text in r"\+?[0-9 ()-]{0,25}") {
            if let Ok(number) = text.parse::<PhoneNumber>() {
                prop_assert!(number.last_ten().len() <= 15);
            }
        }
    }
}
