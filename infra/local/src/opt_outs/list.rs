//! The numbers of a stop list, and the rows that hold none.

use super::Arguments;
use crate::campaign::{open, texts};
use ::campaign::{NumberColumn, Reason, StructureError};
use anyhow::{Result, bail};
use call::phone::PhoneNumber;
use spreadsheet::{Options, Row};
use std::{collections::HashSet, ops::ControlFlow};

/// What was found in a file.
#[derive(Default)]
pub(super) struct List {
    /// The header of the column that was read.
    pub(super) header: String,
    /// Rows below the header.
    pub(super) rows: usize,
    /// Each number once, in the order of the file.
    pub(super) numbers: Vec<PhoneNumber>,
    /// Rows that hold no number, as Excel counts.
    pub(super) faults: Vec<(u32, Reason)>,
    /// Rows whose number may have lost its last digits.
    pub(super) round: Vec<u32>,
}

/// Reads the file to its end.
pub(super) fn read(arguments: &Arguments) -> Result<List> {
    let options = Options {
        delimiter: arguments.delimiter,
        sheet: arguments.sheet.clone(),
    };
    let mut column: Option<Result<NumberColumn, StructureError>> = None;
    let (mut list, mut seen) = (List::default(), HashSet::new());
    let mut visit = |row: Row| {
        let cells = texts(&row);
        match &column {
            Some(Ok(column)) => list.take(row.number, column.number(&cells), &mut seen),
            Some(Err(_)) => return ControlFlow::Break(()),
            None => {
                let named = arguments.phone_column.as_deref();
                column = Some(NumberColumn::read(row.number, &cells, named));
            }
        }
        ControlFlow::Continue(())
    };
    spreadsheet::read(open(&arguments.file)?, &options, &mut visit)?;
    match column {
        Some(Ok(column)) => column.header().clone_into(&mut list.header),
        Some(Err(error)) => return Err(error.into()),
        None => bail!(spreadsheet::Refusal::Empty),
    }
    anyhow::ensure!(list.rows > 0, "there is no row below the header");
    Ok(list)
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
    pub(super) fn repeated(&self) -> usize {
        self.rows - self.numbers.len() - self.faults.len()
    }
}
