//! What the agent asks a patient, and what counts as an answer: a questionnaire, and values read
//! as people and language models write them, in Hindi or English. Knows no store and no network.

mod field;
mod gender;
mod number;
mod questionnaire;

pub use field::{Field, InvalidAnswer, Kind, TEXT_CHARS_MAX};
pub use questionnaire::{FIELDS_MAX, InvalidQuestionnaire, Questionnaire, Reading};

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The way on which an answer reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent called a tool of the MCP server.
    Mcp,
    /// The agent called the same tool as a webhook.
    WebhookTool,
}

/// One value that was once given for a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    /// The value, as the field's kind writes it.
    pub value: Value,
    /// When it was saved.
    pub at: Timestamp,
    /// The attempt in whose conversation it was given.
    pub attempt: u8,
    /// How it reached us.
    pub source: Source,
}

/// What a patient answered to one question. Patient data: never logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The field.
    pub field: String,
    /// What holds now.
    pub given: Given,
    /// What was given before and then corrected, oldest first, at most [`EARLIER_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Given>,
}

/// Corrections of one answer that are kept; a patient who changes their mind more often loses the
/// oldest ones.
pub const EARLIER_MAX: usize = 20;

impl Answer {
    /// The first answer to a question.
    #[must_use]
    pub fn first(field: &str, given: Given) -> Self {
        Self {
            field: field.to_owned(),
            given,
            earlier: Vec::new(),
        }
    }

    /// The answer after a correction; `None` if it says what holds already.
    #[must_use]
    pub fn corrected(&self, given: Given) -> Option<Self> {
        if self.given.value == given.value {
            return None;
        }
        let skipped = (self.earlier.len() + 1).saturating_sub(EARLIER_MAX);
        let kept = self.earlier.iter().skip(skipped).cloned();
        Some(Self {
            field: self.field.clone(),
            earlier: kept.chain([self.given.clone()]).collect(),
            given,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn given(n: u8) -> Given {
        Given {
            value: json!(n),
            at: Timestamp::from_millis(i64::from(n)),
            attempt: 1,
            source: Source::Mcp,
        }
    }

    #[test]
    fn a_correction_keeps_what_was_said_before_within_bounds() {
        let mut answer = Answer::first("age", given(0));
        assert_eq!(answer.corrected(given(0)), None);
        for n in 1..=30 {
            answer = answer.corrected(given(n)).unwrap();
        }
        assert_eq!(answer.given, given(30));
        assert_eq!(answer.earlier.len(), EARLIER_MAX);
        assert_eq!(answer.earlier.last(), Some(&given(29)));
    }
}
