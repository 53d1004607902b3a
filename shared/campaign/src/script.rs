//! Hindi that is none: what an old font shows as Hindi and a program reads as Latin letters.

/// Whether a text has a letter of Devanagari.
pub(crate) fn is_devanagari(text: &str) -> bool {
    text.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c))
}

/// Whether a text has a letter of the Latin alphabet.
pub(crate) fn is_latin(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_alphabetic())
}

/// Whether a text looks like one that was typed in the font Kruti Dev, in which `esjk uke` shows as
/// "मेरा नाम": words with signs, capitals within them or no vowel, as no name in Latin letters has.
pub(crate) fn is_kruti_dev(text: &str) -> bool {
    if is_devanagari(text) {
        return false;
    }
    text.split_whitespace().any(is_kruti_word)
}

fn is_kruti_word(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let has_letter = letters.iter().any(char::is_ascii_lowercase);
    // A name has none of these between letters; O'Brien has a capital before it.
    let has_sign = letters.windows(2).any(|pair| {
        matches!(pair[0], ';' | '[' | '{' | '~' | '^' | '`' | '\'') && pair[1].is_ascii_lowercase()
    });
    let turns = letters
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    // McDonald and DeSouza turn once, early; `'kekZ` turns at its end.
    let ends_in_capital = letters.last().is_some_and(char::is_ascii_uppercase) && turns.count() > 0;
    let is_vowel = |c: &char| "aeiouyAEIOUY".contains(*c);
    let is_bare = letters.len() >= 4
        && letters.iter().all(char::is_ascii_lowercase)
        && !letters.iter().any(is_vowel);
    let is_known = matches!(word, "esjk" | "uke" | "dk" | "ds" | "esa" | "gS");
    has_letter && (has_sign || ends_in_capital || is_bare || is_known)
}
