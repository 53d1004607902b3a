//! Whole numbers, written in digits.
//!
//! The tools ask for an integer, so the language model, which heard how the number was said, is who
//! converts it. What it sends in words is refused with what is expected, and it sends it again:
//! nothing here guesses what `डेढ़ सौ` or `six or seven` was meant to be.

/// Longest number; more cannot be an answer to any question here.
const DIGITS_MAX: usize = 9;

/// The whole number that a text is: digits of either script, with nothing but space around them.
pub(super) fn read(text: &str) -> Option<i64> {
    let digits: Option<String> = text.trim().chars().map(digit).collect();
    let digits = digits.filter(|digits| digits.len() <= DIGITS_MAX)?;
    digits.parse().ok()
}

fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '०'..='९' => char::from_digit(u32::from(c) - u32::from('०'), 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_of_both_scripts_are_read() {
        for (text, number) in [
            ("42", 42),
            (" ४२\n", 42),
            ("4२", 42),
            ("007", 7),
            ("0", 0),
            ("999999999", 999_999_999),
        ] {
            assert_eq!(read(text), Some(number), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_said_is_not_guessed() {
        for text in [
            "",
            " ",
            "4 2",
            "42.",
            "42.0",
            "-5",
            "−5",
            "+42",
            "6-7",
            "7/10",
            "42%",
            "42 years",
            "४२ साल",
            "forty-two",
            "बयालीस",
            "डेढ़ सौ",
            "minus five",
            "٤٢",
            "1e2",
            "1234567890",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn invariant_what_is_read_is_what_was_written(text in "[ 0-9०-९.a-]{0,11}") {
            if let Some(number) = read(&text) {
                let written: String = text.trim().chars().filter_map(digit).collect();
                prop_assert_eq!(format!("{number:0>width$}", width = written.len()), written);
            }
        }
    }
}
