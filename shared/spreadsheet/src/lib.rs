//! Spreadsheets in and out: CSV, TSV and XLSX as rows of cells, within bounds.
//!
//! A file is judged by its content, not by its name. Rows come one after the other, numbered as Excel
//! numbers them, and nothing of a file is held but the texts that an XLSX shares between its cells.
//! What a file may not be is refused with what to do about it ([`Refusal`]).

mod cell;
mod delimited;
mod form;
mod package;
mod quiet;
mod read;
mod refusal;
mod text;
mod workbook;
mod write;

pub use cell::{Row, Value, letters};
pub use form::{Format, Options, Seen};
pub use quiet::quietly;
pub use read::read;
pub use refusal::Refusal;
pub use write::{Kind, Writer, guarded, unguarded};

/// Most rows that hold something, the header among them (100,001). More patients than that are more
/// than one campaign.
pub const ROWS_MAX: usize = 100_001;

/// Most columns (100): twice as many as a patient may have fields.
pub const COLUMNS_MAX: usize = 100;

/// Longest text of a cell, in characters: as many as Excel takes.
pub const CELL_CHARS_MAX: usize = 32_767;

/// Most bytes of a CSV or TSV file (100 MB).
pub const TEXT_BYTES_MAX: u64 = 100_000_000;

/// Most bytes of an XLSX file as it is stored (50 MB).
pub const PACKED_BYTES_MAX: u64 = 50_000_000;

/// Most bytes of everything in an XLSX file once it is unpacked (300 MB). The sheet is read as it is
/// unpacked, so this bounds the time that a file may take.
pub const UNPACKED_BYTES_MAX: u64 = 300_000_000;

/// Most bytes of the texts that an XLSX shares between its cells (64 MB), which are held in memory.
pub const SHARED_BYTES_MAX: u64 = 64_000_000;

#[cfg(test)]
mod tests;
