//! What is new in a call's record since the last look.

use serde_json::Value;
use std::collections::BTreeSet;

/// What was seen of a record.
#[derive(Default)]
pub(crate) struct News {
    events: usize,
    turns: usize,
    answers: BTreeSet<String>,
}

/// One thing that is new.
pub(crate) enum New<'a> {
    /// A line of the timeline.
    Event(&'a Value),
    /// What was said.
    Turn(&'a Value),
    /// A field, and its answer.
    Answer(&'a str, &'a Value),
}

impl News {
    /// What this record has that none before it had: what happened, what was said, what was answered.
    pub(crate) fn of<'a>(&mut self, record: &'a Value) -> Vec<New<'a>> {
        let events = list(&record["timeline"]);
        let turns = list(&record["transcript"]);
        let answers = record["answers"].as_object();
        let mut new: Vec<New> = events
            .iter()
            .skip(self.events)
            .map(New::Event)
            .chain(turns.iter().skip(self.turns).map(New::Turn))
            .collect();
        self.events = self.events.max(events.len());
        self.turns = self.turns.max(turns.len());
        for (field, answer) in answers.into_iter().flatten() {
            if self.answers.insert(field.clone()) {
                new.push(New::Answer(field, answer));
            }
        }
        new
    }
}

/// What happened in a line of the timeline, in words.
pub(crate) fn told(event: &Value) -> String {
    let what = text(&event["event"]).replace('_', " ");
    let why = ["outcome", "cause"].map(|name| text(&event[name]).replace('_', " "));
    let told = format!("{what} {}", why.join(" ").trim());
    told.trim_end().to_owned()
}

/// Whether the call has ended.
pub(crate) fn is_over(record: &Value) -> bool {
    matches!(text(&record["status"]), "completed" | "failed")
}

/// Whether all that the agent's platform tells of it is there.
pub(crate) fn is_reported(record: &Value) -> bool {
    let mut conversations = list(&record["conversations"]).iter();
    conversations.all(|one| one["mergedAt"].is_string())
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
