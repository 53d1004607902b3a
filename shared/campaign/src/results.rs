//! What came of a campaign, over all of its rows: question by question, and hour by hour.

use crate::{row::RowState, tally::Tally};
use call::CallState;
use serde_json::{Map, Value};

/// What came of one row.
#[derive(Clone, Copy, Debug)]
pub struct RowResult<'a> {
    /// Where the row is.
    pub state: RowState,
    /// At which hour of the day its latest dial left, 0 to 23, by the clocks of the campaign.
    pub hour: Option<u8>,
    /// How its latest call ended, if it had one that has.
    pub call: Option<CallState>,
    /// What was answered in it, by question.
    pub answers: &'a Map<String, Value>,
}

/// What became of one question. Those who were asked are the ones who answered it, who answered a later
/// one, and who hung up at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionResult {
    /// Its name.
    pub question: String,
    /// Rows that answered it.
    pub answered: u32,
    /// Rows that went past it without an answer.
    pub passed: u32,
    /// Rows whose conversation ended before it was answered, all before it being over.
    pub hung_up_here: u32,
}

impl QuestionResult {
    /// Rows that were asked it.
    #[must_use]
    pub const fn asked(&self) -> u32 {
        self.answered + self.passed + self.hung_up_here
    }
}

/// What came of the rows whose latest dial left in one hour of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourResult {
    /// Rows.
    pub rows: u32,
    /// Rows where somebody was talked to.
    pub reached: u32,
}

/// What came of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// Where the rows are.
    pub tally: Tally,
    /// The questions, in the order in which they are asked.
    pub questions: Vec<QuestionResult>,
    /// The hours of the day, from 0 to 23.
    pub hours: [HourResult; 24],
}

impl Results {
    /// Of no row yet, with questions in the order in which they are asked.
    pub fn new(questions: impl IntoIterator<Item = String>) -> Self {
        let of = |question| QuestionResult {
            question,
            ..QuestionResult::default()
        };
        Self {
            tally: Tally::default(),
            questions: questions.into_iter().map(of).collect(),
            hours: [HourResult::default(); 24],
        }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &RowResult) {
        self.tally.add(row.state);
        if let Some(hour) = row
            .hour
            .and_then(|hour| self.hours.get_mut(usize::from(hour)))
        {
            hour.rows += 1;
            hour.reached += u32::from(row.state == RowState::Reached);
        }
        // Nobody was asked anything who was not talked to.
        if row.call == Some(CallState::Completed) || !row.answers.is_empty() {
            self.add_answers(row.answers);
        }
    }

    fn add_answers(&mut self, answers: &Map<String, Value>) {
        let has = |question: &QuestionResult| answers.contains_key(&question.question);
        let until = self
            .questions
            .iter()
            .rposition(has)
            .map_or(0, |last| last + 1);
        for (index, question) in self.questions.iter_mut().enumerate() {
            let count = match index {
                _ if answers.contains_key(&question.question) => &mut question.answered,
                _ if index < until => &mut question.passed,
                _ if index == until => &mut question.hung_up_here,
                _ => break,
            };
            *count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn results(rows: &[&[&str]]) -> Results {
        let mut results = Results::new(["age", "city", "pain"].map(str::to_owned));
        for answered in rows {
            let answers = answered.iter().map(|name| ((*name).to_owned(), json!(1)));
            results.add(&RowResult {
                state: RowState::Reached,
                hour: Some(10),
                call: Some(CallState::Completed),
                answers: &answers.collect(),
            });
        }
        results
    }

    #[test]
    fn a_question_is_divided_among_who_answered_it_went_past_it_and_hung_up_at_it() {
        let results = results(&[&["age", "city", "pain"], &["age", "pain"], &["age"], &[]]);
        let of = |question: &QuestionResult| {
            let QuestionResult {
                answered,
                passed,
                hung_up_here,
                ..
            } = *question;
            (question.asked(), answered, passed, hung_up_here)
        };
        let found: Vec<_> = results.questions.iter().map(of).collect();
        assert_eq!(found, [(4, 3, 0, 1), (3, 1, 1, 1), (2, 2, 0, 0)]);
        assert_eq!(
            results.hours[10],
            HourResult {
                rows: 4,
                reached: 4
            }
        );
    }

    #[test]
    fn nobody_was_asked_who_was_not_talked_to() {
        let mut results = results(&[]);
        results.add(&RowResult {
            state: RowState::Failed,
            hour: Some(23),
            call: Some(CallState::Failed),
            answers: &Map::new(),
        });
        results.add(&RowResult {
            state: RowState::Faulty,
            hour: None,
            call: None,
            answers: &Map::new(),
        });
        assert!(
            results
                .questions
                .iter()
                .all(|question| question.asked() == 0)
        );
        assert_eq!((results.tally.failed, results.tally.faulty), (1, 1));
        assert_eq!((results.hours[23].rows, results.hours[23].reached), (1, 0));
    }

    proptest! {
        #[test]
        fn invariant_no_question_is_asked_more_often_than_the_one_before(
            rows in prop::collection::vec(prop::collection::vec(0..3_usize, 0..4), 0..20)
        ) {
            let names = ["age", "city", "pain"];
            let rows: Vec<Vec<&str>> =
                rows.iter().map(|row| row.iter().map(|n| names[*n]).collect()).collect();
            let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
            let results = results(&rows);
            prop_assert_eq!(results.questions[0].asked() as usize, rows.len());
            for pair in results.questions.windows(2) {
                prop_assert!(pair[1].asked() <= pair[0].asked());
                prop_assert!(pair[0].asked() - pair[1].asked() <= pair[0].hung_up_here);
            }
        }
    }
}
