//! What a reader asks for, and what a file turned out to be.

/// How a file is to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What parts the cells of a CSV file; by default what its header has most of.
    pub delimiter: Option<u8>,
    /// Which sheet of a workbook; by default the first one that is visible.
    pub sheet: Option<String>,
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text whose cells are parted by this character.
    Delimited(u8),
    /// An Excel workbook.
    Workbook,
}

/// What was read, beside the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the file is.
    pub format: Format,
    /// The sheet that was read, of a workbook.
    pub sheet: Option<String>,
    /// Its other visible sheets, which were not.
    pub other_sheets: Vec<String>,
    /// Whether there are formulas in it. What they last showed is read; one that was never reckoned, as
    /// some programs write it, reads as an empty cell.
    pub has_formulas: bool,
}
