//! The file down to so many rows that can be called: each keeps its number, and what lies between them is
//! there too.

use super::super::{Found, Source, open, options, upload::Upload};
use ::campaign::{Bucket, Field};
use anyhow::Result;
use spreadsheet::{Format, Kind, Row, Writer};
use std::ops::ControlFlow;

/// The file as it is brought to the system: whole if no row that can be called is left out.
pub(super) fn upload(source: &Source, found: &Found, rows: usize) -> Result<Upload> {
    let file = &source.sheet.file;
    if rows == 0 || rows >= found.check.counts().ready {
        return Upload::read(file);
    }
    let kind = match found.seen.format {
        Format::Workbook => Kind::Workbook,
        Format::Delimited(delimiter) => Kind::Delimited(delimiter),
    };
    let phone = found.check.columns().index_of(Field::Phone);
    let mut writer = Writer::new(kind, phone.into_iter().collect());
    if let Some(sheet) = &found.seen.sheet {
        writer.name(sheet)?;
    }
    let (mut left, mut failure) = (rows, None);
    spreadsheet::read(open(file)?, &options(source), &mut |row| {
        failure = writer.row(row.number, &row.cells).err();
        left -= usize::from(can_be_called(&row, found));
        if left == 0 || failure.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    let mut bytes = Vec::new();
    writer.finish(found.header.number, &mut bytes)?;
    Ok(Upload::made(file, bytes))
}

fn can_be_called(row: &Row, found: &Found) -> bool {
    let judged = found.rows.get(&row.number);
    let is_ready = judged.is_none_or(|judged| judged.bucket == Bucket::Ready);
    row.number > found.header.number && is_ready
}
