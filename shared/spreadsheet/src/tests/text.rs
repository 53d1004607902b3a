//! CSV and TSV.

use super::*;
use proptest::prelude::*;

fn row(number: u32, cells: &[&str]) -> (u32, Vec<String>) {
    (
        number,
        cells.iter().map(|cell| (*cell).to_owned()).collect(),
    )
}

#[test]
fn rows_are_numbered_as_excel_numbers_them() {
    let file = "name,phone\r\n\r\n\"a\r\nb\",1\r\n,,\r\n  \nc,2";
    let expected = [
        row(1, &["name", "phone"]),
        row(3, &["a\nb", "1"]),
        row(6, &["c", "2"]),
    ];
    assert_eq!(table(file.as_bytes()), expected);
    assert_eq!(
        table(b"a\rb\r\rc"),
        [row(1, &["a"]), row(2, &["b"]), row(4, &["c"])]
    );
}

#[test]
fn each_kind_of_line_break_in_a_cell_is_one() {
    let file = "name\n\"a\rb\r\r\nc\r\n\nd\"";
    assert_eq!(
        table(file.as_bytes()),
        [row(1, &["name"]), row(2, &["a\nb\n\nc\n\nd"])]
    );
}

#[test]
fn the_header_says_what_parts_the_cells() {
    for (file, delimiter) in [
        ("a,b,c\n1,2,3", b','),
        ("a;b;c\n1,0;2;3", b';'),
        ("a\tb\tc\n1\t2\t3", b'\t'),
        ("\"a,b,c,d\";b\n1;2", b';'),
        ("\n\na;b\n1;2", b';'),
        ("a\n1", b','),
    ] {
        let (seen, _) = read_with(file.as_bytes(), &Options::default()).unwrap();
        assert_eq!(seen.format, Format::Delimited(delimiter), "{file}");
    }
    let options = Options {
        delimiter: Some(b'|'),
        ..Options::default()
    };
    let (_, rows) = read_with(b"a|b,c", &options).unwrap();
    assert_eq!(texts(&rows), [row(1, &["a", "b,c"])]);
}

#[test]
fn the_line_that_names_the_separator_is_no_row() {
    for line in ["sep=;\r\n", "SEP=;\n", "\"sep=;\"\n"] {
        let file = format!("{line}a,b;c\n1;2");
        let expected = [row(1, &["a,b", "c"]), row(2, &["1", "2"])];
        assert_eq!(table(file.as_bytes()), expected, "{line}");
    }
    assert_eq!(table(b"sep=\t\na\tb"), [row(1, &["a", "b"])]);
    says(b"sep=;", "empty_file", "header row");
}

#[test]
fn text_is_read_by_its_mark_or_as_utf8_and_never_guessed() {
    let text = "नाम,phone\nराहुल 🙂,1";
    let expected = [row(1, &["नाम", "phone"]), row(2, &["राहुल 🙂", "1"])];
    assert_eq!(table(text.as_bytes()), expected);
    assert_eq!(table(format!("\u{feff}{text}").as_bytes()), expected);
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(order).collect::<Vec<u8>>()
    };
    assert_eq!(table(&utf16(u16::to_le_bytes)), expected);
    says(&utf16(u16::to_be_bytes), "not_utf8", "CSV UTF-8");
    let without_mark: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    says(&without_mark, "not_utf8", "row 1");
    let half = [&utf16(u16::to_le_bytes)[..], &[0x41]].concat();
    says(&half, "not_utf8", "row 2");
    let lone = [&utf16(u16::to_le_bytes)[..], &[0x00, 0xd8, 0x41, 0x00]].concat();
    says(&lone, "not_utf8", "row 2");
}

#[test]
fn a_row_in_another_encoding_is_named() {
    let file = [b"name\nok\n\n".as_slice(), b"Ren\xe9\n"].concat();
    says(&file, "not_utf8", "row 4");
}

#[test]
fn quotation_marks_hold_what_parts_cells() {
    let file = "a\n\"x, \"\"y\"\"\nz\"\nin \"the\" middle\n\"after\" it";
    let expected = [
        row(1, &["a"]),
        row(2, &["x, \"y\"\nz"]),
        row(3, &["in \"the\" middle"]),
        row(4, &["after it"]),
    ];
    assert_eq!(table(file.as_bytes()), expected);
    says(b"a\nb\n\"c\nd\n", "open_quote", "row 3");
}

#[test]
fn too_much_is_refused_where_it_stands() {
    let wide = vec!["x"; COLUMNS_MAX + 1].join(",");
    says(wide.as_bytes(), "too_many_columns", "row 1");
    says(
        vec!["x"; 200].join(",").as_bytes(),
        "too_many_columns",
        "100",
    );
    let trailing = format!("a,b{}\n", ",".repeat(400));
    assert_eq!(table(trailing.as_bytes()), [row(1, &["a", "b"])]);
    let cell = format!("a,b\n1,{}", "x".repeat(1_000_000));
    says(cell.as_bytes(), "cell_too_long", "row 2, column B");
    let quoted = format!("a,b\n1,\"{}", "x\n".repeat(500_000));
    says(quoted.as_bytes(), "cell_too_long", "quotation mark");
    assert!(table(format!("a\n{}", "र".repeat(CELL_CHARS_MAX)).as_bytes()).len() == 2);
    says(
        "x\n".repeat(1_000_000).as_bytes(),
        "too_many_rows",
        "100000",
    );
}

#[test]
fn what_is_no_table_is_told_what_it_is() {
    says(b"", "empty_file", "header row");
    says(b"\n \r\n,,\n", "empty_file", "header row");
    says(b"\xef\xbb\xbf", "empty_file", "header row");
    says(b"%PDF-1.7\n", "other_format", "PDF");
    says(b"<html><table></table>", "other_format", "web page");
    says(b"{\\rtf1", "other_format", "text document");
}

proptest! {
    #[test]
    fn invariant_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_with(&bytes, &Options::default());
    }

    #[test]
    fn invariant_what_another_writer_wrote_is_read(
        rows in prop::collection::vec(prop::collection::vec("[a-zर,;\"\n\t' =]{0,6}", 2..5), 1..8)
    ) {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_record(["head", "er"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let found = table(&writer.into_inner().unwrap());
        let numbered = (2..).zip(&rows);
        let held = numbered.filter(|(_, row)| row.iter().any(|cell| !cell.trim().is_empty()));
        for ((number, expected), (found_number, mut found)) in held.zip(found.into_iter().skip(1)) {
            prop_assert_eq!(number, found_number);
            found.resize(expected.len(), String::new());
            let last = expected.iter().rposition(|cell| !cell.trim().is_empty()).unwrap();
            prop_assert_eq!(&found[..=last], &expected[..=last]);
        }
    }
}
