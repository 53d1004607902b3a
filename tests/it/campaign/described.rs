//! The guide to a file says what the code says.

use crate::documents::document;
use campaign::{Field, Reason, RowState, State};

const GUIDE: &str = "shared/campaign/README.md";

/// The rows of the table that begins with this line.
fn table(text: &str, head: &str) -> Vec<String> {
    let table = text.split(head).nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| !line.is_empty());
    rows.map(str::to_owned).collect()
}

#[test]
fn every_reason_why_a_row_is_not_called_is_in_the_guide() {
    let row = |reason: Reason| {
        format!(
            "| `{}` | {} | {} |",
            reason.code(),
            reason.says(),
            reason.remedy()
        )
    };
    let expected: Vec<String> = Reason::ALL.into_iter().map(row).collect();
    assert_eq!(
        table(&document(GUIDE), "| code | what is wrong | what to do |"),
        expected
    );
}

#[test]
fn every_header_that_is_known_is_in_the_guide() {
    let row = |field: Field| format!("| {} | {} |", field.label(), field.headers().join(", "));
    let expected: Vec<String> = Field::ALL.into_iter().map(row).collect();
    assert_eq!(
        table(
            &document(GUIDE),
            "| column | headers by which it is known |"
        ),
        expected
    );
}

/// The codes in the function of a source file.
fn codes(path: &str) -> Vec<String> {
    let source = document(path);
    let body = source.split("pub const fn code(&self)").nth(1).unwrap();
    let body = body.split("\n    }\n").next().unwrap();
    body.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_reason_why_a_file_is_refused_is_in_the_guide() {
    let text = document(GUIDE);
    let refusals = codes("shared/spreadsheet/src/refusal.rs");
    let structure = codes("shared/campaign/src/columns/error.rs");
    assert!(refusals.len() > 10 && structure.len() > 5);
    for code in refusals.into_iter().chain(structure) {
        assert!(text.contains(&format!("| `{code}` |")), "{code}");
    }
}

#[test]
fn every_state_of_a_campaign_and_of_its_rows_is_in_the_guide() {
    let text = document(GUIDE);
    let told = |head: &str| {
        let rows = table(&text, head).join("\n");
        let words = rows.lines().filter_map(|row| row.split('|').nth(1));
        let words = words.flat_map(|cell| cell.split('`').skip(1).step_by(2));
        words.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(told("| state | means |"), State::ALL.map(State::label));
    assert_eq!(told("| row | means |"), RowState::ALL.map(RowState::label));
}
