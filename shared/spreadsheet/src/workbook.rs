//! XLSX, row by row, as its sheet is unpacked.

use crate::{
    CELL_CHARS_MAX, COLUMNS_MAX, ROWS_MAX, Refusal, Row, Value,
    form::{Format, Options, Seen},
    quiet::quietly,
};
use calamine::{
    DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError, open_workbook_from_rs,
};
use std::{
    io::{Read, Seek},
    ops::ControlFlow,
};

pub(crate) fn read<S: Read + Seek>(
    source: S,
    options: &Options,
    visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<Seen, Refusal> {
    let mut workbook: Xlsx<S> = calmly(|| open_workbook_from_rs(source))?;
    let (sheet, other_sheets) = choose(&workbook, options)?;
    let rows = each_row(&mut workbook, &sheet, visit)?;
    if rows == 0 {
        return Err(Refusal::Empty);
    }
    Ok(Seen {
        format: Format::Workbook,
        sheet: Some(sheet),
        other_sheets,
        has_formulas: false,
    })
}

/// Takes a panic of the library for what it means: a file that no program wrote. Its arithmetic is not
/// checked against what cells of a hostile file may state as their place.
fn calmly<T>(ask: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, Refusal> {
    let answer = quietly(ask).ok_or(Refusal::Corrupt("its cells make no sense"))?;
    answer.map_err(refusal)
}

fn refusal(error: XlsxError) -> Refusal {
    if let XlsxError::Io(error) = error {
        return Refusal::Io(error);
    }
    // Its other words are about XML and zips, which nobody here can mend.
    Refusal::Corrupt("it does not hold what an Excel workbook holds")
}

/// The sheet to be read, and the other visible ones.
fn choose<S: Read + Seek>(
    workbook: &Xlsx<S>,
    options: &Options,
) -> Result<(String, Vec<String>), Refusal> {
    let sheets = workbook.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let (visible, hidden): (Vec<_>, Vec<_>) =
        sheets.partition(|sheet| sheet.visible == SheetVisible::Visible);
    let name = |sheet: &&calamine::Sheet| sheet.name.clone();
    let names: Vec<String> = visible.iter().map(name).collect();
    let chosen = match &options.sheet {
        Some(asked) => {
            let mut all = visible.iter().chain(&hidden);
            let found = all.find(|sheet| sheet.name.trim() == asked.trim());
            found.map(name).ok_or(Refusal::NoSuchSheet {
                names: names.clone(),
            })?
        }
        None => names.first().cloned().ok_or(Refusal::NoSheet)?,
    };
    let others = names.into_iter().filter(|name| *name != chosen).collect();
    Ok((chosen, others))
}

fn each_row<S: Read + Seek>(
    workbook: &mut Xlsx<S>,
    sheet: &str,
    visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<usize, Refusal> {
    let mut reader = calmly(|| workbook.worksheet_cells_reader(sheet))?;
    let mut rows = 0;
    let mut current: (u32, Vec<Value>) = (1, Vec::new());
    let mut finish = |(number, cells)| {
        let Some(row) = Row::trimmed(number, cells) else {
            return Ok(ControlFlow::Continue(()));
        };
        rows += 1;
        if rows > ROWS_MAX {
            return Err(Refusal::TooManyRows);
        }
        Ok(visit(row))
    };
    while let Some(cell) = calmly(|| reader.next_cell())? {
        let (row, column) = cell.get_position();
        let number = row.saturating_add(1);
        if number < current.0 {
            return Err(Refusal::Corrupt("its rows are out of order"));
        }
        if number > current.0
            && finish(std::mem::replace(&mut current, (number, Vec::new())))?.is_break()
        {
            return Ok(rows);
        }
        let value = value_of(cell.get_value(), number, column)?;
        put(&mut current.1, number, column, value)?;
    }
    let _ = finish(current)?;
    Ok(rows)
}

fn put(cells: &mut Vec<Value>, row: u32, column: u32, value: Value) -> Result<(), Refusal> {
    if value.is_blank() {
        return Ok(());
    }
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    if column >= COLUMNS_MAX {
        return Err(Refusal::TooManyColumns { row });
    }
    if cells.len() <= column {
        cells.resize(column + 1, Value::Empty);
    }
    cells[column] = value;
    Ok(())
}

fn value_of(value: &DataRef<'_>, row: u32, column: u32) -> Result<Value, Refusal> {
    let text = |text: &str| {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if text.chars().count() > CELL_CHARS_MAX {
            return Err(Refusal::CellTooLong { row, column });
        }
        Ok(Value::Text(text.replace("\r\n", "\n")))
    };
    match value {
        DataRef::Empty => Ok(Value::Empty),
        DataRef::String(value) => text(value),
        DataRef::SharedString(value) => text(value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "what is too large is told by its size"
        )]
        DataRef::Int(value) => Ok(Value::Number(*value as f64)),
        DataRef::Float(value) => Ok(Value::Number(*value)),
        DataRef::Bool(value) => Ok(Value::Truth(*value)),
        DataRef::DateTime(value) => Ok(Value::Date(date(value))),
        DataRef::DateTimeIso(value) | DataRef::DurationIso(value) => text(value)
            .map(|value| Value::Date(value.text().trim_end_matches('Z').replace('T', " "))),
        DataRef::Error(error) => Ok(Value::Failed(error.to_string())),
    }
}

/// A date as it sorts; a time of the day alone if there is no date in it.
fn date(value: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    let serial = value.as_f64();
    match () {
        () if serial >= 1.0 && serial.fract() == 0.0 => date,
        () if serial < 1.0 => time,
        () => format!("{date} {time}"),
    }
}
