//! Rows.

use super::*;
use proptest::prelude::*;

const GOOD: &str = "+911234567801";

#[track_caller]
fn reasons(header: &[&str], row: &[&str]) -> Vec<&'static str> {
    let (_, rows) = judged(rules(), &[header, row]);
    rows[0]
        .faults
        .iter()
        .map(|fault| fault.reason.code())
        .collect()
}

#[track_caller]
fn phone_is(cell: &str, expected: &str) {
    let found = phone(cell).map(|found| found.number.e164().to_owned());
    assert_eq!(
        found.as_deref().map_err(|reason| reason.code()),
        Ok(expected),
        "{cell:?}"
    );
}

#[track_caller]
fn phone_fails(cell: &str, expected: &str) {
    let found = phone(cell).map_err(Reason::code).map(|_| ());
    assert_eq!(found, Err(expected), "{cell:?}");
}

#[test]
fn a_number_is_read_through_all_that_is_left_in_its_cell() {
    for cell in [
        "1234567801",
        "1234567801.0",
        "911234567801.0",
        "'+911234567801",
        "\u{202a}+91 12345 67801\u{202c}",
        "+91\u{a0}12345\u{a0}67801",
        "+91–12345–67801",
        "+91 12345\u{2011}67801",
        "\u{feff}01234567801\u{200b}",
        "12345\u{ad}67801\u{fe0f}\u{2066}",
        "१२३४५६७८०१",
        "+९१ १२३४५ ६७८०१",
        "＋９１１２３４５６７８０１",
        "(+91) 1234567801",
    ] {
        let cell = if cell.starts_with('(') {
            "+91 (12345) 67801"
        } else {
            cell
        };
        phone_is(cell, GOOD);
    }
    assert!(phone("+911234000000").unwrap().is_round);
    assert!(!phone(GOOD).unwrap().is_round);
}

#[test]
fn what_cannot_be_known_is_never_repaired() {
    for cell in [
        "9.19877E+11",
        "9.12346e+11",
        "9,12346E+11",
        "9E11",
        "'9.12346E+11",
    ] {
        phone_fails(cell, "lost_digits");
    }
    for cell in [
        "2026-11-23",
        "23/11/2026",
        "23.11.26",
        "2026-11-23 09:30:00",
        "२३-११-२०२६",
    ] {
        phone_fails(cell, "date_for_number");
    }
    for cell in [
        "1234567801, 1234567802",
        "1234567801/1234567802",
        "1234567801\n1234567802",
    ] {
        phone_fails(cell, "several_numbers");
    }
    for cell in ["", " \u{200b} ", "'", "\u{a0}"] {
        phone_fails(cell, "phone_missing");
    }
    for cell in ["call later", "TRUE", "12345678O1", "#N/A", "ext 12"] {
        phone_fails(cell, "phone_letters");
    }
    for cell in [
        "12345",
        "123456780.5",
        "123456789012345",
        "+91123456780",
        "9123456780112",
    ] {
        phone_fails(cell, "phone_length");
    }
}

#[test]
fn every_reason_is_told_where_it_stands() {
    let header = [
        "phone",
        "name",
        "patient id",
        "language",
        "treatment",
        "doctor",
    ];
    let long = "x".repeat(201);
    for (row, expected) in [
        (["", "A", "", "", "", ""], "phone_missing"),
        ([GOOD, " \u{200b}", "", "", "", ""], "name_missing"),
        ([GOOD, "A\nB", "", "", "", ""], "name_unfit"),
        ([GOOD, long.as_str(), "", "", "", ""], "name_unfit"),
        ([GOOD, "A", long.as_str(), "", "", ""], "patient_id_unfit"),
        ([GOOD, "A", "", "Klingon", "", ""], "language_unknown"),
        ([GOOD, "A", "", "ta", "", ""], "language_unknown"),
        ([GOOD, "A", "", "", long.as_str(), ""], "treatment_unfit"),
        ([GOOD, "A", "", "", "", "#REF!"], "formula_failed"),
        ([GOOD, "#N/A", "", "", "", ""], "formula_failed"),
    ] {
        assert_eq!(reasons(&header, &row), [expected], "{row:?}");
    }
    let stray = [&["x", ""][..], &["moved"; 20]].concat();
    assert_eq!(reasons(&["phone", "name"], &stray).len(), 5);
    let big = "x".repeat(8_300);
    assert_eq!(
        reasons(&["phone", "name", "doctor"], &[GOOD, "A", &big]),
        ["variables_too_long"]
    );
    assert_eq!(
        reasons(&["phone", "name"], &[GOOD, "A", "moved"]),
        ["no_header"]
    );
    assert_eq!(
        reasons(&["phone", "name"], &["", ""]),
        ["phone_missing", "name_missing"]
    );
    assert_eq!(
        reasons(&["phone", "name"], &[]),
        ["phone_missing", "name_missing"]
    );
}

