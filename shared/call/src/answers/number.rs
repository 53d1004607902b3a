//! Whole numbers as people say them: digits of both scripts, English and Hindi words.
//!
//! What is read is saved as the patient's answer, so a text is read whole or not at all: each word of
//! it is part of one number, or known to change nothing about it.

mod names;
mod sum;

use names::{ENGLISH, FILLERS, HINDI, QUARTERS, SCALES, SHIFTS, TENS, UNITS};
use sum::Sum;

/// Longest number written in digits; more cannot be an answer to any question here.
const DIGITS_MAX: usize = 9;

/// The one whole number that a text names, in answer to a question in these words.
///
/// `None` for a text with anything that is not understood: another number, a fraction, a sign, a
/// unit that the question does not ask in, an unknown word.
pub(super) fn read(text: &str, question: &str) -> Option<i64> {
    let units = units_of(question);
    let folded = fold(text);
    let mut reader = Reader::default();
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        let (token, after) = rest.split_at(token_len(rest, first));
        let next = after.chars().next();
        match first {
            c if is_part_of_word(c) => reader.word(token, units)?,
            c if c.is_whitespace() => reader.gap(),
            ',' | '।' | '!' | '.' => reader.stop(next)?,
            '-' | '‑' => reader.hyphen(next)?,
            _ => return None,
        }
        rest = after;
    }
    reader.finish()
}

/// Bytes of the token at the start: a word, digits, or one sign.
fn token_len(text: &str, first: char) -> usize {
    let is_alike = |c: char| is_part_of_word(c) && c.is_ascii_digit() == first.is_ascii_digit();
    if !is_part_of_word(first) {
        return first.len_utf8();
    }
    text.find(|c| !is_alike(c)).unwrap_or(text.len())
}

/// What a word means here.
#[derive(Clone, Copy)]
enum Word {
    Part(Part),
    /// Between the parts of a number, as in `one hundred and five`.
    And,
    Filler,
}

/// One word of a number.
#[derive(Clone, Copy)]
enum Part {
    Digits(i64),
    /// An English word of 1 to 9, which may follow a [`Part::Ten`].
    Unit(i64),
    /// An English word of 20, 30, … 90.
    Ten(i64),
    /// Any other word of 0 to 99.
    Whole(i64),
    /// A hundred and more.
    Scale(i64),
    /// A fraction that stands alone, in quarters.
    Quarters(i64),
    /// A fraction added to the number that follows, in quarters.
    Shift(i64),
}

/// Where in a text the reading is.
#[derive(Default)]
struct Reader {
    sum: Option<Sum>,
    /// The number has ended; only fillers may follow.
    is_over: bool,
    /// An `and` waits for what it joins.
    is_joining: bool,
    /// Nothing but letters or digits since the last word.
    is_attached: bool,
}

impl Reader {
    fn word(&mut self, word: &str, units: &[&[&str]]) -> Option<()> {
        let is_unit = || self.sum.is_some() && units.iter().any(|unit| unit.contains(&word));
        let meant = match meaning(word) {
            None if is_unit() => Word::Filler,
            meant => meant?,
        };
        self.is_attached = true;
        match meant {
            Word::Part(_) if self.is_over => return None,
            Word::Part(part) => {
                self.is_joining = false;
                self.sum.get_or_insert_default().add(part)?;
            }
            Word::And => {
                let sum = self.sum.as_ref().filter(|_| !self.is_over)?;
                self.is_joining = sum.ends_in_scale() && !self.is_joining;
                return self.is_joining.then_some(());
            }
            Word::Filler => self.is_over = self.sum.is_some(),
        }
        Some(())
    }

    fn gap(&mut self) {
        self.is_attached = false;
    }

    /// The end of a sentence or of a part of it; before a digit it would be a point.
    fn stop(&mut self, next: Option<char>) -> Option<()> {
        let is_stop = self.is_attached && !next.is_some_and(is_part_of_word) && !self.is_joining;
        self.is_over |= self.sum.is_some();
        self.is_attached = false;
        is_stop.then_some(())
    }

    /// Between two words of a number or after it; before one it would be a minus.
    fn hyphen(&mut self, next: Option<char>) -> Option<()> {
        let is_joint = next.is_some_and(|c| is_part_of_word(c) && !c.is_ascii_digit());
        (self.is_attached && self.sum.is_some() && is_joint).then_some(())
    }

    fn finish(self) -> Option<i64> {
        self.sum.filter(|_| !self.is_joining)?.total()
    }
}

/// `None` for a word that is not known, and for digits that are too many to mean anything.
fn meaning(word: &str) -> Option<Word> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = Some(word).filter(|word| word.len() <= DIGITS_MAX)?;
        return digits.parse().ok().map(Part::Digits).map(Word::Part);
    }
    if matches!(word, "and" | "और") {
        return Some(Word::And);
    }
    if FILLERS.contains(&word) {
        return Some(Word::Filler);
    }
    part(word).map(Word::Part)
}

fn part(word: &str) -> Option<Part> {
    let among = |table: &[(i64, &[&str])]| {
        let row = table.iter().find(|(_, names)| names.contains(&word));
        row.map(|(value, _)| *value)
    };
    let place = |at: Option<usize>| at.and_then(|at| i64::try_from(at).ok());
    let english = || place(ENGLISH.iter().position(|name| *name == word));
    let ten = || place(TENS.iter().position(|name| *name == word));
    let hindi = || place(HINDI.iter().position(|names| names.contains(&word)));
    english()
        .map(|value| match value {
            1..=9 => Part::Unit(value),
            _ => Part::Whole(value),
        })
        .or_else(|| ten().map(|at| Part::Ten(20 + 10 * at)))
        .or_else(|| hindi().map(Part::Whole))
        .or_else(|| among(&SCALES).map(Part::Scale))
        .or_else(|| among(&QUARTERS).map(Part::Quarters))
        .or_else(|| among(&SHIFTS).map(Part::Shift))
}

/// The unit that a question asks in; nothing if it names none or several.
fn units_of(question: &str) -> &'static [&'static [&'static str]] {
    let folded = fold(question);
    let asks_in = |unit: &[&str]| {
        let mut words = folded.split(|c| !is_part_of_word(c));
        words.any(|word| unit.contains(&word))
    };
    let mut asked = (0..UNITS.len()).filter(|at| asks_in(UNITS[*at]));
    match (asked.next(), asked.next()) {
        (Some(at), None) => &UNITS[at..=at],
        _ => &[],
    }
}

/// Letters, digits, the signs that hang on Devanagari letters, and the apostrophe.
fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{0900}'..='\u{0963}' | '\'')
}

/// Lower case, ASCII digits, and one spelling of what is written in several ways: the candrabindu
/// as anusvara, no nukta, one apostrophe.
pub(super) fn fold(text: &str) -> String {
    let folded = text.chars().filter_map(|c| match c {
        '०'..='९' => char::from_digit(u32::from(c) - u32::from('०'), 10),
        'ँ' => Some('ं'),
        '\u{093c}' => None,
        '\u{095b}' => Some('ज'),
        '\u{095c}' => Some('ड'),
        '\u{095d}' => Some('ढ'),
        '\u{095e}' => Some('फ'),
        '’' => Some('\''),
        c => Some(c.to_ascii_lowercase()),
    });
    folded.collect()
}

#[cfg(test)]
mod tests;
