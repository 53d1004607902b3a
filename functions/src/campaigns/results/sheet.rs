//! The spreadsheet of a campaign's results.

use call::time::Timestamp;
use campaign::{Field, Hours, Results};
use serde_json::Value;
use spreadsheet::{Kind, Refusal, Value as Cell, Writer};

/// What each row of a rehearsal says of itself.
const MADE_UP: &str = "made up: nobody was called";

/// A sheet with a row for each row: first the original columns in their order, then what came of it.
pub(super) struct Sheet {
    kind: Kind,
    writer: Writer,
    /// Original columns.
    width: usize,
    questions: Vec<String>,
    /// What marks each row, and each sheet, as none of real answers.
    mark: Option<&'static str>,
    next: u32,
}

impl Sheet {
    pub(super) fn begin(
        kind: Kind,
        campaign: &Value,
        hours: &Hours,
        questions: Vec<String>,
        mark: Option<&'static str>,
    ) -> Result<Self, Refusal> {
        let columns = list(&campaign["columns"]);
        let width = campaign["file"]["width"].as_u64().unwrap_or(0);
        let width = usize::try_from(width).unwrap_or(0);
        let width = width.max(columns.len());
        let is_phone = |column: &Value| column["meaning"] == Field::Phone.label();
        let phone = columns.iter().position(is_phone);
        let mut writer = Writer::new(kind, phone.into_iter().collect());
        writer.name(&titled(mark, "Results"))?;
        let mut header: Vec<Cell> = columns
            .iter()
            .map(|column| value(text(&column["header"])))
            .collect();
        header.resize(width, Cell::Empty);
        let last_dial = format!("last dial ({})", hours.span.zone());
        header.extend(mark.map(value));
        let own = [
            "row",
            "status",
            "outcome",
            "dials",
            &last_dial,
            "talk in seconds",
        ];
        header.extend(own.map(value));
        header.extend(questions.iter().map(|question| value(question)));
        header.extend(["other answers", "summary", "session id"].map(value));
        writer.row(1, &header)?;
        Ok(Self {
            kind,
            writer,
            width,
            questions,
            mark,
            next: 2,
        })
    }

    pub(super) fn row(&mut self, row: &Value, hours: &Hours) -> Result<(), Refusal> {
        let originals = list(&row["cells"]).iter();
        let mut cells: Vec<Cell> = originals.map(|cell| value(text(cell))).collect();
        cells.resize(self.width, Cell::Empty);
        cells.extend(self.mark.map(|_| value(MADE_UP)));
        let call = &row["call"];
        let last_dial = moment(&row["lastDialAt"]).and_then(|at| hours.date_time(at));
        cells.extend([
            answer(&row["row"]),
            value(text(&row["state"])),
            value(text(&call["cause"])),
            answer(&row["dials"]),
            last_dial.map_or(Cell::Empty, Cell::Date),
            answer(&call["talkSecs"]),
        ]);
        let answers = &call["answers"];
        cells.extend(
            self.questions
                .iter()
                .map(|question| answer(&answers[question])),
        );
        cells.extend([
            value(&self.others(answers)),
            value(text(&call["summary"])),
            value(text(&call["sessionId"])),
        ]);
        self.writer.row(self.next, &cells)?;
        self.next += 1;
        Ok(())
    }

    /// Answers to what is not asked any more.
    fn others(&self, answers: &Value) -> String {
        let answers = answers.as_object().into_iter().flatten();
        let others = answers.filter(|(question, _)| !self.questions.contains(question));
        let others: Vec<String> = others
            .map(|(question, answer)| match answer.as_str() {
                Some(text) => format!("{question}: {text}"),
                None => format!("{question}: {answer}"),
            })
            .collect();
        others.join("; ")
    }

    /// A workbook has a sheet for the questions and one for the hours.
    pub(super) fn end(mut self, results: &Results) -> Result<Writer, Refusal> {
        if self.kind != Kind::Workbook {
            return Ok(self.writer);
        }
        self.writer.next_sheet(1, Vec::new())?;
        self.writer.name(&titled(self.mark, "Questions"))?;
        let header = [
            "question",
            "asked",
            "answered",
            "went on without",
            "hung up here",
        ];
        self.writer.row(1, &header.map(value))?;
        for (number, question) in (2..).zip(&results.questions) {
            let counts = [
                question.asked(),
                question.answered,
                question.passed,
                question.hung_up_here,
            ];
            let mut cells = vec![value(&question.question)];
            cells.extend(counts.map(|count| Cell::Number(count.into())));
            self.writer.row(number, &cells)?;
        }
        self.writer.next_sheet(1, Vec::new())?;
        self.writer.name(&titled(self.mark, "Hours"))?;
        self.writer
            .row(1, &["hour of the last dial", "rows", "reached"].map(value))?;
        for (number, (hour, of)) in (2..).zip((0_u32..).zip(results.hours)) {
            let counts = [hour, of.rows, of.reached];
            let cells = counts.map(|count| Cell::Number(count.into()));
            self.writer.row(number, &cells)?;
        }
        Ok(self.writer)
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn value(text: &str) -> Cell {
    if text.is_empty() {
        Cell::Empty
    } else {
        Cell::Text(text.to_owned())
    }
}

fn titled(mark: Option<&str>, title: &str) -> String {
    mark.map_or_else(|| title.to_owned(), |mark| format!("{mark} {title}"))
}

/// A number as a number, everything else as text.
fn answer(given: &Value) -> Cell {
    match given {
        Value::Null => Cell::Empty,
        Value::Bool(truth) => Cell::Truth(*truth),
        Value::Number(number) => number.as_f64().map_or(Cell::Empty, Cell::Number),
        Value::String(text) => value(text),
        Value::Array(_) | Value::Object(_) => value(&given.to_string()),
    }
}
