//! What is wrong with a header.

use super::Field;
use call::rules;

/// What is wrong with a file as a whole, so that no row can be judged. Headers are no patient's data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StructureError {
    /// A row of data where headers belong.
    #[error(
        "row {row} holds no headers but a telephone number: put a row above it that names the columns, for example phone and name"
    )]
    NoHeaderRow {
        /// The first row, as Excel counts.
        row: u32,
    },
    /// A column that must be there.
    #[error("there is no column for the {}: name it, for example {}", .field.label(), .field.headers()[0])]
    MissingColumn {
        /// What it would hold.
        field: Field,
    },
    /// Columns that could be meant alike.
    #[error("several columns could be the {}: {}; rename all but one", .field.label(), headers.join(", "))]
    SeveralColumns {
        /// What they could be.
        field: Field,
        /// Their headers.
        headers: Vec<String>,
    },
    /// A header that is there more than once.
    #[error("the header {header} is there more than once: rename one of the columns")]
    HeaderTwice {
        /// The header.
        header: String,
    },
    /// A variable of the agent's that no column has.
    #[error("there is no column {name}, which the agent needs: add it")]
    MissingVariable {
        /// Its name.
        name: String,
    },
    /// More columns than an agent may be told.
    #[error(
        "{found} columns would be given to the agent, and {} is the most: delete those that the call does not need",
        rules::FREE_FIELDS_MAX
    )]
    TooManyVariables {
        /// How many there are.
        found: usize,
    },
    /// A header that no variable can have as its name.
    #[error(
        "the header of column {column} is longer than {} characters or has a line break: shorten it",
        rules::FREE_NAME_CHARS_MAX
    )]
    HeaderUnfit {
        /// The column, from 1.
        column: usize,
    },
    /// A header that was named and is not there.
    #[error("there is no column {name}, which was named as that of the telephone number")]
    NoSuchColumn {
        /// The name.
        name: String,
    },
    /// A header and nothing below it.
    #[error("there is no row below the header: add a row for each patient")]
    NoRows,
}

impl StructureError {
    /// Its name, for programs: always one word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoHeaderRow { .. } => "no_header_row",
            Self::MissingColumn { .. } => "missing_column",
            Self::SeveralColumns { .. } => "several_columns",
            Self::HeaderTwice { .. } => "header_twice",
            Self::MissingVariable { .. } => "missing_variable",
            Self::TooManyVariables { .. } => "too_many_variables",
            Self::HeaderUnfit { .. } => "header_unfit",
            Self::NoSuchColumn { .. } => "no_such_column",
            Self::NoRows => "no_rows",
        }
    }
}
