//! Workbooks that are broken, locked, or made to do harm.

use super::*;
use proptest::prelude::*;

fn ole(stream: &str) -> Vec<u8> {
    let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    bytes.resize(200_000, 0);
    bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[test]
fn cells_of_every_kind_read_as_they_look() {
    let rows = format!(
        r#"<row r="1">{}{}</row><row r="3"><c r="A3"><v>911234567890</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D3" t="str"><f>"a"&amp;"b"</f><v>ab</v></c><c r="E3"><f>A3</f></c><c r="F3"><v>9.19877E+17</v></c></row>"#,
        inline("A1", "फ़ोन"),
        inline("C1", "x"),
    );
    let bytes = workbook_of(&rows);
    let (seen, rows) = read_with(&bytes, &Options::default()).unwrap();
    assert!(seen.has_formulas);
    let found = texts(&rows);
    assert_eq!(found[0], (1, vec!["फ़ोन".into(), String::new(), "x".into()]));
    assert_eq!(found[1].0, 3);
    let expected = ["911234567890", "TRUE", "#DIV/0!", "ab", "", "9.19877E+17"];
    assert_eq!(found[1].1, expected);
}

#[test]
fn a_locked_workbook_and_a_legacy_one_are_told_apart() {
    says(&ole("EncryptedPackage"), "password", "without");
    says(&ole("Workbook"), "legacy_xls", ".xlsx");
}

#[test]
fn a_zip_that_is_no_workbook_is_told_what_it_is() {
    let of = |names: &[&str]| {
        let parts: Vec<(&str, &[u8])> = names
            .iter()
            .map(|name| (*name, b"<x/>".as_slice()))
            .collect();
        zipped(&parts)
    };
    says(&of(&["xl/workbook.bin", "a.xml"]), "other_format", ".xlsb");
    says(&of(&["mimetype", "content.xml"]), "other_format", ".ods");
    says(&of(&["word/document.xml"]), "other_format", "Word");
    says(&of(&["photo.jpg"]), "other_format", "a zip");
    says(&of(&["a.xml"]), "damaged", "save it again");
    says(&of(&[]), "other_format", "a zip");
}

#[test]
fn a_workbook_that_was_cut_off_or_changed_is_damaged() {
    let whole = workbook_of(&format!(r#"<row r="1">{}</row>"#, inline("A1", "x")));
    for end in [2, 10, 100, whole.len() / 2, whole.len() - 1] {
        says(&whole[..end], "damaged", "new copy");
    }
    let mut changed = whole.clone();
    changed[60] ^= 0xff;
    assert!(read_with(&changed, &Options::default()).is_err());
}

#[test]
fn an_empty_sheet_is_an_empty_file() {
    says(&workbook_of(""), "empty_file", "header row");
    says(
        &workbook_of(r#"<row r="1"><c r="A1"/></row>"#),
        "empty_file",
        "header row",
    );
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    // 400 MB of zeros are 400 KB as they are stored.
    let bomb = vec![b' '; 400_000_000];
    let bytes = zipped(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/worksheets/sheet1.xml", &bomb),
    ]);
    drop(bomb);
    assert!(bytes.len() < 2_000_000);
    says(&bytes, "too_large", "split");
    let shared = vec![b' '; usize::try_from(SHARED_BYTES_MAX).unwrap() + 1];
    let bytes = zipped(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/sharedStrings.xml", &shared),
    ]);
    says(&bytes, "too_large", "split");
}

#[test]
fn a_part_that_lies_about_its_size_is_refused() {
    for lie in [300, 4_000_000] {
        a_part_that_states(lie);
    }
}

fn a_part_that_states(lie: u32) {
    let sheet = vec![b'<'; 3_000_000];
    let mut bytes = zipped(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    // The unpacked size stands in the part's own header and in the directory.
    let (truth, lie) = (3_000_000_u32.to_le_bytes(), lie.to_le_bytes());
    let places: Vec<usize> = (0..bytes.len() - 4)
        .filter(|at| bytes[*at..*at + 4] == truth)
        .collect();
    assert_eq!(places.len(), 2);
    for at in places {
        bytes[at..at + 4].copy_from_slice(&lie);
    }
    says(&bytes, "damaged", "a part");
}

#[test]
fn a_workbook_cannot_ask_for_more_room_than_it_fills() {
    for count in [
        "99999999999999",
        "18446744073709551615",
        "999999999999999999999",
    ] {
        let shared = format!(
            r#"<?xml version="1.0"?><sst {} uniqueCount="{count}"><si><t>x</t></si></sst>"#,
            " ".repeat(100_000)
        );
        let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
        says(&workbook_with(rows, Some(&shared)), "damaged", "more texts");
    }
    let shared = r#"<?xml version="1.0"?><sst uniqueCount="1"><si><t>x</t></si></sst>"#;
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    assert_eq!(
        table(&workbook_with(rows, Some(shared))),
        [(1, vec!["x".to_owned()])]
    );
    let missing = r#"<row r="1"><c r="A1" t="s"><v>7</v></c></row>"#;
    assert!(read_with(&workbook_with(missing, Some(shared)), &Options::default()).is_err());
}

#[test]
fn too_much_is_refused_where_it_stands() {
    let long = inline("B2", &"x".repeat(1_000_000));
    says(
        &workbook_of(&format!(r#"<row r="2">{long}</row>"#)),
        "cell_too_long",
        "row 2, column B",
    );
    let stretch = inline("B2", &"x".repeat(5_000_000));
    says(
        &workbook_of(&format!(r#"<row r="2">{stretch}</row>"#)),
        "damaged",
        "millions",
    );
    let wide = inline("CW1", "x");
    says(
        &workbook_of(&format!(r#"<row r="1">{wide}</row>"#)),
        "too_many_columns",
        "row 1",
    );
    let mut rows = String::new();
    for row in 1..=ROWS_MAX + 1 {
        rows.push_str(&format!(
            r#"<row r="{row}"><c r="A{row}"><v>1</v></c></row>"#
        ));
    }
    says(&workbook_of(&rows), "too_many_rows", "100000");
    let backwards =
        r#"<row r="5"><c r="A5"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;
    says(&workbook_of(backwards), "damaged", "out of order");
}

#[test]
fn texts_hide_what_they_state_behind_no_encoding_and_no_other_beginning() {
    let stated =
        r#"<?xml version="1.0"?><sst uniqueCount="99999999999999"><si><t>x</t></si></sst>"#;
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    says(
        &workbook_with(rows, Some(&format!("GIF89a{stated}"))),
        "damaged",
        "more texts",
    );
    for mark in ["\u{feff}", ""] {
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let units = mark.encode_utf16().chain(stated.encode_utf16());
            let shared: Vec<u8> = units.flat_map(order).collect();
            let parts = [
                ("xl/workbook.xml", BOOK.as_bytes()),
                ("xl/sharedStrings.xml", &shared),
            ];
            says(&zipped(&parts), "damaged", "not UTF-8");
        }
    }
}

#[test]
fn a_file_is_too_large_before_it_is_looked_at() {
    let mut packed = b"PK".to_vec();
    packed.resize(usize::try_from(PACKED_BYTES_MAX).unwrap() + 1, 0);
    says(&packed, "too_large", "split");
    let mut text = b"a".to_vec();
    text.resize(usize::try_from(TEXT_BYTES_MAX).unwrap() + 1, 0);
    says(&text, "too_large", "split");
    let picture = vec![0; 64_000_001];
    let parts = [
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/media/image1.png", &picture),
    ];
    says(&zipped(&parts), "too_large", "split");
    let names: Vec<String> = (0..2_001).map(|n| format!("{n}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b"".as_slice()))
        .collect();
    says(&zipped(&parts), "too_large", "split");
}

#[test]
fn entities_are_not_multiplied() {
    let lol = r#"<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]><sst uniqueCount="1"><si><t>&b;</t></si></sst>"#;
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    if let Ok((_, rows)) = read_with(&workbook_with(rows, Some(lol)), &Options::default()) {
        assert!(!texts(&rows)[0].1[0].contains("xxxx"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn invariant_a_sheet_of_any_xml_is_read_or_refused(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "<row r=\"1\">", "<row r=\"0\">", "<row>", "</row>", "<c r=\"A1\">", "<c r=\"ZZZZ9999999999\">", "<c>", "<c r=\"A0\" t=\"s\" s=\"9\">",
                "</c>", "<v>1</v>", "<v>-1</v>", "<v/>", "<v>1e999</v>", "<f>A1</f>", "<f t=\"shared\" si=\"99999999\"/>", "<is><t>x</t></is>",
                "<t>x", "&#0;", "&amp", "]]>", "<!--", "-->", "<c r=\"B2\" t=\"d\"><v>2026-11-23</v></c>", "<c r=\"\" t=\"zzz\">", "_x000D_",
            ]),
            0..14,
        )
    ) {
        let _ = read_with(&workbook_of(&pieces.concat()), &Options::default());
    }

    #[test]
    fn invariant_a_changed_workbook_is_read_or_refused(at in 0..2_000_usize, byte: u8) {
        let mut bytes = workbook_of(&format!(r#"<row r="1">{}</row>"#, inline("A1", "x")));
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read_with(&bytes, &Options::default());
    }
}
