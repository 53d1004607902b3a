//! What came of a campaign as a spreadsheet and in figures, row by row, from what the API answers: the
//! command line and the page write the same.

use super::sheet::{Sheet, moment, text};
use call::{CallState, CallingWindow};
use campaign::{Hours, Results, RowResult, RowState};
use serde_json::{Map, Value};
use spreadsheet::{Kind, Refusal, Writer};

/// Results that are being read.
pub struct ResultsBook {
    hours: Hours,
    results: Results,
    sheet: Option<Sheet>,
}

impl ResultsBook {
    /// Begins with the campaign and its questions, as the API shows them; without a kind it only counts.
    /// A `mark` stands in each row and in the name of each sheet.
    ///
    /// # Errors
    /// If no spreadsheet holds such a header.
    pub fn begin(
        kind: Option<Kind>,
        campaign: &Value,
        questions: Vec<String>,
        mark: Option<&'static str>,
    ) -> Result<Self, Refusal> {
        let hours = hours(campaign);
        let results = Results::new(questions.clone());
        let sheet = kind.map(|kind| Sheet::begin(kind, campaign, &hours, questions, mark));
        Ok(Self {
            sheet: sheet.transpose()?,
            hours,
            results,
        })
    }

    /// Adds a row, as the API gives it.
    ///
    /// # Errors
    /// If no spreadsheet holds it.
    pub fn row(&mut self, row: &Value) -> Result<(), Refusal> {
        add(&mut self.results, row, &self.hours);
        match &mut self.sheet {
            Some(sheet) => sheet.row(row, &self.hours),
            None => Ok(()),
        }
    }

    /// The figures, and the spreadsheet complete but for its end, with its header in the first row.
    ///
    /// # Errors
    /// If no spreadsheet holds the figures.
    pub fn end(self) -> Result<(Results, Option<Writer>), Refusal> {
        let sheet = self.sheet.map(|sheet| sheet.end(&self.results));
        Ok((self.results, sheet.transpose()?))
    }
}

/// The hours of its plan, for the clocks of the place.
fn hours(campaign: &Value) -> Hours {
    let span = text(&campaign["plan"]["hours"]).parse::<CallingWindow>();
    let anywhere = || "00:00-24:00 Asia/Kolkata".parse().expect("a window");
    Hours::daily(span.unwrap_or_else(|_| anywhere()))
}

fn add(results: &mut Results, row: &Value, hours: &Hours) {
    let label = text(&row["state"]);
    let Some(state) = RowState::ALL
        .into_iter()
        .find(|state| state.label() == label)
    else {
        return;
    };
    let call = text(&row["call"]["status"]);
    let none = Map::new();
    results.add(&RowResult {
        state,
        hour: moment(&row["lastDialAt"]).and_then(|at| hours.hour(at)),
        call: CallState::ALL
            .into_iter()
            .find(|state| state.label() == call),
        answers: row["call"]["answers"].as_object().unwrap_or(&none),
    });
}
