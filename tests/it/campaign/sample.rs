//! The sample of 40 patients: what is wrong in it is found, corrected in the copy, and gone.

use super::*;
use spreadsheet::Value as Cell;

/// Every fault of the sample, by row.
const FAULTS: [(u32, &str); 12] = [
    (7, "lost_digits"),
    (8, "phone_missing"),
    (9, "name_missing"),
    (10, "phone_length"),
    (11, "phone_letters"),
    (12, "date_for_number"),
    (13, "several_numbers"),
    (14, "language_unknown"),
    (15, "formula_failed"),
    (20, "name_unfit"),
    (27, "no_header"),
    (28, "treatment_unfit"),
];

/// The fault of row 29, apart from the others for the sake of their table's width.
const LAST_FAULT: (u32, &str) = (29, "patient_id_unfit");

/// What a person enters instead: row, column from 0, text.
const CORRECTED: [(u32, usize, &str); 15] = [
    (7, 2, "+911234567806"),
    (8, 2, "1234567807"),
    (9, 1, "शोभा देवी"),
    (10, 2, "1234567809"),
    (11, 2, "1234567810"),
    (12, 2, "1234567811"),
    (13, 2, "1234567812"),
    (14, 3, "en"),
    (15, 5, "Dr. Rao"),
    (18, 0, "P-017"),
    (18, 1, "राहुल वर्मा"),
    (20, 1, "विमला देवी"),
    (27, 7, ""),
    (28, 4, "knee replacement"),
    (29, 0, "P-027"),
];

fn found_faults(told: &Value) -> Vec<(u64, String)> {
    let rows = told["rows"].as_array().unwrap().iter();
    let faults = rows.flat_map(|row| {
        let of = row["row"].as_u64().unwrap();
        let errors = row["errors"].as_array().unwrap().clone();
        errors
            .into_iter()
            .map(move |error| (of, error["code"].as_str().unwrap().to_owned()))
    });
    faults.collect()
}

fn expected_faults() -> Vec<(u64, String)> {
    let all = FAULTS.into_iter().chain([LAST_FAULT]);
    all.map(|(row, code)| (u64::from(row), code.to_owned()))
        .collect()
}

#[test]
fn both_files_of_the_sample_say_the_same() {
    let texts = |file: &Path| -> Vec<(u32, Vec<String>)> {
        let rows = rows(file).into_iter();
        let text = |row: Row| {
            row.cells
                .iter()
                .map(|cell| cell.text().into_owned())
                .collect()
        };
        rows.map(|row| (row.number, text(row))).collect()
    };
    let (text, workbook) = (texts(&sample("csv")), texts(&sample("xlsx")));
    assert_eq!(text.len(), 41);
    assert_eq!(text, workbook);
}

#[test]
fn every_mistake_of_the_sample_is_found_where_it_is() {
    for extension in ["csv", "xlsx"] {
        let file = folder(&format!("found_{extension}")).join(format!("patients.{extension}"));
        fs::copy(sample(extension), &file).unwrap();
        let (outcome, told) = as_json(&file);
        assert_eq!(outcome, Outcome::Faulty);
        assert_eq!(found_faults(&told), expected_faults());
        let counts = serde_json::json!({
            "rows": 40, "ready": 25, "errors": 13, "duplicates": 2, "optedOut": 0
        });
        assert_eq!(told["counts"], counts);
        let shares = "shares its number with row 16: they are called one after the other";
        let rows = told["rows"].as_array().unwrap();
        let noted = rows.iter().find(|row| row["row"] == 17).unwrap();
        assert_eq!(noted["notes"][0], shares);
        assert_eq!(told["warnings"], serde_json::json!([]));
    }
}

#[test]
fn the_sample_comes_back_with_its_errors_and_is_corrected_in_that_file() {
    for (extension, kind) in [("csv", Kind::Delimited(b',')), ("xlsx", Kind::Workbook)] {
        let folder = folder(&format!("back_{extension}"));
        let file = folder.join(format!("patients.{extension}"));
        fs::copy(sample(extension), &file).unwrap();
        run(&arguments(&file));

        let checked = folder.join(format!("patients.checked.{extension}"));
        let mut table = rows(&checked);
        assert_eq!(table[0].cells.last().unwrap().text(), "Errors to correct");
        let width = table[0].cells.len();
        let told = |row: &Row| {
            row.cells
                .get(width - 1)
                .is_some_and(|cell| !cell.is_blank())
        };
        let with_errors: Vec<u32> = table[1..]
            .iter()
            .filter(|row| told(row))
            .map(|row| row.number)
            .collect();
        let mut expected: Vec<u32> = FAULTS.iter().map(|(row, _)| *row).collect();
        expected.extend([18, 19, LAST_FAULT.0]);
        expected.sort_unstable();
        assert_eq!(with_errors, expected);

        for row in &mut table {
            for (_, column, text) in CORRECTED
                .iter()
                .filter(|(number, ..)| *number == row.number)
            {
                row.cells[*column] = Cell::Text((*text).to_owned());
            }
        }
        write(&checked, kind, &table);
        let (outcome, told) = as_json(&checked);
        assert_eq!(found_faults(&told), []);
        assert_eq!(outcome, Outcome::Fit);
        assert_eq!(told["counts"]["ready"], 39);
        assert_eq!(told["counts"]["duplicates"], 1);
    }
}

/// Cells of the written copy are those of the file, as a spreadsheet shows them.
#[test]
fn a_copy_changes_nothing_but_its_last_column() {
    for extension in ["csv", "xlsx"] {
        let folder = folder(&format!("same_{extension}"));
        let file = folder.join(format!("patients.{extension}"));
        fs::copy(sample(extension), &file).unwrap();
        run(&arguments(&file));
        let copy = rows(&folder.join(format!("patients.checked.{extension}")));
        for (before, after) in rows(&file).iter().zip(&copy) {
            assert_eq!(before.number, after.number);
            for (cell, copied) in before.cells.iter().zip(&after.cells) {
                assert_eq!(cell.text(), spreadsheet::unguarded(&copied.text()));
            }
        }
    }
}
