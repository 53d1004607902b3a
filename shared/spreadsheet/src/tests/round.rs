//! What is written is read back, by this crate and as others would read it.

use super::*;

fn written(kind: Kind, rows: &[(u32, Vec<Value>)]) -> Vec<u8> {
    let mut writer = Writer::new(kind, vec![1]);
    for (number, cells) in rows {
        writer.row(*number, cells).unwrap();
    }
    let mut out = Vec::new();
    writer.finish(rows[0].0, &mut out).unwrap();
    out
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn rows() -> Vec<(u32, Vec<Value>)> {
    vec![
        (1, vec![text("name"), text("phone"), text("seen")]),
        (
            2,
            vec![
                text("राहुल"),
                Value::Number(911_234_567_890.0),
                Value::Date("2026-11-23".to_owned()),
            ],
        ),
        (
            5,
            vec![
                text("=1+1"),
                text("+911234567891"),
                Value::Date("2026-11-23 09:30:00".to_owned()),
                Value::Number(-2.5),
                Value::Truth(true),
                Value::Date("09:30:00".to_owned()),
            ],
        ),
    ]
}

#[test]
fn a_workbook_comes_back_as_it_was_with_telephone_numbers_as_text() {
    let (seen, found) = read_with(&written(Kind::Workbook, &rows()), &Options::default()).unwrap();
    let mut expected = rows();
    expected[1].1[1] = text("911234567890");
    let expected: Vec<Row> = expected
        .into_iter()
        .map(|(number, cells)| Row { number, cells })
        .collect();
    assert_eq!(found, expected);
    assert!(!seen.has_formulas);
}

#[test]
fn a_text_file_has_what_excel_needs_and_runs_nothing() {
    let file = String::from_utf8(written(Kind::Delimited(b','), &rows())).unwrap();
    let expected = "\u{feff}name,phone,seen\r\nराहुल,911234567890,2026-11-23\r\n\"\"\r\n\"\"\r\n\
         '=1+1,+911234567891,2026-11-23 09:30:00,-2.5,TRUE,09:30:00\r\n";
    assert_eq!(file, expected);
    let numbers: Vec<u32> = table(file.as_bytes()).iter().map(|row| row.0).collect();
    assert_eq!(numbers, [1, 2, 5]);
}

#[test]
fn what_a_spreadsheet_would_reckon_is_guarded_and_read_back() {
    for formula in [
        "=1+1", "+cmd|x", "-1+1", "@SUM(1)", "\tx", "\rx", "-", "+91=1",
    ] {
        let guarded = guarded(formula);
        assert_eq!(guarded, format!("'{formula}"));
        assert_eq!(unguarded(&guarded), formula);
    }
    for plain in [
        "",
        "राहुल",
        "+911234567890",
        "+91 12345 67890",
        "-2.5",
        "1=1",
        "'x",
    ] {
        assert_eq!(guarded(plain), plain);
        assert_eq!(unguarded(plain), plain);
    }
}

#[test]
fn the_first_visible_sheet_is_read_unless_another_is_named() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (name, is_hidden) in [("Old", true), ("Patients", false), ("Notes", false)] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.write_string(0, 0, name).unwrap();
        if is_hidden {
            sheet.set_hidden(true);
        } else if name == "Patients" {
            sheet.set_active(true).set_first_tab(true);
        }
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let (seen, _) = read_with(&bytes, &Options::default()).unwrap();
    assert_eq!(seen.sheet.as_deref(), Some("Patients"));
    assert_eq!(seen.other_sheets, ["Notes"]);
    let named = |name: &str| Options {
        sheet: Some(name.to_owned()),
        ..Options::default()
    };
    for name in ["Notes", "Old", " Patients "] {
        let (seen, _) = read_with(&bytes, &named(name)).unwrap();
        assert_eq!(seen.sheet.as_deref(), Some(name.trim()));
    }
    let refusal = read_with(&bytes, &named("Sheet9")).unwrap_err();
    assert!(
        refusal.to_string().ends_with("Patients, Notes"),
        "{refusal}"
    );
}

#[test]
fn a_workbook_holds_several_sheets_and_a_text_file_one() {
    let mut writer = Writer::new(Kind::Workbook, Vec::new());
    writer.name("Results").unwrap();
    writer.row(1, &[text("row")]).unwrap();
    writer.next_sheet(1, vec![0]).unwrap();
    writer.name("Hours").unwrap();
    writer.row(1, &[text("hour")]).unwrap();
    writer.row(2, &[Value::Number(10.0)]).unwrap();
    let mut out = Vec::new();
    writer.finish(1, &mut out).unwrap();
    for (sheet, cells) in [("Results", vec!["row"]), ("Hours", vec!["hour", "10"])] {
        let options = Options {
            sheet: Some(sheet.to_owned()),
            ..Options::default()
        };
        let (_, rows) = read_with(&out, &options).unwrap();
        let found: Vec<_> = rows.iter().map(|row| row.cells[0].clone()).collect();
        assert_eq!(found, cells.into_iter().map(text).collect::<Vec<_>>());
    }
    let mut list = Writer::new(Kind::Delimited(b','), Vec::new());
    assert!(list.next_sheet(1, Vec::new()).is_err());
}
