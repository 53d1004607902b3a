//! What people and programs leave in cells, taken away; what cannot be known again, told apart.

use crate::fault::Reason;
use call::phone::{InvalidPhone, PhoneNumber};

/// Marks that nobody sees: zero-width characters, those that turn the direction of writing, variation
/// selectors, byte order marks and soft hyphens.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// A text as it may be spoken: without invisible marks, blanks around it, and the `'` by which Excel
/// marks text or a guard against formulas. Other blanks than the usual one become that.
#[must_use]
pub fn text(cell: &str) -> String {
    let seen = cell.chars().filter(|c| !is_invisible(*c));
    let plain: String = seen.map(|c| if is_blank(c) { ' ' } else { c }).collect();
    let plain = plain.trim();
    let unmarked = plain.strip_prefix('\'').map(str::trim_start);
    let is_mark = |rest: &&str| {
        rest.starts_with(['=', '+', '-', '@']) || rest.starts_with(|c: char| c.is_numeric())
    };
    unmarked.filter(is_mark).unwrap_or(plain).to_owned()
}

const fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\t'
    )
}

/// What a failed formula shows, as Excel writes it into any format.
const FAILED: [&str; 8] = [
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!",
];

/// Whether a text is what a failed formula shows.
pub(crate) fn is_failed(text: &str) -> bool {
    FAILED.contains(&text)
}

/// A telephone number as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleanPhone {
    /// The number.
    pub number: PhoneNumber,
    /// Whether it ends in six zeros: it may have gone through Excel as `9.12346E+11`.
    pub is_round: bool,
}

/// Reads a cell as a telephone number. Spellings are cleaned; a number that has lost digits is never
/// repaired.
///
/// # Errors
/// The [`Reason`] why it is none.
pub fn phone(cell: &str) -> Result<CleanPhone, Reason> {
    let plain: String = text(cell).chars().map(usual).collect();
    let plain = plain.trim().trim_start_matches('\'');
    if has_lost_digits(plain) {
        return Err(Reason::LostDigits);
    }
    if is_date(plain) {
        return Err(Reason::DateForNumber);
    }
    if is_fraction(plain) {
        return Err(Reason::PhoneLength);
    }
    let whole = plain.strip_suffix(".0").or(plain.strip_suffix(".00"));
    let number: Result<PhoneNumber, _> = whole.unwrap_or(plain).parse();
    let number = number.map_err(|error| match error {
        InvalidPhone::Empty => Reason::PhoneMissing,
        _ if is_several(plain) => Reason::SeveralNumbers,
        InvalidPhone::NotANumber => Reason::PhoneLetters,
        InvalidPhone::WrongLength => Reason::PhoneLength,
    })?;
    let is_round = number.e164().ends_with("000000");
    Ok(CleanPhone { number, is_round })
}

/// Digits of other scripts as ASCII's, and every dash as a hyphen.
fn usual(c: char) -> char {
    let digit = |zero: char| {
        let value = u32::from(c).checked_sub(u32::from(zero));
        let value = value.filter(|value| *value < 10);
        value.and_then(|value| char::from_digit(value, 10))
    };
    let zeros = [
        '\u{966}', '\u{9e6}', '\u{ae6}', '\u{660}', '\u{6f0}', '\u{ff10}',
    ];
    let read = zeros.into_iter().find_map(digit);
    read.unwrap_or(match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff0b}' => '+',
        _ => c,
    })
}

/// `9.19877E+11`, as Excel shows a long number in a narrow column and then saves it.
fn has_lost_digits(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let all_digits = |text: &str, also: &[char]| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || also.contains(&c))
    };
    let digits = digits.trim_start_matches(['+', '-']);
    all_digits(digits, &['.', ',']) && all_digits(power.trim_start_matches(['+', '-']), &[])
}

/// `2026-11-23`, `23/11/2026`, `23.11.26 09:30`.
fn is_date(text: &str) -> bool {
    let day = text.split(' ').next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let is_number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    parts.iter().all(is_number)
        && matches!(
            lengths.as_slice(),
            [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4]
        )
}

/// A number with something behind its point, which is no way to write a telephone number: `12345.67801` is.
fn is_fraction(text: &str) -> bool {
    let Some((whole, part)) = text.split_once('.') else {
        return false;
    };
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole)
        && is_digits(part)
        && (1..=3).contains(&part.len())
        && !part.trim_matches('0').is_empty()
}

/// Several numbers in one cell.
fn is_several(text: &str) -> bool {
    let parts = text.split([',', ';', '/', '|', '\n', '&']);
    let is_long = |part: &&str| part.bytes().filter(u8::is_ascii_digit).count() >= 6;
    parts.filter(is_long).count() > 1
}
