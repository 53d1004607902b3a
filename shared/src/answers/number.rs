//! Whole numbers as people say them: digits of both scripts, English and Hindi words.

/// Hindi names of 0 to 99 in the spellings met most, marks folded as by [`fold`]. Names of Hindi
/// numbers follow no rule, so they are listed.
const HINDI: [&[&str]; 100] = [
    &["शून्य"],
    &["एक"],
    &["दो"],
    &["तीन"],
    &["चार"],
    &["पांच"],
    &["छह", "छः", "छे"],
    &["सात"],
    &["आठ"],
    &["नौ"],
    &["दस"],
    &["ग्यारह"],
    &["बारह"],
    &["तेरह"],
    &["चौदह"],
    &["पंद्रह", "पन्द्रह"],
    &["सोलह"],
    &["सत्रह", "सतरह"],
    &["अठारह", "अट्ठारह"],
    &["उन्नीस"],
    &["बीस"],
    &["इक्कीस"],
    &["बाईस", "बाइस"],
    &["तेईस", "तेइस"],
    &["चौबीस"],
    &["पच्चीस"],
    &["छब्बीस"],
    &["सत्ताईस", "सत्ताइस"],
    &["अट्ठाईस", "अट्ठाइस", "अठाईस", "अठाइस"],
    &["उनतीस", "उन्तीस"],
    &["तीस"],
    &["इकतीस", "इकत्तीस"],
    &["बत्तीस"],
    &["तैंतीस", "तेंतीस"],
    &["चौंतीस", "चौतीस"],
    &["पैंतीस"],
    &["छत्तीस"],
    &["सैंतीस"],
    &["अडतीस"],
    &["उनतालीस", "उन्तालीस"],
    &["चालीस"],
    &["इकतालीस"],
    &["बयालीस", "बियालीस"],
    &["तैंतालीस", "तेतालीस"],
    &["चौवालीस", "चवालीस"],
    &["पैंतालीस"],
    &["छियालीस", "छयालीस"],
    &["सैंतालीस"],
    &["अडतालीस"],
    &["उनचास", "उन्चास"],
    &["पचास"],
    &["इक्यावन"],
    &["बावन"],
    &["तिरपन", "तिरेपन"],
    &["चौवन", "चव्वन"],
    &["पचपन"],
    &["छप्पन"],
    &["सत्तावन"],
    &["अट्ठावन", "अठावन"],
    &["उनसठ"],
    &["साठ"],
    &["इकसठ"],
    &["बासठ"],
    &["तिरसठ", "तिरेसठ"],
    &["चौंसठ", "चौसठ"],
    &["पैंसठ"],
    &["छियासठ", "छाछठ"],
    &["सडसठ", "सरसठ"],
    &["अडसठ"],
    &["उनहत्तर"],
    &["सत्तर"],
    &["इकहत्तर"],
    &["बहत्तर"],
    &["तिहत्तर"],
    &["चौहत्तर"],
    &["पचहत्तर"],
    &["छिहत्तर"],
    &["सतहत्तर"],
    &["अठहत्तर"],
    &["उनासी", "उन्यासी"],
    &["अस्सी"],
    &["इक्यासी"],
    &["बयासी"],
    &["तिरासी"],
    &["चौरासी"],
    &["पचासी"],
    &["छियासी"],
    &["सत्तासी", "सतासी"],
    &["अट्ठासी", "अठासी"],
    &["नवासी"],
    &["नब्बे"],
    &["इक्यानवे", "इक्यानबे"],
    &["बानवे", "बानबे"],
    &["तिरानवे", "तिरानबे"],
    &["चौरानवे", "चौरानबे"],
    &["पचानवे", "पंचानवे", "पंचानबे"],
    &["छियानवे", "छियानबे"],
    &["सत्तानवे", "सत्तानबे"],
    &["अट्ठानवे", "अठानवे", "अट्ठानबे"],
    &["निन्यानवे", "निन्यानबे"],
];

/// English names of 0 to 19.
const ENGLISH: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

/// English names of 20, 30, … 90.
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];

/// Longest number written in digits; more cannot be an answer to any question here.
const DIGITS_MAX: usize = 9;

