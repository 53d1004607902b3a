//! What the agent asks a patient, and what counts as an answer: a questionnaire, and values read
//! as people and language models write them, in Hindi or English. Knows no store and no network.

mod answer;
mod field;
mod gender;
mod number;
mod questionnaire;

pub use answer::{Answer, EARLIER_MAX, Given, Source};
pub use field::{Field, InvalidAnswer, Kind, TEXT_CHARS_MAX};
pub use questionnaire::{FIELDS_MAX, InvalidQuestionnaire, Questionnaire, Reading};

/// Where the summary of a conversation is kept among the answers; no field can have this name.
pub const SUMMARY: &str = "_summary";
