//! The numbers of a stop list, and the rows that hold none.

use crate::sheet::{self, open, texts};
use ::campaign::{NumberColumn, Reason, StructureError};
use anyhow::{Context, Result, bail};
use call::phone::PhoneNumber;
use clap::Args;
use spreadsheet::{Options, Row};
use std::{
    collections::HashSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Which file of numbers, and how it is read.
#[derive(Args, Clone, Debug)]
pub struct ListFile {
    /// The list: XLSX, CSV or TSV, with a header row
    pub file: PathBuf,
    /// What parts the cells of a CSV file, if its header does not tell: one character, or tab
    #[arg(long, value_parser = sheet::delimiter)]
    pub delimiter: Option<u8>,
    /// Which sheet of a workbook; the first visible one if not given
    #[arg(long)]
    pub sheet: Option<String>,
    /// The header of the column with the numbers, if several could be
    #[arg(long)]
    pub phone_column: Option<String>,
}

impl ListFile {
    /// Reads it to its end.
    pub(crate) fn read(&self) -> Result<List> {
        let options = Options {
            delimiter: self.delimiter,
            sheet: self.sheet.clone(),
        };
        read(&self.file, &options, self.phone_column.as_deref())
    }
}

/// What was found in a file.
#[derive(Default)]
pub(crate) struct List {
    /// The header of the column that was read.
    pub(crate) header: String,
    /// Rows below the header.
    pub(crate) rows: usize,
    /// Each number once, in the order of the file.
    pub(crate) numbers: Vec<PhoneNumber>,
    /// Rows that hold no number, as Excel counts.
    pub(crate) faults: Vec<(u32, Reason)>,
    /// Rows whose number may have lost its last digits.
    pub(crate) round: Vec<u32>,
}

/// Reads the file to its end.
fn read(file: &Path, options: &Options, named: Option<&str>) -> Result<List> {
    let mut column: Option<Result<NumberColumn, StructureError>> = None;
    let (mut list, mut seen) = (List::default(), HashSet::new());
    let mut visit = |row: Row| {
        let cells = texts(&row);
        match &column {
            Some(Ok(column)) => list.take(row.number, column.number(&cells), &mut seen),
            Some(Err(_)) => return ControlFlow::Break(()),
            None => {
                column = Some(NumberColumn::read(row.number, &cells, named));
            }
        }
        ControlFlow::Continue(())
    };
    spreadsheet::read(open(file)?, options, &mut visit)?;
    match column {
        Some(Ok(column)) => column.header().clone_into(&mut list.header),
        Some(Err(error)) => return Err(error.into()),
        None => bail!(spreadsheet::Refusal::Empty),
    }
    anyhow::ensure!(list.rows > 0, "there is no row below the header");
    Ok(list)
}

/// The numbers of a stop list of which every row holds one.
///
/// # Errors
/// If it cannot be read, or a row holds none: whoever is meant there would be called.
pub(crate) fn numbers(file: &Path) -> Result<HashSet<PhoneNumber>> {
    let list = read(file, &Options::default(), None)
        .with_context(|| format!("the stop list {}", file.display()))?;
    if let Some((row, reason)) = list.faults.first() {
        let (says, count) = (reason.says(), list.faults.len());
        bail!("the stop list has {count} rows without a number; row {row}: {says}");
    }
    Ok(list.numbers.into_iter().collect())
}

impl List {
    fn take(
        &mut self,
        row: u32,
        number: Result<::campaign::CleanPhone, Reason>,
        seen: &mut HashSet<PhoneNumber>,
    ) {
        self.rows += 1;
        match number {
            Err(reason) => self.faults.push((row, reason)),
            Ok(phone) => {
                if phone.is_round {
                    self.round.push(row);
                }
                if seen.insert(phone.number.clone()) {
                    self.numbers.push(phone.number);
                }
            }
        }
    }

    /// Rows whose number stands in an earlier one.
    pub(crate) fn repeated(&self) -> usize {
        self.rows - self.numbers.len() - self.faults.len()
    }
}