#[test]
fn a_row_is_what_the_trigger_takes() {
    let header = ["फ़ोन", "नाम", "UHID", "भाषा", "इलाज", "Doctor", "Ward"];
    let row = [
        "'१२३४५६७८०१",
        " राहुल शर्मा\u{200b}",
        "p-1",
        "हिंदी",
        "heart",
        "Dr. Rao",
        "",
    ];
    let (check, rows) = judged(rules(), &[&header, &row, &row]);
    let entry = rows[0].entry.clone().unwrap();
    assert_eq!(entry.patient.phone_number.e164(), GOOD);
    assert_eq!(entry.patient.name, "राहुल शर्मा");
    assert_eq!(entry.patient.id.as_deref(), Some("p-1"));
    assert_eq!(entry.patient.treatment_type.as_deref(), Some("heart"));
    assert_eq!(entry.language.as_deref(), Some("hi"));
    let crm_data = serde_json::json!({ "Doctor": "Dr. Rao" });
    assert_eq!(serde_json::Value::Object(entry.patient.crm_data), crm_data);
    assert_eq!(check.columns().get(5).unwrap().samples, ["Dr. Rao"]);
}

#[test]
fn a_patient_is_called_once_and_two_on_one_number_one_after_the_other() {
    let header = ["phone", "name", "patient id"];
    let other = "+911234567802";
    let rows: [&[&str]; 10] = [
        &header,
        &[GOOD, "Asha", "1"],         // 2
        &[other, "Asha", "1"],        // 3: the same id
        &[GOOD, "Ravi", "2"],         // 4: the same number
        &[GOOD, " ASHA", ""],         // 5: as row 2, without the id
        &[GOOD, "Asha", "3"],         // 6: another patient of that name
        &["bad", "Meena", "4"],       // 7
        &[other, "Meena", "4"],       // 8: row 7 is not called
        &[other, "Lata", ""],         // 9
        &["1234567802", "lata", "9"], // 10: as row 9, which has no id
    ];
    let (check, rows) = judged(rules(), &rows);
    let buckets: Vec<Bucket> = rows.iter().map(|row| row.bucket).collect();
    use Bucket::{Duplicate, Faulty, Ready};
    let expected = [
        Ready,
        Duplicate { of: 2 },
        Ready,
        Duplicate { of: 2 },
        Ready,
        Faulty,
        Ready,
        Ready,
        Duplicate { of: 9 },
    ];
    assert_eq!(buckets, expected);
    assert_eq!(rows[2].notes, [Note::SharesWith { row: 2 }]);
    assert_eq!(rows[7].notes, [Note::SharesWith { row: 8 }]);
    assert_eq!((check.counts().ready, check.counts().rows()), (5, 9));
}

#[test]
fn who_wants_no_calls_is_neither_called_nor_a_fault() {
    let table: [&[&str]; 3] = [&["phone", "name"], &["1234567801", "A"], &["x", "B"]];
    let (check, rows) = judged_with(rules(), &table, &[GOOD]);
    assert_eq!(rows[0].bucket, Bucket::OptedOut);
    assert_eq!(rows[1].bucket, Bucket::Faulty);
    assert_eq!(check.counts().opted_out, 1);
}

#[test]
fn promotion_needs_consent_in_every_row() {
    let promotional = Rules {
        is_promotional: true,
        ..rules()
    };
    let header: &[&str] = &[
        "phone",
        "name",
        "consent source",
        "consent time",
        "consent purpose",
        "consent text",
    ];
    let whole: &[&str] = &[GOOD, "A", "form", "2026-11-01", "check-up", "I agree"];
    let (_, rows) = judged(promotional.clone(), &[header, whole, &[GOOD, "B", "form"]]);
    assert!(rows[0].entry.as_ref().unwrap().consent.is_some());
    assert_eq!(rows[1].faults[0].reason, Reason::ConsentMissing);
    assert_eq!(rows[1].faults[0].header, "consent time");
    let header = ["phone", "name", "consent source"].map(str::to_owned);
    let errors = Check::begin(1, &header, promotional).err().unwrap();
    let codes: Vec<_> = errors.iter().map(StructureError::code).collect();
    assert_eq!(codes, ["missing_column"; 3]);
}

