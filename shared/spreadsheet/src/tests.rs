//! Files as they come, and those that should not have come.

mod hostile;
mod round;
mod text;

use super::*;
use std::{
    io::{Cursor, Write as _},
    ops::ControlFlow,
};

type Table = Vec<(u32, Vec<String>)>;

fn read_with(bytes: &[u8], options: &Options) -> Result<(Seen, Vec<Row>), Refusal> {
    let mut rows = Vec::new();
    let seen = read(Cursor::new(bytes.to_vec()), options, &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok((seen, rows))
}

fn texts(rows: &[Row]) -> Table {
    let text = |cell: &Value| cell.text().into_owned();
    let rows = rows.iter();
    rows.map(|row| (row.number, row.cells.iter().map(text).collect()))
        .collect()
}

fn table(bytes: &[u8]) -> Table {
    texts(&read_with(bytes, &Options::default()).expect("a table").1)
}

#[track_caller]
fn refused(bytes: &[u8]) -> Refusal {
    read_with(bytes, &Options::default()).expect_err("a refusal")
}

#[track_caller]
fn says(bytes: &[u8], code: &str, words: &str) {
    let refusal = refused(bytes);
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(words), "{refusal}");
}

/// A zip of these parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Patients" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// The smallest workbook whose sheet holds these rows, as XML.
fn workbook_of(rows: &str) -> Vec<u8> {
    workbook_with(rows, None)
}

fn workbook_with(rows: &str, shared: Option<&str>) -> Vec<u8> {
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    );
    let mut parts = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    if let Some(shared) = shared {
        parts.push(("xl/sharedStrings.xml", shared.as_bytes()));
    }
    zipped(&parts)
}

fn inline(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}
