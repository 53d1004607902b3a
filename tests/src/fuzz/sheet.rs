//! A spreadsheet of patients: CSV, TSV or XLSX, and what is said of its rows.

use campaign::{Check, Rules};
use spreadsheet::{CELL_CHARS_MAX, COLUMNS_MAX, Kind, Options, Row, Value, Writer, unguarded};
use std::{io::Cursor, ops::ControlFlow};

/// Rows that are looked at of each file.
const ROWS: usize = 200;

/// Reads a file, judges its rows, and writes them into a file that reads alike.
pub(super) fn rows(bytes: &[u8]) {
    let Some(rows) = read(bytes) else {
        return;
    };
    let texts: Vec<Vec<String>> = rows.iter().map(texts).collect();
    for (row, cells) in rows.iter().zip(&texts) {
        assert!(row.number >= 1 && cells.len() <= COLUMNS_MAX);
        assert!(
            cells
                .iter()
                .all(|cell| cell.chars().count() <= CELL_CHARS_MAX)
        );
    }
    assert!(rows.is_sorted_by(|one, next| one.number < next.number));
    judge(&rows, &texts);
    written_alike(&rows, &texts);
}

fn read(bytes: &[u8]) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    let read = spreadsheet::read(Cursor::new(bytes), &Options::default(), &mut |row| {
        rows.push(row);
        if rows.len() < ROWS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    if let Err(refusal) = &read {
        let sent = String::from_utf8_lossy(bytes);
        super::repeats_no_number(&sent, &refusal.to_string());
    }
    read.is_ok().then_some(rows)
}

fn texts(row: &Row) -> Vec<String> {
    row.cells
        .iter()
        .map(|cell| cell.text().into_owned())
        .collect()
}

fn judge(rows: &[Row], texts: &[Vec<String>]) {
    let mut lines = rows.iter().zip(texts);
    let Some((header, cells)) = lines.next() else {
        return;
    };
    let Ok(mut check) = Check::begin(header.number, cells, Rules::default()) else {
        return;
    };
    for (row, cells) in lines {
        let checked = check.row(row.number, cells, &mut |_| false);
        assert_eq!(checked.number, row.number);
        assert!(checked.entry.is_some() || !checked.faults.is_empty());
    }
    let _ = check.warnings();
}

/// What was read once is written so that it reads alike; blanks that a reader leaves out apart.
fn written_alike(rows: &[Row], texts: &[Vec<String>]) {
    let mut writer = Writer::new(Kind::Delimited(b','), Vec::new());
    for row in rows {
        let cells = row.cells.iter().map(|cell| Value::Text(cell.text().into()));
        let cells: Vec<_> = cells.collect();
        writer.row(row.number, &cells).expect("memory takes it");
    }
    let mut file = Vec::new();
    writer.finish(1, &mut file).expect("memory takes it");
    let mut again = Vec::new();
    let options = Options {
        delimiter: Some(b','),
        ..Options::default()
    };
    let read = spreadsheet::read(Cursor::new(&file), &options, &mut |row| {
        again.push(row);
        ControlFlow::Continue(())
    });
    if rows.is_empty() || read.is_err() {
        return;
    }
    let again: Vec<Vec<String>> = again.iter().map(self::texts).collect();
    for (cells, again) in texts.iter().zip(&again) {
        for (cell, again) in cells.iter().zip(again) {
            let plain = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(plain(unguarded(again)), plain(unguarded(cell)));
        }
    }
}
