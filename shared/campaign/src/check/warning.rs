//! What is to be looked at though every row is fit.

use std::fmt;

/// What is to be looked at in a column as a whole, and no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// It looks as if it were typed in an old font.
    OldFont {
        /// Its header.
        header: String,
    },
    /// It is said to be Hindi, and has no letter of Devanagari.
    NoDevanagari {
        /// Its header.
        header: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OldFont { header } => write!(
                f,
                "column {header} looks like Hindi typed in the font Kruti Dev, which the agent would spell \
                 out as Latin letters: turn it into Unicode (Mangal, Nirmala UI)"
            ),
            Self::NoDevanagari { header } => write!(
                f,
                "column {header} should be Hindi and has no letter of Devanagari: the agent says the \
                 samples as they stand there"
            ),
        }
    }
}
