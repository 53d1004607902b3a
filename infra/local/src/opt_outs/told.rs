//! What became of a stop list, in words and without a number.

use super::sent::Sent;
use crate::stop_list::List;
use ::campaign::{Note, Reason};
use std::io::{Result, Write};

/// What was found in a file.
pub(crate) fn tell_list(list: &List, out: &mut dyn Write) -> Result<()> {
    let (numbers, repeated, faults) = (list.numbers.len(), list.repeated(), list.faults.len());
    writeln!(
        out,
        "{} rows, numbers in the column {}: {numbers} numbers, {repeated} rows that repeat one, {faults} rows with errors",
        list.rows, list.header
    )?;
    for (row, reason) in &list.faults {
        let (says, remedy) = (reason.says(), remedy(*reason));
        writeln!(out, "  row {row}: {says}; {remedy}")?;
    }
    for row in &list.round {
        writeln!(out, "  row {row}: {}", Note::RoundNumber)?;
    }
    Ok(())
}

pub(super) fn tell(list: &List, sent: &Sent, out: &mut dyn Write) -> Result<()> {
    tell_list(list, out)?;
    writeln!(
        out,
        "{} numbers are new on the list, {} were on it already, {} calls were ended",
        sent.new, sent.known, sent.ended
    )
}

/// What to do, for a list that calls nobody.
const fn remedy(reason: Reason) -> &'static str {
    if matches!(reason, Reason::SeveralNumbers) {
        return "give each of them a row of its own";
    }
    reason.remedy()
}