#[test]
fn a_required_variable_must_be_filled() {
    let needs = Rules {
        required: vec!["doctor".to_owned()],
        ..rules()
    };
    let (_, rows) = judged(needs, &[&["phone", "name", "Doctor"], &[GOOD, "A", ""]]);
    assert_eq!(rows[0].faults[0].reason, Reason::VariableMissing);
}

#[test]
fn hindi_in_an_old_font_is_warned_of() {
    let warnings = |table: &[&[&str]]| judged(rules(), table).0.warnings();
    let old: &[&[&str]] = &[
        &["phone", "name"],
        &[GOOD, "jkgqy 'kekZ"],
        &[GOOD, "esjk uke"],
    ];
    let header = "name".to_owned();
    assert_eq!(warnings(old), [Warning::OldFont { header }]);
    let latin: &[&[&str]] = &[
        &["phone", "name"],
        &[GOOD, "Rahul Sharma"],
        &[GOOD, "Dr. Shyam McDonald O'Brien"],
        &[GOOD, "JYOTI DeSouza"],
    ];
    assert_eq!(warnings(latin), []);
    let heading: &[&[&str]] = &[&["phone", "नाम"], &[GOOD, "Rahul Sharma"]];
    let header = "नाम".to_owned();
    assert_eq!(warnings(heading), [Warning::NoDevanagari { header }]);
    let hindi: &[&[&str]] = &[&["phone", "नाम", "भाषा"], &[GOOD, "राहुल", "hi"]];
    assert_eq!(warnings(hindi), []);
}

#[test]
fn a_fault_says_what_was_found_to_its_owner_and_to_nobody_else() {
    let (_, rows) = judged(rules(), &[&["phone", "name"], &["98765x", "Asha"]]);
    let told = rows[0].told().unwrap();
    assert!(told.contains("98765x") && told.contains("phone"), "{told}");
    assert!(!format!("{:?}", rows[0].faults).contains("98765x"));
}

#[test]
fn every_reason_has_its_own_code_and_says_what_to_do() {
    let codes: std::collections::BTreeSet<_> =
        Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        assert!(!reason.says().is_empty() && !reason.remedy().is_empty());
    }
}

fn any_cell() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        GOOD,
        "1234567802",
        "9.1E+11",
        "2026-11-23",
        "Asha",
        "राहुल",
        "",
        "hi",
        "#N/A",
        "p-1",
        "'",
        "\u{200b}",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => ".{0,12}"]
}

proptest! {
    #[test]
    fn invariant_each_row_is_in_one_bucket_and_the_buckets_sum_to_the_rows(
        rows in prop::collection::vec(prop::collection::vec(any_cell(), 0..7), 0..40)
    ) {
        let header = ["phone", "name", "patient id", "language", "doctor"].map(str::to_owned);
        let mut check = Check::begin(1, &header, rules()).unwrap();
        let mut called = std::collections::HashSet::new();
        for (number, cells) in (2..).zip(&rows) {
            let row = check.row(number, cells, &mut |phone| phone.e164().ends_with("02"));
            prop_assert_eq!(row.bucket == Bucket::Faulty, row.entry.is_none());
            prop_assert_eq!(row.bucket == Bucket::Faulty, !row.faults.is_empty());
            prop_assert_eq!(row.bucket == Bucket::Ready, row.told().is_none());
            if let Bucket::Duplicate { of } = row.bucket {
                prop_assert!(called.contains(&of));
            }
            if row.bucket == Bucket::Ready {
                called.insert(number);
                let patient = row.entry.unwrap().patient;
                prop_assert!(call::rules::is_name(&patient.name));
                prop_assert!(call::rules::is_free(&patient.crm_data));
                prop_assert!(patient.id.is_none_or(|id| call::rules::is_patient_id(&id)));
            }
        }
        prop_assert_eq!(check.counts().rows(), rows.len());
        prop_assert_eq!(check.counts().ready, called.len());
    }

    #[test]
    fn invariant_cleaning_a_clean_text_changes_nothing(cell in ".{0,20}") {
        let once = text(&cell);
        prop_assert_eq!(text(&once), once);
    }
}
