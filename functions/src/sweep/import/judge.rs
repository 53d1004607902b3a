//! The file as a whole: is it one that a campaign can be made of?

use super::source::Source;
use campaign::{Check, Columns};
use spreadsheet::{Options, Refusal, Row, Value, quietly};
use std::{io::Cursor, ops::ControlFlow};
use store::campaigns::{FileColumn, Header, ImportRules, ROW_BYTES_MAX, Told};
use tokio::task::spawn_blocking;

/// What a file is as a whole.
pub(super) struct Judged {
    pub(super) header: Header,
    pub(super) columns: Vec<FileColumn>,
    pub(super) warnings: Vec<String>,
}

/// Reads the whole file once, on a thread of its own.
///
/// # Errors
/// All that is wrong with it.
pub(super) async fn judged(source: Source, rules: &ImportRules) -> Result<Judged, Vec<Told>> {
    let rules = rules.clone();
    let reading = spawn_blocking(move || quietly(|| judge(source, &rules)));
    // A panic was caught there; a task that is cut off is that of a process that ends.
    let judged = reading.await.ok().flatten();
    judged.unwrap_or_else(|| Err(vec![senseless()]))
}

fn judge(source: Source, rules: &ImportRules) -> Result<Judged, Vec<Told>> {
    let mut begun: Option<Begun> = None;
    let mut unfit = Vec::new();
    let mut visit = |row: Row| {
        let number = row.number;
        let seen = texts(&row).and_then(|cells| match &mut begun {
            Some(begun) => {
                begun.width = begun.width.max(cells.len());
                // Who wants no calls is asked when the rows are stored.
                begun.check.row(number, &cells, &mut |_| false);
                Ok(())
            }
            None => {
                begun = Some(Begun::with(number, cells, rules)?);
                Ok(())
            }
        });
        match seen {
            Ok(()) => ControlFlow::Continue(()),
            Err(told) => {
                unfit = told;
                ControlFlow::Break(())
            }
        }
    };
    let read = spreadsheet::read(Cursor::new(source), &options(rules), &mut visit);
    read.map_err(|refusal| vec![refused(&refusal)])?;
    match begun {
        _ if !unfit.is_empty() => Err(unfit),
        None => Err(vec![refused(&Refusal::Empty)]),
        Some(begun) => begun.ended(),
    }
}

/// A file whose header was read.
struct Begun {
    check: Check,
    row: u32,
    cells: Vec<String>,
    width: usize,
}

impl Begun {
    fn with(row: u32, cells: Vec<String>, rules: &ImportRules) -> Result<Self, Vec<Told>> {
        Ok(Self {
            check: begin(row, &cells, rules)?,
            row,
            width: cells.len(),
            cells,
        })
    }

    fn ended(self) -> Result<Judged, Vec<Told>> {
        if let Some(error) = self.check.ended() {
            return Err(vec![told(error.code(), &error)]);
        }
        let columns: &Columns = self.check.columns();
        let warnings = self.check.warnings();
        Ok(Judged {
            header: Header {
                row: self.row,
                cells: self.cells,
                width: u32::try_from(self.width).unwrap_or(u32::MAX),
            },
            columns: FileColumn::all(columns),
            warnings: warnings.iter().map(ToString::to_string).collect(),
        })
    }
}

/// Begins to judge a file by its header row.
pub(super) fn begin(row: u32, cells: &[String], rules: &ImportRules) -> Result<Check, Vec<Told>> {
    let begun = Check::begin(row, cells, rules.rules());
    begun.map_err(|errors| {
        errors
            .iter()
            .map(|error| told(error.code(), error))
            .collect()
    })
}

/// How the file is to be read.
pub(super) fn options(rules: &ImportRules) -> Options {
    Options {
        delimiter: rules.delimiter,
        sheet: rules.sheet.clone(),
    }
}

/// The cells of a row as texts, if they are not too long together.
pub(super) fn texts(row: &Row) -> Result<Vec<String>, Vec<Told>> {
    let texts: Vec<String> = row
        .cells
        .iter()
        .map(|cell: &Value| cell.text().into_owned())
        .collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    if bytes > ROW_BYTES_MAX {
        let message = format!(
            "row {}: its cells have more than {ROW_BYTES_MAX} bytes together: shorten them, or delete columns that the call does not need",
            row.number
        );
        let code = "row_too_long".to_owned();
        return Err(vec![Told { code, message }]);
    }
    Ok(texts)
}

pub(super) fn refused(refusal: &Refusal) -> Told {
    told(refusal.code(), refusal)
}

/// What is told where reading stopped short.
pub(super) fn senseless() -> Told {
    refused(&Refusal::Corrupt("it makes no sense"))
}

fn told(code: &str, message: &impl ToString) -> Told {
    Told {
        code: code.to_owned(),
        message: message.to_string(),
    }
}
