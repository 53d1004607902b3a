//! Headers.

use super::*;

fn read(header: &[&str]) -> Result<Columns, Vec<StructureError>> {
    let header: Vec<String> = header.iter().map(|text| (*text).to_owned()).collect();
    Columns::read(1, &header, None, &[])
}

#[track_caller]
fn codes(header: &[&str]) -> Vec<&'static str> {
    let errors = read(header).expect_err("something is wrong");
    errors.iter().map(StructureError::code).collect()
}

#[test]
fn a_header_is_known_in_both_languages_however_it_is_written() {
    for (phone, name) in [
        ("phone", "name"),
        ("Phone No.", "Patient's Name"),
        ("MOBILE_NUMBER", "PatientName"),
        (" mobile-no (10 digits) ", "Name [as on card]"),
        ("Contact\u{a0}No\u{200b}", "\u{feff}Name"),
        ("फोन नंबर", "नाम"),
        ("फ़ोन", "मरीज़ का नाम"),
        ("\u{95e}ोन नम्बर", "रोगी का नाम"),
        ("मोबाइल नं.", "पूरा नाम"),
    ] {
        let columns = read(&[phone, "doctor", name]).unwrap();
        assert_eq!(columns.index_of(Field::Phone), Some(0), "{phone}");
        assert_eq!(columns.index_of(Field::Name), Some(2), "{name}");
        let doctor = Meaning::Variable("doctor".to_owned());
        assert_eq!(columns.get(1).unwrap().meaning, doctor);
    }
}

#[test]
fn no_word_heads_two_fields() {
    let mut seen = std::collections::BTreeSet::new();
    for field in Field::ALL {
        for word in field.headers() {
            assert!(seen.insert(columns_key(word)), "{word}");
        }
    }
}

fn columns_key(word: &str) -> String {
    crate::columns::key_of(word)
}

#[test]
fn what_is_wrong_with_the_header_is_said_at_once() {
    assert_eq!(codes(&["a", "b"]), ["missing_column", "missing_column"]);
    assert_eq!(codes(&["phone", "mobile", "name"]), ["several_columns"]);
    assert_eq!(codes(&["phone", "name", "ward", "Ward "]), ["header_twice"]);
    assert_eq!(codes(&["+911234567890", "Rahul"]), ["no_header_row"]);
    assert_eq!(
        codes(&["phone", "name", &"x".repeat(129)]),
        ["header_unfit"]
    );
    let mut many = vec!["phone".to_owned(), "name".to_owned()];
    many.extend((0..51).map(|n| format!("v{n}")));
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(codes(&many), ["too_many_variables"]);
}

#[test]
fn a_named_column_is_dialled_and_others_like_it_are_variables() {
    let header = ["phone", "mobile", "name"].map(str::to_owned);
    let columns = Columns::read(1, &header, Some("Mobile"), &[]).unwrap();
    assert_eq!(columns.index_of(Field::Phone), Some(1));
    let phone = Meaning::Variable("phone".to_owned());
    assert_eq!(columns.get(0).unwrap().meaning, phone);
    let errors = Columns::read(1, &header, Some("fax"), &[]).unwrap_err();
    assert_eq!(errors[0].code(), "no_such_column");
}

#[test]
fn a_variable_that_the_agent_needs_must_be_there() {
    let header = ["phone", "name", "Doctor Name"].map(str::to_owned);
    let needs = |name: &str| Columns::read(1, &header, None, &[name.to_owned()]);
    assert!(needs("doctor_name").is_ok());
    let errors = needs("ward").unwrap_err();
    assert!(errors[0].to_string().contains("ward"));
}

#[test]
fn the_column_of_errors_is_nobodys_variable() {
    let columns = read(&["phone", "name", ERRORS_HEADER]).unwrap();
    assert_eq!(columns.get(2).unwrap().meaning, Meaning::Errors);
}
