//! What is given at the command line, read.

use call::report::{InvalidPrice, MinutePrice};
use std::time::Duration;

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
pub(super) fn paise(text: &str) -> Result<u32, InvalidPrice> {
    text.parse().map(MinutePrice::paise)
}

#[cfg(test)]
mod tests {
    use super::*;

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
