//! Genders as people name them, in both languages.

/// Words for each, folded as by [`fold`].
const WORDS: [(&str, &[&str]); 3] = [
    (
        "male",
        &[
            "male",
            "man",
            "m",
            "boy",
            "पुरुष",
            "पुरूष",
            "आदमी",
            "मर्द",
            "लडका",
        ],
    ),
    (
        "female",
        &[
            "female",
            "woman",
            "f",
            "girl",
            "lady",
            "महिला",
            "स्त्री",
            "औरत",
            "लडकी",
        ],
    ),
    (
        "other",
        &[
            "other",
            "transgender",
            "nonbinary",
            "अन्य",
            "ट्रांसजेंडर",
            "किन्नर",
        ],
    ),
];

/// What is read, as it is stored.
pub(super) const VALUES: [&str; 3] = [WORDS[0].0, WORDS[1].0, WORDS[2].0];

/// Words that say the opposite of what follows or precedes them.
const DENIALS: [&str; 6] = ["not", "no", "isn't", "नहीं", "ना", "न"];

/// `male`, `female` or `other`, if the text names one of them and no second one, and denies none.
pub(super) fn read(text: &str) -> Option<&'static str> {
    let text = fold(text);
    let words: Vec<&str> = text.split([' ', ',', '.', '-', '/', '।', '!']).collect();
    if words.iter().any(|word| DENIALS.contains(word)) {
        return None;
    }
    let mut named = WORDS
        .iter()
        .filter(|(_, names)| words.iter().any(|word| names.contains(word)));
    let (first, second) = (named.next(), named.next());
    first
        .filter(|_| second.is_none())
        .map(|(gender, _)| *gender)
}

/// Lower case, and one spelling of what is written in several ways: no nukta.
fn fold(text: &str) -> String {
    let folded = text.chars().filter_map(|c| match c {
        '\u{093c}' => None,
        '\u{095c}' => Some('ड'),
        '’' => Some('\''),
        c => Some(c.to_ascii_lowercase()),
    });
    folded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genders_are_read_in_both_languages() {
        for (text, gender) in [
            ("Male", Some("male")),
            ("पुरुष", Some("male")),
            ("मैं एक महिला हूँ", Some("female")),
            ("लड़की", Some("female")),
            ("लड\u{93c}का", Some("male")),
            ("isn’t male", None),
            ("अन्य", Some("other")),
            ("male or female", None),
            ("", None),
            ("malefactor", None),
            ("not male", None),
            ("पुरुष नहीं", None),
        ] {
            assert_eq!(read(text), gender, "{text}");
        }
    }
}
