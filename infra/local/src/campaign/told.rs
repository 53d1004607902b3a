//! What was found, in words and as JSON.

use super::{Found, Unfit};
use ::campaign::{Bucket, Checked, Column, Fault, Meaning, StructureError};
use serde_json::{Value, json};
use spreadsheet::{Format, letters};
use std::io::{Result, Write};

/// Most faulty rows that are shown (15); the written file has all of them.
pub(super) const ROWS_SHOWN: usize = 15;

/// What is wrong with the file as a whole.
pub(super) fn unfit(unfit: &Unfit, json: bool, out: &mut dyn Write) -> Result<()> {
    let told: Vec<(&str, String)> = match unfit {
        Unfit::Refused(refusal) => vec![(refusal.code(), refusal.to_string())],
        Unfit::Structure(errors) => errors
            .iter()
            .map(|error: &StructureError| (error.code(), error.to_string()))
            .collect(),
    };
    if json {
        let errors = told
            .iter()
            .map(|(code, message)| json!({ "code": code, "message": message }));
        let errors: Vec<Value> = errors.collect();
        return writeln!(out, "{:#}", json!({ "errors": errors }));
    }
    writeln!(out, "no row was looked at, because of the file as a whole:")?;
    for (_, message) in told {
        writeln!(out, "  {message}")?;
    }
    Ok(())
}

pub(super) fn in_words(found: &Found, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}\n", file(found))?;
    columns(&columns_of(found), out)?;
    let counts = found.check.counts();
    writeln!(
        out,
        "\n{} rows: {} ready, {} with errors, {} twice in the file, {} opted out",
        counts.rows(),
        counts.ready,
        counts.faulty,
        counts.duplicate,
        counts.opted_out
    )?;
    rows(found, out)
}

fn file(found: &Found) -> String {
    match (&found.seen.format, &found.seen.sheet) {
        (Format::Workbook, Some(sheet)) => format!("Excel workbook, sheet {sheet}"),
        (Format::Workbook, None) => "Excel workbook".to_owned(),
        (Format::Delimited(b'\t'), _) => "text, cells parted by tabs".to_owned(),
        (Format::Delimited(byte), _) => format!("text, cells parted by {}", char::from(*byte)),
    }
}

/// How a column is told that is given to the agent.
pub(super) const FOR_THE_AGENT: &str = "for the agent";
/// How the column is told in which faults were written before.
pub(super) const ERRORS_NOT_READ: &str = "errors, not read";
/// How a column without a header is told.
pub(super) const NO_HEADER: &str = "no header, not read";

fn meaning(column: &Column) -> &'static str {
    match &column.meaning {
        Meaning::Field(field) => field.label(),
        Meaning::Variable(_) => FOR_THE_AGENT,
        Meaning::Errors => ERRORS_NOT_READ,
        Meaning::Nothing => NO_HEADER,
    }
}

/// A column, and how it was understood.
pub(super) struct ColumnTold {
    /// As Excel names it.
    pub(super) letters: String,
    pub(super) header: String,
    pub(super) meaning: String,
    pub(super) samples: Vec<String>,
}

/// Says how the columns of a file were understood.
pub(super) fn columns(columns: &[ColumnTold], out: &mut dyn Write) -> Result<()> {
    let wide = |text: &dyn Fn(&ColumnTold) -> &str| {
        let widths = columns.iter().map(|column| text(column).chars().count());
        widths.max().unwrap_or(0)
    };
    let (header, meant) = (
        wide(&|column| &column.header),
        wide(&|column| &column.meaning),
    );
    writeln!(out, "the columns were understood so:")?;
    for column in columns {
        let ColumnTold {
            letters,
            header: name,
            meaning,
            samples,
        } = column;
        let samples = samples.join(" · ");
        let line = format!("  {letters:<2} {name:<header$}  {meaning:<meant$}  {samples}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn columns_of(found: &Found) -> Vec<ColumnTold> {
    let columns = found.check.columns().iter().enumerate();
    let told = columns.map(|(index, column)| ColumnTold {
        letters: letters(index),
        header: column.header.clone(),
        meaning: meaning(column).to_owned(),
        samples: column.samples.clone(),
    });
    told.collect()
}

fn rows(found: &Found, out: &mut dyn Write) -> Result<()> {
    let faulty = found
        .rows
        .values()
        .filter(|row| row.bucket == Bucket::Faulty);
    let all = faulty.clone().count();
    for row in faulty.take(ROWS_SHOWN) {
        for fault in &row.faults {
            let column = letters(fault.column);
            writeln!(
                out,
                "  row {}, column {column}, {}",
                row.number,
                fault.told()
            )?;
        }
    }
    if all > ROWS_SHOWN {
        writeln!(out, "  and {} rows more", all - ROWS_SHOWN)?;
    }
    for row in found
        .rows
        .values()
        .filter(|row| row.bucket != Bucket::Faulty)
        .take(ROWS_SHOWN)
    {
        let told = row
            .told()
            .into_iter()
            .chain(row.notes.iter().map(ToString::to_string));
        for told in told {
            writeln!(out, "  row {}: {told}", row.number)?;
        }
    }
    Ok(())
}

/// What is good to know beside the answer.
pub(super) fn beside(found: &Found, talk: &mut dyn Write) -> Result<()> {
    for warning in found.check.warnings() {
        writeln!(talk, "look: {warning}")?;
    }
    if found.seen.has_formulas {
        writeln!(
            talk,
            "look: there are formulas; each was read as what it last showed, and as empty if it never was reckoned"
        )?;
    }
    if !found.seen.other_sheets.is_empty() {
        let names = found.seen.other_sheets.join(", ");
        writeln!(talk, "not read: the sheets {names}; --sheet names another")?;
    }
    Ok(())
}

pub(super) fn as_json(found: &Found, out: &mut dyn Write) -> Result<()> {
    let columns = found
        .check
        .columns()
        .iter()
        .enumerate()
        .map(|(index, column)| {
            json!({
                "column": letters(index), "header": column.header, "meaning": meaning(column),
                "samples": column.samples,
            })
        });
    let counts = found.check.counts();
    let warnings = found.check.warnings();
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let told = json!({
        "file": file(found),
        "columns": columns.collect::<Vec<_>>(),
        "counts": {
            "rows": counts.rows(), "ready": counts.ready, "errors": counts.faulty,
            "duplicates": counts.duplicate, "optedOut": counts.opted_out,
        },
        "warnings": warnings,
        "rows": found.rows.values().map(row).collect::<Vec<_>>(),
    });
    writeln!(out, "{told:#}")
}

fn row(row: &Checked) -> Value {
    let (bucket, of) = match row.bucket {
        Bucket::Ready => ("ready", None),
        Bucket::Faulty => ("error", None),
        Bucket::Duplicate { of } => ("duplicate", Some(of)),
        Bucket::OptedOut => ("opted_out", None),
    };
    let notes: Vec<String> = row.notes.iter().map(ToString::to_string).collect();
    json!({
        "row": row.number, "bucket": bucket, "sameAs": of,
        "errors": row.faults.iter().map(fault).collect::<Vec<_>>(), "notes": notes,
    })
}

fn fault(fault: &Fault) -> Value {
    json!({
        "column": letters(fault.column), "header": fault.header, "code": fault.reason.code(),
        "found": fault.found.expose(), "says": fault.reason.says(), "remedy": fault.reason.remedy(),
    })
}
