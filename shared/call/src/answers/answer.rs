//! An answer, and what becomes of it when the same question is answered again.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cmp::Ordering;
use utoipa::ToSchema;

/// The way on which an answer reached us.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
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
    /// The way's name in the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::WebhookTool => "webhook_tool",
            Self::ClientTool => "client_tool",
            Self::PostCall => "post_call",
        }
    }

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// Name of the field; [`SUMMARY`](super::SUMMARY) for the summary of a conversation.
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
mod tests;
