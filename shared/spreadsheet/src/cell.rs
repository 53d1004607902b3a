//! Cells and rows, as they were read.

use std::borrow::Cow;

/// What stands in a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing.
    #[default]
    Empty,
    /// Text, as it was entered; all that a CSV or TSV file holds.
    Text(String),
    /// A number.
    Number(f64),
    /// A date, a time of the day or both, as `2026-11-23`, `09:30:00` or `2026-11-23 09:30:00`.
    Date(String),
    /// True or false.
    Truth(bool),
    /// What a formula that failed shows, such as `#N/A`.
    Failed(String),
}

/// From this size on a number is more digits than were stored (10^15): floats hold 15 of them.
const EXACT_MAX: f64 = 1e15;

impl Value {
    /// What the cell says, as a person would type it: numbers without `.0`, and those that are too
    /// large to be exact as `9.19877E+17`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Date(text) | Self::Failed(text) => Cow::Borrowed(text),
            Self::Number(number) if number.abs() >= EXACT_MAX => {
                Cow::Owned(format!("{number:E}").replace('E', "E+"))
            }
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Truth(true) => Cow::Borrowed("TRUE"),
            Self::Truth(false) => Cow::Borrowed("FALSE"),
        }
    }

    /// Whether nothing can be seen in the cell.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_) | Self::Date(_) | Self::Truth(_) | Self::Failed(_) => false,
        }
    }
}

/// A row that holds something.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number as Excel counts, from 1; blank rows before it are counted.
    pub number: u32,
    /// Its cells from column A on, as far as they are written.
    pub cells: Vec<Value>,
}

impl Row {
    /// The row with its cells up to the last one that holds something, if there is one.
    pub(crate) fn trimmed(number: u32, mut cells: Vec<Value>) -> Option<Self> {
        let held = cells.iter().rposition(|cell| !cell.is_blank())?;
        cells.truncate(held + 1);
        Some(Self { number, cells })
    }
}

/// The letters by which Excel names a column, from 0: `A`, `Z`, `AA`.
#[must_use]
pub fn letters(column: usize) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        let letter = u8::try_from(left % 26).expect("a letter of 26");
        letters.push(char::from(b'A' + letter));
        left /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_excel_names_them() {
        let named = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn numbers_read_as_they_were_typed_while_they_are_exact() {
        let texts = [911_234_567_890.0, 9.5, -3.0, 0.1, 9.198_77e17]
            .map(|number| Value::Number(number).text().into_owned());
        assert_eq!(texts, ["911234567890", "9.5", "-3", "0.1", "9.19877E+17"]);
    }
}
