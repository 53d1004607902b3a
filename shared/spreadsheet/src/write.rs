//! Spreadsheets out: XLSX, or CSV that Excel reads as it is.

use crate::{Refusal, Value};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::{self, Write};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Excel workbook.
    Workbook,
    /// Text, with this between the cells.
    Delimited(u8),
}

/// Narrowest and widest column of a workbook, in characters.
const WIDTH: (usize, usize) = (8, 60);

/// A spreadsheet that is being written, row by row from its header on.
pub struct Writer {
    form: Form,
    /// Columns that hold text whatever it looks like, such as telephone numbers.
    texts: Vec<usize>,
    widths: Vec<usize>,
}

enum Form {
    Workbook(Box<(Workbook, Worksheet)>),
    Delimited(Box<csv::Writer<Vec<u8>>>, u32),
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Refusal {
    Refusal::Io(io::Error::other(error))
}

impl Writer {
    /// Begins a spreadsheet whose columns `texts` hold text, whatever it looks like.
    #[must_use]
    pub fn new(kind: Kind, texts: Vec<usize>) -> Self {
        let form = match kind {
            Kind::Workbook => Form::Workbook(Box::new((Workbook::new(), Worksheet::new()))),
            Kind::Delimited(delimiter) => {
                let mut writer = csv::WriterBuilder::new();
                writer.delimiter(delimiter).flexible(true);
                writer.terminator(csv::Terminator::CRLF);
                Form::Delimited(Box::new(writer.from_writer("\u{feff}".into())), 1)
            }
        };
        Self {
            form,
            texts,
            widths: Vec::new(),
        }
    }

    /// Writes a row at its number, as Excel counts; rows between it and the one before stay blank.
    ///
    /// # Errors
    /// If there are more rows or longer texts than a spreadsheet holds.
    pub fn row(&mut self, number: u32, cells: &[Value]) -> Result<(), Refusal> {
        for (column, cell) in cells.iter().enumerate() {
            let width = cell.text().chars().count();
            if self.widths.len() <= column {
                self.widths.push(0);
            }
            self.widths[column] = self.widths[column].max(width);
        }
        match &mut self.form {
            Form::Workbook(book) => {
                for (column, cell) in cells.iter().enumerate() {
                    let is_text = self.texts.contains(&column);
                    put(&mut book.1, number - 1, column, cell, is_text).map_err(failed)?;
                }
                Ok(())
            }
            Form::Delimited(writer, next) => {
                while *next < number {
                    writer.write_record([""]).map_err(failed)?;
                    *next += 1;
                }
                *next += 1;
                let cells = cells.iter().map(|cell| guarded(&cell.text()));
                writer.write_record(cells).map_err(failed)
            }
        }
    }

    /// Gives the sheet its name, by which a workbook shows it.
    ///
    /// # Errors
    /// If Excel takes no such name: 1 to 31 characters, none of them `[ ] : * ? / \\`.
    pub fn name(&mut self, name: &str) -> Result<(), Refusal> {
        if let Form::Workbook(book) = &mut self.form {
            book.1.set_name(name).map_err(failed)?;
        }
        Ok(())
    }

    /// Ends the sheet with its header row `header`, and begins another one of the same workbook, whose
    /// columns `texts` hold text.
    ///
    /// # Errors
    /// If this is no workbook: a text file holds one sheet.
    pub fn next_sheet(&mut self, header: u32, texts: Vec<usize>) -> Result<(), Refusal> {
        let widths = std::mem::take(&mut self.widths);
        self.texts = texts;
        let Form::Workbook(book) = &mut self.form else {
            return Err(failed(io::Error::other("a text file holds one sheet")));
        };
        let mut sheet = std::mem::replace(&mut book.1, Worksheet::new());
        dress(&mut sheet, header, widths).map_err(failed)?;
        book.0.push_worksheet(sheet);
        Ok(())
    }

    /// Ends the spreadsheet, and writes all of it: a workbook with its header row `header` in bold and
    /// always in sight.
    ///
    /// # Errors
    /// If `out` does not take it.
    pub fn finish(self, header: u32, out: &mut (impl Write + Send)) -> Result<(), Refusal> {
        match self.form {
            Form::Delimited(writer, _) => {
                let bytes = writer
                    .into_inner()
                    .map_err(|error| failed(error.into_error()))?;
                Ok(out.write_all(&bytes)?)
            }
            Form::Workbook(book) => {
                let (mut workbook, mut sheet) = *book;
                dress(&mut sheet, header, self.widths).map_err(failed)?;
                workbook.push_worksheet(sheet);
                workbook.save_to_writer(out).map_err(failed)
            }
        }
    }
}

/// Shows the header in bold and always, and columns as wide as what stands in them.
fn dress(sheet: &mut Worksheet, header: u32, widths: Vec<usize>) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(header, 0)?;
    let bold = Format::new().set_bold();
    sheet.set_row_format(header - 1, &bold)?;
    for (column, width) in (0..).zip(widths) {
        let width = u16::try_from(width.clamp(WIDTH.0, WIDTH.1) + 2);
        sheet.set_column_width(column, width.unwrap_or(u16::MAX))?;
    }
    Ok(())
}

fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: usize,
    cell: &Value,
    is_text: bool,
) -> Result<(), XlsxError> {
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    match cell {
        Value::Empty => {}
        _ if is_text => {
            sheet.write_string(row, column, cell.text())?;
        }
        Value::Text(text) | Value::Failed(text) => {
            sheet.write_string(row, column, text)?;
        }
        Value::Number(number) => {
            sheet.write_number(row, column, *number)?;
        }
        Value::Truth(truth) => {
            sheet.write_boolean(row, column, *truth)?;
        }
        Value::Date(text) => match ExcelDateTime::parse_from_str(text) {
            Ok(moment) => {
                let format = Format::new().set_num_format(shown(text));
                sheet.write_datetime_with_format(row, column, moment, &format)?;
            }
            Err(_) => {
                sheet.write_string(row, column, text)?;
            }
        },
    }
    Ok(())
}

/// How Excel is to show a date or a time that reads so.
fn shown(text: &str) -> &'static str {
    match (text.contains('-'), text.contains(':')) {
        (true, true) => "yyyy-mm-dd hh:mm:ss",
        (false, true) => "hh:mm:ss",
        _ => "yyyy-mm-dd",
    }
}

/// How a text that a spreadsheet would reckon begins (CWE-1236).
const FORMULA_SIGNS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text as it may stand in a CSV file: one that a spreadsheet would take for a formula begins with
/// `'`. Numbers with a sign, telephone numbers among them, are no formulas.
#[must_use]
pub fn guarded(text: &str) -> String {
    if text.starts_with(FORMULA_SIGNS) && !is_number(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// A text without the `'` that [`guarded`] put before it.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA_SIGNS) => rest,
        _ => text,
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.'))
}
