//! Why a file cannot be read, and what to do about it.

use crate::{CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX, letters};

/// Why a file cannot be read. The text says what to do, and holds nothing of the file's content but
/// names of its sheets.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nothing in it, or blanks alone.
    #[error(
        "the file is empty: save the spreadsheet again, with a header row and a row for each patient"
    )]
    Empty,
    /// Too large, packed or unpacked.
    #[error("the file is too large: split it into files of at most {} rows", ROWS_MAX - 1)]
    TooLarge,
    /// XLSX with a password.
    #[error(
        "the file is protected by a password: in Excel choose File, Info, Protect Workbook, and save it without"
    )]
    Encrypted,
    /// The format before 2007.
    #[error("this is a legacy .xls file: open it and save it as Excel Workbook (.xlsx)")]
    LegacyXls,
    /// Another kind of file.
    #[error(
        "this is {0}, not a spreadsheet that can be read: save it as Excel Workbook (.xlsx) or CSV UTF-8"
    )]
    OtherFormat(&'static str),
    /// A container or a sheet that is broken.
    #[error(
        "the file is damaged ({0}): open it in Excel, save it again as Excel Workbook (.xlsx), or take a new copy"
    )]
    Corrupt(&'static str),
    /// Text in an encoding that could only be guessed.
    #[error(
        "row {row}: the text is not UTF-8, and after a guess the agent would say wrong names: in Excel save it as CSV UTF-8 or as Excel Workbook (.xlsx). A file that is called .xlsx and is told so is damaged"
    )]
    Encoding {
        /// The row, as Excel counts.
        row: u32,
    },
    /// A quotation mark that is never closed.
    #[error(
        "row {row}: a quotation mark is opened in this row and never closed: close it, or save the file as Excel Workbook (.xlsx)"
    )]
    OpenQuote {
        /// The row that begins with it, as Excel counts.
        row: u32,
    },
    /// More rows than a file may have.
    #[error("the file has more than {} rows below its header: split it", ROWS_MAX - 1)]
    TooManyRows,
    /// More columns than a file may have.
    #[error(
        "row {row}: there are more than {COLUMNS_MAX} columns: delete those that the call does not need"
    )]
    TooManyColumns {
        /// The row, as Excel counts.
        row: u32,
    },
    /// A cell that is longer than Excel's.
    #[error("row {row}, column {}: the cell has more than {CELL_CHARS_MAX} characters: shorten it; in a CSV file a quotation mark may be open", letters(*column))]
    CellTooLong {
        /// The row, as Excel counts.
        row: u32,
        /// The column, from 0.
        column: usize,
    },
    /// No such sheet.
    #[error("there is no sheet of that name; the file has: {}", names.join(", "))]
    NoSuchSheet {
        /// The sheets that there are.
        names: Vec<String>,
    },
    /// Sheets that hold no cells.
    #[error(
        "the workbook has no sheet of cells: add one, with a header row and a row for each patient"
    )]
    NoSheet,
    /// The file cannot be read at all.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
}

impl Refusal {
    /// Its name, for programs: always one word.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::TooLarge => "too_large",
            Self::Encrypted => "password",
            Self::LegacyXls => "legacy_xls",
            Self::OtherFormat(_) => "other_format",
            Self::Corrupt(_) => "damaged",
            Self::Encoding { .. } => "not_utf8",
            Self::OpenQuote { .. } => "open_quote",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::CellTooLong { .. } => "cell_too_long",
            Self::NoSuchSheet { .. } => "no_such_sheet",
            Self::NoSheet => "no_sheet",
            Self::Io(_) => "unreadable",
        }
    }
}