/// The one whole number that a text names. Words around it are passed over; a text with two
/// numbers, a fraction or a negative number names none.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = fold(text);
    if text.contains(['.', '+']) || text.trim_start().starts_with(['-', '−']) {
        return None;
    }
    let mut found = None;
    let mut current: Option<i64> = None;
    for word in text.split(|c: char| !is_part_of_word(c)) {
        let value = value_of(word)?;
        let joined = match (value, current) {
            (Part::Gap, Some(_)) => continue,
            (Part::Number(value), Some(before)) => join(before, value),
            (Part::Number(value), None) => Some(value),
            (Part::Word | Part::Gap, _) => None,
        };
        match (joined, current) {
            (Some(number), _) => current = Some(number),
            (None, Some(_)) if matches!(value, Part::Number(_)) => return None,
            (None, Some(number)) => {
                if found.replace(number).is_some() {
                    return None;
                }
                current = None;
            }
            (None, None) => {}
        }
    }
    match (found, current) {
        (Some(_), Some(_)) => None,
        (found, current) => current.or(found),
    }
}

/// What one word contributes.
#[derive(Clone, Copy)]
enum Part {
    Number(i64),
    Word,
    /// Nothing, or an "and": a number may go on after it.
    Gap,
}

/// `None` for digits that are too many to mean anything.
fn value_of(word: &str) -> Option<Part> {
    if word.is_empty() || word == "and" || word == "और" {
        return Some(Part::Gap);
    }
    if word.chars().all(|c| c.is_ascii_digit()) {
        let is_fit = word.len() <= DIGITS_MAX;
        return is_fit.then(|| word.parse().map_or(Part::Word, Part::Number));
    }
    let named = |names: &[&str]| names.contains(&word);
    let position = HINDI.iter().position(|names| named(names));
    let english = || ENGLISH.iter().position(|name| *name == word);
    let tens = || {
        TENS.iter()
            .position(|name| *name == word)
            .map(|n| 20 + 10 * n)
    };
    let hundred = || matches!(word, "hundred" | "सौ").then_some(100);
    let value = position.or_else(english).or_else(tens).or_else(hundred);
    Some(match value.and_then(|value| i64::try_from(value).ok()) {
        Some(value) => Part::Number(value),
        None => Part::Word,
    })
}

/// The number that two parts in a row name: `forty two`, `one hundred` and `hundred five`.
fn join(before: i64, next: i64) -> Option<i64> {
    match (before, next) {
        (1..=9, 100) => Some(before * 100),
        (20..=90, 1..=9) if before % 10 == 0 => Some(before + next),
        (100..=900, 1..=99) if before % 100 == 0 => Some(before + next),
        (120..=990, 1..=9) if before % 10 == 0 => Some(before + next),
        _ => None,
    }
}

/// Letters, digits, and the signs that hang on Devanagari letters.
fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{0900}'..='\u{0963}')
}

/// Lower case, ASCII digits, and one spelling of what is written in several ways: the candrabindu
/// as anusvara, no nukta.
pub(super) fn fold(text: &str) -> String {
    let folded = text.chars().filter_map(|c| match c {
        '०'..='९' => char::from_digit(u32::from(c) - u32::from('०'), 10),
        'ँ' => Some('ं'),
        '\u{093c}' => None,
        '\u{095c}' => Some('ड'),
        '\u{095d}' => Some('ढ'),
        c => Some(c.to_ascii_lowercase()),
    });
    folded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, number) in [
            ("42", 42),
            ("४२", 42),
            (" 42 साल", 42),
            ("I am forty-two years old", 42),
            ("Forty Two", 42),
            ("बयालीस", 42),
            ("मैं बयालीस साल का हूँ", 42),
            ("मेरी उम्र पाँच साल है", 5),
            ("सड़सठ", 67),
            ("अड़तीस", 38),
            ("one hundred and five", 105),
            ("a hundred", 100),
            ("एक सौ पाँच", 105),
            ("सौ", 100),
            ("one hundred twenty", 120),
            ("one hundred twenty one", 121),
            ("zero", 0),
            ("nineteen", 19),
        ] {
            assert_eq!(read(text), Some(number), "{text}");
        }
    }

    #[test]
    fn what_names_no_number_or_several_is_none() {
        for text in [
            "",
            "many",
            "six or seven",
            "6-7",
            "4 2",
            "42.5",
            "-5",
            "twenty thirty",
            "1234567890",
            "छह या सात",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_hindi_name_stands_for_one_number() {
        for (number, names) in HINDI.iter().enumerate() {
            for name in *names {
                assert_eq!(*name, fold(name), "not as the text is folded");
                assert_eq!(read(name), i64::try_from(number).ok(), "{name}");
            }
        }
    }
}
