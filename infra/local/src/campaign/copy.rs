//! The same file with a column of errors.

use super::{Found, open};
use ::campaign::{ERRORS_HEADER, Field, Meaning};
use anyhow::{Context, Result, anyhow};
use spreadsheet::{Format, Kind, Options, Row, Value, Writer};
use std::{
    fs::{self, File, OpenOptions},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Where the file goes if no other place is named: `patients.checked.xlsx` beside `patients.xlsx`, then
/// `patients.checked-2.xlsx` beside that.
pub(super) fn beside(file: &Path) -> PathBuf {
    let text = |part: Option<&std::ffi::OsStr>| {
        part.map_or(String::new(), |part| part.to_string_lossy().into_owned())
    };
    let (stem, extension) = (text(file.file_stem()), text(file.extension()));
    let next = match stem.rsplit_once(".checked") {
        Some((name, "")) => format!("{name}.checked-2"),
        Some((name, count)) => match count.strip_prefix('-').map(str::parse::<u32>) {
            Some(Ok(count)) => format!("{name}.checked-{}", count.saturating_add(1)),
            Some(Err(_)) | None => format!("{stem}.checked"),
        },
        None => format!("{stem}.checked"),
    };
    let extension = if extension.is_empty() {
        "csv"
    } else {
        &extension
    };
    file.with_file_name(format!("{next}.{extension}"))
}

/// Writes the file with its column of errors, whole or not at all.
pub(super) fn write(source: &Path, options: &Options, found: &Found, path: &Path) -> Result<()> {
    let kind = match found.seen.format {
        Format::Workbook => Kind::Workbook,
        Format::Delimited(delimiter) => Kind::Delimited(delimiter),
    };
    let columns = found.check.columns();
    let phone = columns.index_of(Field::Phone);
    let errors = columns
        .iter()
        .position(|column| column.meaning == Meaning::Errors);
    let errors = errors.unwrap_or(found.width);
    let mut writer = Writer::new(kind, phone.into_iter().collect());
    let mut failure = None;
    let read = spreadsheet::read(open(source)?, options, &mut |row| {
        let cells = with_errors(&row, found, errors);
        match writer.row(row.number, &cells) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    read?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    save(path, |out| Ok(writer.finish(found.header.number, out)?))
}

fn with_errors(row: &Row, found: &Found, errors: usize) -> Vec<Value> {
    let told = if row.number == found.header.number {
        Some(ERRORS_HEADER.to_owned())
    } else {
        found.rows.get(&row.number).and_then(|row| row.told())
    };
    let mut cells = row.cells.clone();
    cells.resize(cells.len().max(errors + 1), Value::Empty);
    cells[errors] = told.map_or(Value::Empty, Value::Text);
    cells
}

/// Writes beside the place first, so that nobody finds half a file there. The patients' data is its
/// owner's alone.
pub(crate) fn save(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| anyhow!("{} is no file", path.display()))?;
    let half = path.with_file_name(format!(
        ".{}.{}.half",
        name.to_string_lossy(),
        std::process::id()
    ));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let saved = options
        .open(&half)
        .map_err(anyhow::Error::from)
        .and_then(|mut file| write(&mut file))
        .and_then(|()| Ok(fs::rename(&half, path)?));
    if saved.is_err() {
        let _ = fs::remove_file(&half);
    }
    saved.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stands_beside_its_file_and_takes_its_place_never() {
        for (file, copy) in [
            ("a/patients.xlsx", "a/patients.checked.xlsx"),
            ("a/patients.checked.xlsx", "a/patients.checked-2.xlsx"),
            ("a/patients.checked-9.csv", "a/patients.checked-10.csv"),
            ("a/x.checked-by-me.csv", "a/x.checked-by-me.checked.csv"),
            ("patients", "patients.checked.csv"),
        ] {
            assert_eq!(beside(Path::new(file)), Path::new(copy));
        }
    }
}
