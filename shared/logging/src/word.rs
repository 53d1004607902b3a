//! Words of others, in a form that may be logged.

/// Most characters of a foreign word that are logged.
const WORD_CHARS_MAX: usize = 40;

/// A word of a carrier's or a platform's that is not known here, in a form that may be logged: short,
/// without digits, which may be a number, and without any script but Latin, which may be a name.
#[must_use]
pub fn masked(word: &str) -> String {
    let mask = |c: char| match c {
        '0'..='9' => '#',
        'a'..='z' | 'A'..='Z' | ' ' | '_' | '-' | '.' | '/' => c,
        _ => '*',
    };
    word.chars().take(WORD_CHARS_MAX).map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_word_is_masked_and_short() {
        assert_eq!(
            masked("Customer Missed#+911234567890"),
            "Customer Missed**############"
        );
        assert_eq!(masked("राहुल"), "*****");
        assert_eq!(masked(&"a".repeat(1_000)).len(), WORD_CHARS_MAX);
    }
}
