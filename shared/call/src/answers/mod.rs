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
use std::cmp::Ordering;

/// Where the summary of a conversation is kept among the answers; no field can have this name.
pub const SUMMARY: &str = "_summary";

/// The way on which an answer reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent called a tool of the MCP server.
    Mcp,
    /// The agent called the same tool as a webhook.
    WebhookTool,
    /// The agent called it over the conversation's own socket.
    ClientTool,
    /// The platform read it out of the whole conversation, after its end.
    PostCall,
}

impl Source {
    /// Whether it was saved while the patient was on the line.
    #[must_use]
    pub fn is_live(self) -> bool {
        match self {
            Self::Mcp | Self::WebhookTool | Self::ClientTool => true,
            Self::PostCall => false,
        }
    }
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
    /// Which conversation of the attempt, if that is known; a later one has a greater number. Turns
    /// start anew in each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<u32>,
    /// The agent's turn in which the tool was called, if it was told: a repeat or a straggler of
    /// an earlier turn is known by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
}

impl Given {
    /// Which conversation it was, in the order in which they were held.
    fn place(&self) -> (u8, Option<u32>) {
        (self.attempt, self.conversation)
    }

    /// Whether the agent called the tool in an earlier conversation, or an earlier turn of the same.
    fn is_before(&self, other: &Self) -> bool {
        match self.place().cmp(&other.place()) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => {
                let turns = self.turn.zip(other.turn);
                turns.is_some_and(|(ours, theirs)| ours < theirs)
            }
        }
    }

    /// Whether it is the same call of the same tool, delivered again.
    fn is_repeat_of(&self, other: &Self) -> bool {
        let is_same_turn = self.turn.is_some() && self.turn == other.turn;
        is_same_turn && self.place() == other.place() && self.value == other.value
    }
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
    /// What the platform read out of the conversation, if that is not what the patient was told is
    /// noted. Both are kept for a person to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Given>,
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
            conflict: None,
        }
    }

    /// The answer once this was given too; `None` if it says nothing new.
    ///
    /// What was saved live is only corrected live: the platform's own reading of the conversation
    /// stands beside it as a conflict.
    #[must_use]
    pub fn with(&self, given: Given) -> Option<Self> {
        match (self.given.source.is_live(), given.source.is_live()) {
            (true, false) => self.contradicted(given),
            (false, true) => Some(self.confirmed(given)),
            (true, true) | (false, false) => self.corrected(given),
        }
    }

    fn contradicted(&self, given: Given) -> Option<Self> {
        let known = self.conflict.as_ref().map(|conflict| &conflict.value);
        if self.given.value == given.value || known == Some(&given.value) {
            return None;
        }
        Some(Self {
            conflict: Some(given),
            ..self.clone()
        })
    }

    fn confirmed(&self, given: Given) -> Self {
        let is_other = self.given.value != given.value;
        Self {
            conflict: is_other.then(|| self.given.clone()),
            given,
            ..self.clone()
        }
    }

    /// What the patient said again counts from then on: a straggler of a turn between the two does not
    /// undo it.
    fn repeated(&self, given: Given) -> Option<Self> {
        let is_later = self.given.is_before(&given);
        is_later.then(|| Self {
            given,
            ..self.clone()
        })
    }

    fn corrected(&self, given: Given) -> Option<Self> {
        if self.given.value == given.value {
            return self.repeated(given);
        }
        let mut known = self.earlier.iter().chain([&self.given]);
        if known.any(|known| given.is_repeat_of(known)) {
            return None;
        }
        let (before, holds) = if given.is_before(&self.given) {
            (given, self.given.clone())
        } else {
            (self.given.clone(), given)
        };
        let skipped = (self.earlier.len() + 1).saturating_sub(EARLIER_MAX);
        let kept = self.earlier.iter().skip(skipped).cloned();
        let conflict = self.conflict.clone();
        Some(Self {
            field: self.field.clone(),
            earlier: kept.chain([before]).collect(),
            conflict: conflict.filter(|conflict| conflict.value != holds.value),
            given: holds,
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
            conversation: None,
            turn: None,
        }
    }

    fn in_turn(n: u8, turn: u32) -> Given {
        Given {
            turn: Some(turn),
            ..given(n)
        }
    }

    fn read(n: u8) -> Given {
        Given {
            source: Source::PostCall,
            ..given(n)
        }
    }

    #[test]
    fn a_correction_keeps_what_was_said_before_within_bounds() {
        let mut answer = Answer::first("age", given(0));
        assert_eq!(answer.with(given(0)), None);
        for n in 1..=30 {
            answer = answer.with(given(n)).unwrap();
        }
        assert_eq!(answer.given, given(30));
        assert_eq!(answer.earlier.len(), EARLIER_MAX);
        assert_eq!(answer.earlier.last(), Some(&given(29)));
    }

    #[test]
    fn a_repeat_of_an_earlier_turn_does_not_undo_a_correction() {
        let answer = Answer::first("age", in_turn(41, 3));
        let answer = answer.with(in_turn(42, 5)).unwrap();
        assert_eq!(answer.with(in_turn(41, 3)), None, "delivered again");
        let late = answer.with(in_turn(40, 4)).unwrap();
        assert_eq!(late.given, in_turn(42, 5), "overtaken on the way");
        assert_eq!(late.earlier, [in_turn(41, 3), in_turn(40, 4)]);
        let back = answer.with(in_turn(41, 7)).unwrap();
        assert_eq!(back.given, in_turn(41, 7), "said again and meant");
        let changed = answer.with(in_turn(43, 5)).unwrap();
        assert_eq!(changed.given, in_turn(43, 5), "two calls in one turn");
        let called_again = Given {
            attempt: 2,
            ..in_turn(44, 1)
        };
        assert_eq!(
            answer.with(called_again.clone()).unwrap().given,
            called_again
        );
    }

    #[test]
    fn a_straggler_does_not_undo_what_was_said_again_after_it() {
        let answer = Answer::first("age", in_turn(41, 3));
        let again = answer.with(in_turn(41, 7)).unwrap();
        assert_eq!(again.given, in_turn(41, 7));
        let late = again.with(in_turn(40, 5)).unwrap();
        assert_eq!(late.given, in_turn(41, 7));
        assert_eq!(again.with(in_turn(41, 7)), None, "delivered again");
    }

    /// Turns start at 1 again when the agent's conversation was replaced.
    #[test]
    fn a_correction_in_a_later_conversation_holds_whatever_its_turn() {
        let said = |value, attempt, conversation, turn| Given {
            attempt,
            conversation: Some(conversation),
            ..in_turn(value, turn)
        };
        let answer = Answer::first("age", said(41, 1, 1, 9));
        let answer = answer.with(said(42, 1, 2, 1)).unwrap();
        assert_eq!(answer.given, said(42, 1, 2, 1));
        let late = answer.with(said(40, 1, 1, 10)).unwrap();
        assert_eq!(late.given, said(42, 1, 2, 1), "of the conversation before");
        assert_eq!(answer.with(said(41, 1, 1, 9)), None, "delivered again");
        let called_again = answer.with(said(43, 2, 1, 1)).unwrap();
        assert_eq!(called_again.given, said(43, 2, 1, 1));
        let late = called_again.with(said(44, 1, 2, 2)).unwrap();
        assert_eq!(late.given, said(43, 2, 1, 1), "of the attempt before");
        // The same value once more says that it is meant again.
        let back = answer.with(said(41, 1, 2, 3)).unwrap();
        assert_eq!(back.given, said(41, 1, 2, 3));
    }

    #[test]
    fn what_was_saved_live_is_not_overwritten_afterwards() {
        let answer = Answer::first("age", given(42));
        assert_eq!(answer.with(read(42)), None, "both agree");
        let flagged = answer.with(read(24)).unwrap();
        assert_eq!(
            (&flagged.given, &flagged.conflict),
            (&given(42), &Some(read(24)))
        );
        assert_eq!(flagged.with(read(24)), None, "known");
        let corrected = flagged.with(given(24)).unwrap();
        assert_eq!((corrected.given, corrected.conflict), (given(24), None));
    }

    #[test]
    fn what_was_read_afterwards_gives_way_to_what_is_saved_live() {
        let answer = Answer::first("age", read(24));
        assert_eq!(answer.with(read(25)).unwrap().given, read(25));
        let confirmed = answer.with(given(24)).unwrap();
        assert_eq!((confirmed.given, confirmed.conflict), (given(24), None));
        let live = answer.with(given(42)).unwrap();
        assert_eq!((live.given, live.conflict), (given(42), Some(read(24))));
    }
}
