//! `cargo run -- campaign check`: a spreadsheet of patients judged, and given back with its errors.
//! [`forecast`] says what is to be expected of calling it. [`import`] brings it to a running system, whose
//! campaigns [`status`] and [`back`] show.
//!
//! Nothing is called or logged, and what is checked is not sent. Rows are read twice, once to judge and once to write, so that of
//! a large file only what is wrong with it is held.

mod asked_plan;
pub mod back;
mod command;
pub mod control;
mod copy;
mod days;
mod expected;
pub mod forecast;
pub mod import;
mod pages;
pub mod rehearse;
pub mod results;

pub mod set_plan;
mod shown;
pub mod status;
pub mod test_call;
mod told;
mod upload;

pub use crate::remote::{Ended, Remote, Talk};
pub use asked_plan::AskedPlan;
pub(crate) use back::kind;
pub use command::Command;
pub(crate) use copy::save;

use crate::{
    sheet::{delimiter, open, texts},
    stop_list,
};
use ::campaign::{Bucket, Check, Checked, Note, Rules, StructureError};
use anyhow::Result;
use call::phone::PhoneNumber;
use clap::Args;
use spreadsheet::{Options, Refusal, Row, Seen};
use std::{
    collections::{BTreeMap, HashSet},
    io::{ErrorKind, Write},
    ops::ControlFlow,
    path::PathBuf,
};

/// Which file, and how it is read.
#[derive(Args, Clone, Debug)]
pub struct Sheet {
    /// The spreadsheet: XLSX, CSV or TSV, with a header row
    pub file: PathBuf,
    /// What parts the cells of a CSV file, if its header does not tell: one character, or tab
    #[arg(long, value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// Which sheet of a workbook; the first visible one if not given
    #[arg(long)]
    pub sheet: Option<String>,
    /// The header of the column to dial, if several could be
    #[arg(long)]
    pub phone_column: Option<String>,
    /// A column that the agent cannot do without; may be given again
    #[arg(long = "require", value_name = "HEADER")]
    pub required: Vec<String>,
}

/// Which file, and what it is held to.
#[derive(Args, Clone, Debug)]
pub struct Source {
    /// The file.
    #[command(flatten)]
    pub sheet: Sheet,
    /// Languages that the agents speak
    #[arg(long, value_delimiter = ',', default_value = "hi,en")]
    pub languages: Vec<String>,
    /// A stop list, as `opt-outs import` takes it: its numbers are not called
    #[arg(long, value_name = "LIST")]
    pub opt_outs: Option<PathBuf>,
    /// The calls sell something: every row needs the patient's consent
    #[arg(long)]
    pub promotional: bool,
}

/// What is done with a file that is checked.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The file.
    #[command(flatten)]
    pub source: Source,
    /// Where the file with the column of errors is written; beside the file if not given
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Writes that file even if it exists
    #[arg(long)]
    pub force: bool,
    /// Prints JSON, with every row that is not called
    #[arg(long)]
    pub json: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every row that is to be called can be.
    Fit,
    /// Something is to be corrected, in the file or in the plan.
    Faulty,
}

/// What was found in a file.
pub(crate) struct Found {
    seen: Seen,
    check: Check,
    /// The header row.
    header: Row,
    /// Cells of the widest row.
    width: usize,
    /// Rows that are not called, and those that are and of which something is good to know.
    rows: BTreeMap<u32, Checked>,
    /// For each row that is called, the first row with its number.
    numbers: Vec<u32>,
}

/// What is wrong with a file as a whole.
pub(crate) enum Unfit {
    /// It cannot be read.
    Refused(Refusal),
    /// Its columns are not those of a campaign.
    Structure(Vec<StructureError>),
}

