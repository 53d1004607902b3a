//! Why a row cannot be called, and what to do about it.

use call::private::Private;

/// Why a row cannot be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No telephone number.
    PhoneMissing,
    /// Letters or signs that no telephone number has.
    PhoneLetters,
    /// Too few or too many digits.
    PhoneLength,
    /// Excel kept the first digits only.
    LostDigits,
    /// A date where the number belongs.
    DateForNumber,
    /// More than one number in a cell.
    SeveralNumbers,
    /// No name.
    NameMissing,
    /// A name that cannot be spoken.
    NameUnfit,
    /// An id that the trigger does not take.
    PatientIdUnfit,
    /// A treatment that the trigger does not take.
    TreatmentUnfit,
    /// A language that no agent has a preset for.
    LanguageUnknown,
    /// A variable that the agent needs.
    VariableMissing,
    /// More text than a call may bring along.
    VariablesTooLong,
    /// A formula that failed.
    FormulaFailed,
    /// A value under no header.
    NoHeader,
    /// Promotion without consent.
    ConsentMissing,
}

impl Reason {
    /// Every reason, those of the telephone number first.
    pub const ALL: [Self; 16] = [
        Self::PhoneMissing,
        Self::PhoneLetters,
        Self::PhoneLength,
        Self::LostDigits,
        Self::DateForNumber,
        Self::SeveralNumbers,
        Self::NameMissing,
        Self::NameUnfit,
        Self::PatientIdUnfit,
        Self::TreatmentUnfit,
        Self::LanguageUnknown,
        Self::VariableMissing,
        Self::VariablesTooLong,
        Self::FormulaFailed,
        Self::NoHeader,
        Self::ConsentMissing,
    ];

    /// Its name for programs, what is wrong, and what to do.
    const fn told(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::PhoneMissing => (
                "phone_missing",
                "there is no telephone number",
                "enter it, or delete the row",
            ),
            Self::PhoneLetters => (
                "phone_letters",
                "this is no telephone number",
                "leave nothing in the cell but the digits and a + before them",
            ),
            Self::PhoneLength => (
                "phone_length",
                "this has too few or too many digits",
                "enter the ten digits of an Indian number, or + and the code of another country",
            ),
            Self::LostDigits => (
                "lost_digits",
                "Excel has thrown away the last digits",
                "format the column as text, then enter the whole number again",
            ),
            Self::DateForNumber => (
                "date_for_number",
                "this is a date, not a telephone number",
                "enter the number; look whether the columns of this row have moved",
            ),
            Self::SeveralNumbers => (
                "several_numbers",
                "there is more than one number in the cell",
                "leave the one to call",
            ),
            Self::NameMissing => (
                "name_missing",
                "there is no name",
                "enter it: the agent asks for the patient by name",
            ),
            Self::NameUnfit => (
                "name_unfit",
                "the name has a line break or more than 200 characters",
                "leave the name alone in the cell",
            ),
            Self::PatientIdUnfit => (
                "patient_id_unfit",
                "the patient's id has a line break or more than 128 characters",
                "enter the id alone",
            ),
            Self::TreatmentUnfit => (
                "treatment_unfit",
                "the treatment has a line break or more than 200 characters",
                "shorten it to a phrase",
            ),
            Self::LanguageUnknown => (
                "language_unknown",
                "no agent speaks this language",
                "enter hi or en, or leave the cell empty",
            ),
            Self::VariableMissing => (
                "variable_missing",
                "the agent needs this and the cell is empty",
                "fill it in",
            ),
            Self::VariablesTooLong => (
                "variables_too_long",
                "the columns that are given to the agent hold more than 8 KB in this row",
                "shorten them, or delete columns that the call does not need",
            ),
            Self::FormulaFailed => (
                "formula_failed",
                "the formula in this cell has failed",
                "mend the formula, or enter the value itself",
            ),
            Self::NoHeader => (
                "no_header",
                "this value stands under no header",
                "give the column a header, or look whether the cells of this row have moved",
            ),
            Self::ConsentMissing => (
                "consent_missing",
                "a promotional call needs the source, time, purpose and text of the patient's consent",
                "fill in the four columns, or delete the row",
            ),
        }
    }

    /// Its name for programs: always one word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.told().0
    }

    /// What is wrong.
    #[must_use]
    pub const fn says(self) -> &'static str {
        self.told().1
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.told().2
    }
}

/// One thing that is wrong in a row. `Debug` does not show what was found, so that it can be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column, from 0.
    pub column: usize,
    /// Its header; empty where there is none.
    pub header: String,
    /// Why.
    pub reason: Reason,
    /// The beginning of what stands there, for the one whose file it is.
    pub found: Private,
}

impl Fault {
    /// What is wrong and what to do, for the one whose file it is: it says what was found.
    #[must_use]
    pub fn told(&self) -> String {
        let found = self.found.expose();
        let found = if found.is_empty() {
            String::new()
        } else {
            format!(" ({found})")
        };
        let (says, remedy) = (self.reason.says(), self.reason.remedy());
        format!("{}{found}: {says}; {remedy}", self.header)
    }
}

/// Most characters of a cell that are shown (40).
const SHOWN_CHARS_MAX: usize = 40;

/// The beginning of a text, in one line that does nothing to a terminal.
pub(crate) fn shortened(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words.filter(|word| !word.is_empty());
    let line = words.take(SHOWN_CHARS_MAX).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN_CHARS_MAX {
        return line;
    }
    let shown: String = line.chars().take(SHOWN_CHARS_MAX - 1).collect();
    format!("{shown}…")
}
