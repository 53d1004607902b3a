//! What is said of a row, and of all of them.

use crate::fault::Fault;
use call::{CallRequest, Patient, ids::CallId};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// Where a row belongs; each is in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// It can be called.
    Ready,
    /// Something is wrong with it.
    Faulty,
    /// The patient stands in an earlier row, which is called.
    Duplicate {
        /// That row, as Excel counts.
        of: u32,
    },
    /// The number wants no calls.
    OptedOut,
}

/// What is good to know of a row, and no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Another patient has the same number: they are called one after the other.
    SharesWith {
        /// The first row with the number, as Excel counts.
        row: u32,
    },
    /// The number ends in six zeros.
    RoundNumber,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharesWith { row } => write!(
                f,
                "shares its number with row {row}: they are called one after the other"
            ),
            Self::RoundNumber => f.write_str(
                "the number ends in six zeros: look whether Excel has thrown away its last digits",
            ),
        }
    }
}

/// Consent to promotion, as the file states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// Where it was given.
    pub source: String,
    /// When.
    pub time: String,
    /// For what.
    pub purpose: String,
    /// In which words.
    pub text: String,
}

/// A row as it will be asked for: what the trigger takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Whom to call; columns without a field of their own are its `crm_data`.
    pub patient: Patient,
    /// Language of the conversation, if the row names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// Consent to promotion, if the row states it whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub consent: Option<Consent>,
}

impl Entry {
    /// The request of its call.
    #[must_use]
    pub fn request(&self, id: CallId) -> CallRequest {
        CallRequest {
            language: self.language.clone(),
            ..CallRequest::new(id, self.patient.clone())
        }
    }
}

/// A row that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The row, as Excel counts.
    pub number: u32,
    /// Where it belongs.
    pub bucket: Bucket,
    /// What will be asked for; present unless the row is faulty.
    pub entry: Option<Entry>,
    /// All that is wrong with it; empty unless the row is faulty.
    pub faults: Vec<Fault>,
    /// What is good to know.
    pub notes: Vec<Note>,
}

impl Checked {
    /// Why the row is not called, for the one whose file it is; nothing if it is.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        match self.bucket {
            Bucket::Ready => None,
            Bucket::Faulty => {
                let told: Vec<String> = self.faults.iter().map(Fault::told).collect();
                Some(told.join("\n"))
            }
            Bucket::Duplicate { of } => Some(format!(
                "the same patient as row {of}: this row is not called; delete one of the two"
            )),
            Bucket::OptedOut => {
                Some("this number wants no more calls and is not called; delete the row".to_owned())
            }
        }
    }
}

/// How many rows are in each bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that can be called.
    pub ready: usize,
    /// Rows with something wrong.
    pub faulty: usize,
    /// Rows whose patient stands in an earlier one.
    pub duplicate: usize,
    /// Rows whose number wants no calls.
    pub opted_out: usize,
}

impl Counts {
    /// All rows below the header that hold something.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.ready + self.faulty + self.duplicate + self.opted_out
    }
}