/// Judges the file, prints what was found to `out`, and writes the file with its errors. What is not
/// part of the answer goes to `talk`.
///
/// # Errors
/// If the file is not there, or something cannot be written.
pub fn check(arguments: &Arguments, out: &mut dyn Write, talk: &mut dyn Write) -> Result<Outcome> {
    let found = match judge(&arguments.source)? {
        Ok(found) => found,
        Err(unfit) => {
            told::unfit(&unfit, arguments.json, out)?;
            return Ok(Outcome::Faulty);
        }
    };
    let told = if arguments.json {
        told::as_json(&found, out)
    } else {
        told::in_words(&found, out)
    };
    match told {
        // Whoever reads the answer has read enough of it, and still wants the file.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        told => told?,
    }
    told::beside(&found, talk)?;
    let counts = found.check.counts();
    if counts.ready < counts.rows() {
        give_back(arguments, &found, talk)?;
    }
    Ok(match counts.faulty {
        0 => Outcome::Fit,
        _ => Outcome::Faulty,
    })
}

fn options(source: &Source) -> Options {
    Options {
        delimiter: source.sheet.delimiter,
        sheet: source.sheet.sheet.clone(),
    }
}

fn rules(source: &Source) -> Rules {
    Rules {
        languages: source.languages.clone(),
        is_promotional: source.promotional,
        required: source.sheet.required.clone(),
        phone_column: source.sheet.phone_column.clone(),
    }
}

/// Reads all rows once.
fn judge(source: &Source) -> Result<Result<Found, Unfit>> {
    let mut begun: Option<Result<(Row, Check), Vec<StructureError>>> = None;
    let opted_out = match &source.opt_outs {
        Some(list) => stop_list::numbers(list)?,
        None => HashSet::new(),
    };
    let (mut rows, mut numbers, mut width) = (BTreeMap::new(), Vec::new(), 0);
    let mut visit = |row: Row| {
        width = width.max(row.cells.len());
        match &mut begun {
            Some(Ok((_, check))) => {
                // The service has a list of its own, which is not asked here.
                let is_opted_out = &mut |phone: &PhoneNumber| opted_out.contains(phone);
                let checked = check.row(row.number, &texts(&row), is_opted_out);
                if checked.bucket == Bucket::Ready {
                    numbers.push(first_of_number(&checked));
                }
                if checked.bucket != Bucket::Ready || !checked.notes.is_empty() {
                    rows.insert(
                        row.number,
                        Checked {
                            entry: None,
                            ..checked
                        },
                    );
                }
                ControlFlow::Continue(())
            }
            Some(Err(_)) => ControlFlow::Break(()),
            None => {
                let check = Check::begin(row.number, &texts(&row), rules(source));
                begun = Some(check.map(|check| (row, check)));
                ControlFlow::Continue(())
            }
        }
    };
    let seen = spreadsheet::read(open(&source.sheet.file)?, &options(source), &mut visit);
    let seen = match seen {
        Ok(seen) => seen,
        Err(refusal) => return Ok(Err(Unfit::Refused(refusal))),
    };
    Ok(match begun {
        None => Err(Unfit::Refused(Refusal::Empty)),
        Some(Err(errors)) => Err(Unfit::Structure(errors)),
        Some(Ok((header, check))) => match check.ended() {
            Some(error) => Err(Unfit::Structure(vec![error])),
            None => Ok(Found {
                seen,
                check,
                header,
                width,
                rows,
                numbers,
            }),
        },
    })
}

/// The first row with the number of this one.
fn first_of_number(row: &Checked) -> u32 {
    let shared = row.notes.iter().find_map(|note| match note {
        Note::SharesWith { row } => Some(*row),
        Note::RoundNumber => None,
    });
    shared.unwrap_or(row.number)
}

fn give_back(arguments: &Arguments, found: &Found, talk: &mut dyn Write) -> Result<()> {
    let given = arguments.out.clone();
    let path = given.unwrap_or_else(|| copy::beside(&arguments.source.sheet.file));
    if path.exists() && !arguments.force {
        let path = path.display();
        writeln!(
            talk,
            "{path} is there already and was left as it is; --force writes it anew"
        )?;
        return Ok(());
    }
    copy::write(
        &arguments.source.sheet.file,
        &options(&arguments.source),
        found,
        &path,
    )?;
    writeln!(
        talk,
        "the same file with a column of errors: {}\ncorrect it there, and check it again",
        path.display()
    )?;
    Ok(())
}
