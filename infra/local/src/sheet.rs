//! Spreadsheets of the command line: how they are opened, and their rows as texts.

use anyhow::{Context, Result};
use spreadsheet::Row;
use std::{fs::File, path::Path};

pub(crate) fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [b'"' | b'\r' | b'\n'] => Err("expected what parts cells".to_owned()),
        [byte] => Ok(*byte),
        b"tab" | b"\\t" => Ok(b'\t'),
        _ => Err("expected one character, or tab".to_owned()),
    }
}

pub(crate) fn open(path: &Path) -> Result<File> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let is_file = file.metadata().is_ok_and(|about| about.is_file());
    anyhow::ensure!(is_file, "{} is no file", path.display());
    Ok(file)
}

pub(crate) fn texts(row: &Row) -> Vec<String> {
    let cells = row.cells.iter();
    cells.map(|cell| cell.text().into_owned()).collect()
}
