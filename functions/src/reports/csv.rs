//! Rows as a spreadsheet reads them: RFC 4180, UTF-8 with its mark, and no cell that is a formula.

use super::ExportRow;
use call::answers::Questionnaire;
use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Value};

/// Tells a spreadsheet that the text is UTF-8: without it, Hindi opens as something else.
const MARK: &str = "\u{feff}";

/// What a spreadsheet takes for the beginning of a formula, also in full width; the apostrophe before
/// it makes it text. Line ends and tabs are skipped by some before they look.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

const BEFORE: [&str; 11] = [
    "sessionId",
    "createdAt",
    "status",
    "cause",
    "endedAt",
    "talkSecs",
    "attempts",
    "patientId",
    "callee",
    "phoneNumber",
    "treatmentType",
];
const AFTER: [&str; 3] = ["otherAnswers", "summary", "dataComplete"];

/// Writes rows, below the names of the columns if they are the first.
pub(super) fn write(rows: &[ExportRow], questionnaire: &Questionnaire, is_first: bool) -> Vec<u8> {
    let mut sheet = Vec::new();
    if is_first {
        sheet.extend_from_slice(MARK.as_bytes());
    }
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(sheet);
    let fields: Vec<&str> = questionnaire
        .fields()
        .iter()
        .map(|f| f.name.as_str())
        .collect();
    let mut write = |record: Vec<String>| {
        writer
            .write_record(&record)
            .expect("memory takes every record");
    };
    if is_first {
        let names = BEFORE.iter().chain(&fields).chain(&AFTER);
        write(names.map(|name| (*name).to_owned()).collect());
    }
    for row in rows {
        write(record(row, &fields));
    }
    writer.into_inner().expect("memory takes every record")
}

fn record(row: &ExportRow, fields: &[&str]) -> Vec<String> {
    let text = |text: Option<&str>| text.map(cell).unwrap_or_default();
    let cause = serde_json::to_value(row.cause).unwrap_or_default();
    let mut cells = vec![
        row.session_id.to_string(),
        row.created_at.to_string(),
        row.status.to_owned(),
        text(cause.as_str()),
        row.ended_at.map(|at| at.to_string()).unwrap_or_default(),
        row.talk_secs
            .map(|secs| secs.to_string())
            .unwrap_or_default(),
        row.attempts.to_string(),
        text(row.patient_id.as_deref()),
        cell(&row.patient_name),
        cell(&row.phone_number),
        text(row.treatment_type.as_deref()),
    ];
    let answers = fields.iter().map(|field| row.answers.get(*field));
    cells.extend(answers.map(|answer| answer.map(value).unwrap_or_default()));
    let is_other = |(field, _): &(&String, &Value)| !fields.contains(&field.as_str());
    let others = row.answers.iter().filter(is_other);
    let others: Map<_, _> = others.map(|(f, v)| (f.clone(), v.clone())).collect();
    cells.push(if others.is_empty() {
        String::new()
    } else {
        Value::Object(others).to_string()
    });
    cells.push(text(row.summary.as_deref()));
    cells.push(row.data_complete.to_string());
    cells
}

/// Numbers stay numbers; everything else is text.
fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => cell(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            cell(&value.to_string())
        }
    }
}

fn cell(text: &str) -> String {
    if text.trim_start_matches(' ').starts_with(FORMULA) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in [
            "=1+1",
            "+911234567890",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1",
            "  =1",
        ] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["राहुल", "a=1", "3-4 days", "'x", ""] {
            assert_eq!(cell(text), text);
        }
        assert_eq!(value(&Value::from(-3)), "-3");
    }
}
