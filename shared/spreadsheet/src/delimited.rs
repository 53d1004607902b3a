//! CSV and TSV, row by row.
//!
//! A reader of its own, because the rows are numbered as Excel numbers them: blank rows count, a line
//! break within quotation marks does not, nor does the line `sep=;`.

use crate::{
    CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX, Refusal, Row, Value,
    form::{Format, Options, Seen},
};
use std::{
    io::{BufRead, Cursor, Read},
    ops::ControlFlow,
};

/// How much of the file is looked at to tell what parts its cells (64 KiB): a header is shorter.
const HEAD_BYTES: u64 = 64 * 1024;

/// Most bytes of a cell: no character of UTF-8 has more than 4.
const CELL_BYTES_MAX: usize = 4 * CELL_CHARS_MAX;

pub(crate) fn read(
    mut text: Box<dyn BufRead + '_>,
    options: &Options,
    visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<Seen, Refusal> {
    let mut head = Vec::new();
    text.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    let (skipped, named) = separator_line(&head);
    let delimiter = options
        .delimiter
        .or(named)
        .unwrap_or_else(|| delimiter_of(&head[skipped..]));
    let rest = Cursor::new(head.split_off(skipped)).chain(text);
    let mut cells = Cells {
        text: rest,
        delimiter,
        row: 1,
    };
    let mut rows = 0;
    while let Some((number, cells)) = cells.row()? {
        let Some(row) = Row::trimmed(number, cells) else {
            continue;
        };
        rows += 1;
        if rows > ROWS_MAX {
            return Err(Refusal::TooManyRows);
        }
        if visit(row).is_break() {
            break;
        }
    }
    if rows == 0 {
        return Err(Refusal::Empty);
    }
    Ok(Seen {
        format: Format::Delimited(delimiter),
        sheet: None,
        other_sheets: Vec::new(),
        has_formulas: false,
    })
}

/// The length of a first line such as `sep=;`, and the character that it names.
fn separator_line(head: &[u8]) -> (usize, Option<u8>) {
    let end = head.iter().position(|b| *b == b'\n').unwrap_or(head.len());
    let mut line = head[..end].trim_ascii_end();
    if let Some(quoted) = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")) {
        line = quoted;
    }
    // A tab at the end is what it names, and was trimmed.
    match line.to_ascii_lowercase().as_slice() {
        [b's', b'e', b'p', b'=', delimiter] => ((end + 1).min(head.len()), Some(*delimiter)),
        b"sep=" => ((end + 1).min(head.len()), Some(b'\t')),
        _ => (0, None),
    }
}

/// What the first line that is not blank has most of, outside of quotation marks: a comma, if it has
/// none of them.
fn delimiter_of(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let (mut is_quoted, mut is_blank) = (false, true);
    for byte in head {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted && !is_blank => break,
            _ if is_quoted => {}
            _ => {
                for (_, count) in counts.iter_mut().filter(|(delimiter, _)| delimiter == byte) {
                    *count += 1;
                }
            }
        }
        is_blank &= byte.is_ascii_whitespace();
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let first = counts.iter().find(|(_, count)| *count == most);
    first.map_or(b',', |(delimiter, _)| *delimiter)
}

/// The cells of a text.
struct Cells<R> {
    text: R,
    delimiter: u8,
    /// The row that is read next.
    row: u32,
}

/// What ended a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Cell,
    Row,
    Text,
}

impl<R: BufRead> Cells<R> {
    /// The next row with its number, blank ones too.
    fn row(&mut self) -> Result<Option<(u32, Vec<Value>)>, Refusal> {
        let number = self.row;
        let mut cells = Vec::new();
        for column in 0.. {
            let (bytes, end) = self.cell(number, column)?;
            if column == 0 && bytes.is_empty() && end == End::Text {
                return Ok(None);
            }
            let value = value_of(bytes, number, column)?;
            if column < COLUMNS_MAX {
                cells.push(value);
            } else if !value.is_blank() {
                return Err(Refusal::TooManyColumns { row: number });
            }
            if end != End::Cell {
                break;
            }
        }
        self.row = self.row.saturating_add(1);
        Ok(Some((number, cells)))
    }

    fn cell(&mut self, row: u32, column: usize) -> Result<(Vec<u8>, End), Refusal> {
        let mut bytes = Vec::new();
        let mut is_quoted = false;
        loop {
            if bytes.len() > CELL_BYTES_MAX {
                return Err(Refusal::CellTooLong { row, column });
            }
            let Some(byte) = self.take()? else {
                let end = if is_quoted {
                    Err(Refusal::OpenQuote { row })
                } else {
                    Ok(End::Text)
                };
                return end.map(|end| (bytes, end));
            };
            match byte {
                b'"' if is_quoted && self.peek()? == Some(b'"') => {
                    self.take()?;
                    bytes.push(b'"');
                }
                b'"' if is_quoted => is_quoted = false,
                b'"' if bytes.is_empty() => is_quoted = true,
                _ if is_quoted => bytes.push(byte),
                _ if byte == self.delimiter => return Ok((bytes, End::Cell)),
                b'\n' => return Ok((bytes, End::Row)),
                b'\r' => {
                    if self.peek()? == Some(b'\n') {
                        self.take()?;
                    }
                    return Ok((bytes, End::Row));
                }
                _ => bytes.push(byte),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Refusal> {
        Ok(self.text.fill_buf()?.first().copied())
    }

    fn take(&mut self) -> Result<Option<u8>, Refusal> {
        let byte = self.peek()?;
        self.text.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

fn value_of(bytes: Vec<u8>, row: u32, column: usize) -> Result<Value, Refusal> {
    if bytes.is_empty() {
        return Ok(Value::Empty);
    }
    // A zero is text to UTF-8, but to no person: UTF-16 without its mark, or no text at all.
    let is_text = !bytes.contains(&0);
    let text = String::from_utf8(bytes).ok().filter(|_| is_text);
    let text = text.ok_or(Refusal::Encoding { row })?;
    if text.chars().count() > CELL_CHARS_MAX {
        return Err(Refusal::CellTooLong { row, column });
    }
    // Every kind of line break is one, so that what is written of it reads alike.
    Ok(Value::Text(text.replace("\r\n", "\n").replace('\r', "\n")))
}
