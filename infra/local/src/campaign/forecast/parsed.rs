//! What is given at the command line, read.

use std::time::Duration;

/// Most that a minute may cost (₹1,000): more is a slip of the keyboard.
const PAISE_MAX: u32 = 100_000;

/// `60%`, or `60`.
pub(super) fn percent(text: &str) -> Result<u8, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
    number
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| "expected 0% to 100%".to_owned())
}

/// `3m`, `90s`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    settings::duration_of(text).ok_or_else(|| "expected a time such as 90s or 3m".to_owned())
}

/// Rupees as paise: `0.80` is 80.
pub(super) fn paise(text: &str) -> Result<u32, String> {
    let (rupees, rest) = text.split_once('.').unwrap_or((text, ""));
    let is_fit = |part: &str| part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    let digits = format!("{rupees}{rest:0<2}");
    let paise = digits.parse().ok().filter(|paise| *paise <= PAISE_MAX);
    paise
        .filter(|_| rest.len() <= 2 && !rupees.is_empty() && is_fit(rupees) && is_fit(rest))
        .ok_or_else(|| "expected rupees such as 0.80, at most 1000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_to_the_paisa() {
        let given = ["0.80", "0.8", "12", "1000", "0"];
        assert_eq!(
            given.map(|text| paise(text).unwrap()),
            [80, 80, 1_200, 100_000, 0]
        );
        for wrong in ["", ".5", "0.805", "-1", "1000.01", "+1", "1,5", "0.+5"] {
            assert!(paise(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_end_at_all_and_times_have_their_unit() {
        assert_eq!(
            [percent("60%"), percent("0"), percent("100%")],
            [Ok(60), Ok(0), Ok(100)]
        );
        assert!(percent("101%").is_err() && percent("0.6").is_err());
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert!(time("3").is_err());
    }
}
