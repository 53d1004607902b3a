//! A row of a campaign with all that is known of its patient.

use aws_sdk_dynamodb::types::AttributeValue;
use call::{phone::PhoneNumber, private::Private, rules, time::Timestamp};
use campaign::{Bucket, Checked, Columns, Entry, Fault, Field, Note, Reason, Row, RowState};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most bytes of text in one row (100,000). A file with a longer one is refused: it would not fit
/// into an item with what is read from it.
pub const ROW_BYTES_MAX: usize = 100_000;

/// What is said of a row whose number promotion may not disturb.
const LISTED: &str = "this number is on the do-not-disturb list, so that no promotional call disturbs it; delete the row";

/// A row of a campaign. `Debug` shows nothing of its patient.
#[derive(Clone, PartialEq)]
pub struct StoredRow {
    /// Where it is.
    pub row: Row,
    /// The number to dial; none for a faulty row, and for a patient who was erased.
    pub phone: Option<PhoneNumber>,
    /// What its call asks for; absent likewise.
    pub entry: Option<Entry>,
    /// The hospital's own id of the patient, if the row names one, though it be faulty: by it the row is
    /// found when the patient is to be erased.
    pub patient_id: Option<String>,
    /// Its cells as they were written, in the order of the columns; empty for a patient who was erased.
    pub cells: Vec<String>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// The earlier row that its patient stands in.
    pub duplicate_of: Option<u32>,
    /// The first row with its number, if another patient has it too.
    pub shares_with: Option<u32>,
    /// Whether its number ends in six zeros.
    pub is_round_number: bool,
    /// When its patient was to be erased: nothing of them is read since.
    pub erased_at: Option<Timestamp>,
}

impl StoredRow {
    /// A row as it was judged, in a file with these columns.
    #[must_use]
    pub fn imported(checked: Checked, cells: Vec<String>, columns: &Columns) -> Self {
        let id = columns.index_of(Field::PatientId);
        let id = id.and_then(|index| cells.get(index));
        let id = id.map(|cell| campaign::text(cell));
        let patient_id = id.filter(|id| rules::is_patient_id(id));
        let shares_with = checked.notes.iter().find_map(|note| match note {
            Note::SharesWith { row } => Some(*row),
            Note::RoundNumber => None,
        });
        let entry = checked.entry;
        Self {
            row: Row::imported(checked.number, checked.bucket),
            phone: entry
                .as_ref()
                .map(|entry| entry.patient.phone_number.clone()),
            entry,
            patient_id,
            cells,
            faults: checked.faults,
            duplicate_of: match checked.bucket {
                Bucket::Duplicate { of } => Some(of),
                Bucket::Ready | Bucket::Faulty | Bucket::OptedOut => None,
            },
            shares_with,
            is_round_number: checked.notes.contains(&Note::RoundNumber),
            erased_at: None,
        }
    }

    /// Why the row is not called, for the one whose file it is, line by line; nothing if that does not
    /// lie in the row. It says what was found.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        if self.row.is_listed {
            return Some(LISTED.to_owned());
        }
        let bucket = match (self.duplicate_of, self.row.state) {
            (Some(of), _) => Bucket::Duplicate { of },
            (None, RowState::Faulty) => Bucket::Faulty,
            (None, RowState::OptedOut) => Bucket::OptedOut,
            (
                None,
                RowState::Pending
                | RowState::Dialling
                | RowState::Reached
                | RowState::Failed
                | RowState::Cancelled
                | RowState::Expired
                | RowState::Duplicate,
            ) => return None,
        };
        let told = Checked {
            number: self.row.number,
            bucket,
            entry: None,
            faults: self.faults.clone(),
            notes: Vec::new(),
        };
        told.told()
    }

    /// What is good to know of the row, and no fault.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let shares = self.shares_with.map(|row| Note::SharesWith { row });
        let round = self.is_round_number.then_some(Note::RoundNumber);
        round.into_iter().chain(shares).collect()
    }
}

impl fmt::Debug for StoredRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} {}", self.row.number, self.row.state.label())
    }
}

/// What is stored of a row beside where it is.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cells: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<StoredFault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shares_with: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_round_number: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredFault {
    column: usize,
    header: String,
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    found: String,
}

impl StoredFault {
    fn of(fault: &Fault) -> Self {
        Self {
            column: fault.column,
            header: fault.header.clone(),
            reason: fault.reason.code().to_owned(),
            found: fault.found.expose().to_owned(),
        }
    }
}

/// Faults as they are stored.
pub(super) fn faults_attribute(faults: &[Fault]) -> Result<AttributeValue, serde_dynamo::Error> {
    let faults: Vec<StoredFault> = faults.iter().map(StoredFault::of).collect();
    serde_dynamo::to_attribute_value(faults)
}

impl Body {
    pub(super) fn of(row: &StoredRow) -> Self {
        Self {
            phone: row.phone.clone(),
            request: row.entry.clone(),
            patient_id: row.patient_id.clone(),
            cells: row.cells.clone(),
            faults: row.faults.iter().map(StoredFault::of).collect(),
            duplicate_of: row.duplicate_of,
            shares_with: row.shares_with,
            is_round_number: row.is_round_number,
            erased_at: row.erased_at,
        }
    }

    /// Of a patient who is to be erased nothing is read, though it may be held back.
    fn readable(self) -> Self {
        if self.erased_at.is_none() {
            return self;
        }
        let hidden = |fault| StoredFault {
            found: String::new(),
            ..fault
        };
        Self {
            faults: self.faults.into_iter().map(hidden).collect(),
            duplicate_of: self.duplicate_of,
            shares_with: self.shares_with,
            is_round_number: self.is_round_number,
            erased_at: self.erased_at,
            ..Self::default()
        }
    }

    pub(super) fn with(self, row: Row) -> StoredRow {
        let this = self.readable();
        let faults = this.faults.into_iter().filter_map(|fault| {
            let is_it = |reason: &Reason| reason.code() == fault.reason;
            Some(Fault {
                column: fault.column,
                header: fault.header,
                reason: Reason::ALL.into_iter().find(is_it)?,
                found: Private::from(fault.found),
            })
        });
        StoredRow {
            row,
            phone: this.phone,
            entry: this.request,
            patient_id: this.patient_id,
            cells: this.cells,
            faults: faults.collect(),
            duplicate_of: this.duplicate_of,
            shares_with: this.shares_with,
            is_round_number: this.is_round_number,
            erased_at: this.erased_at,
        }
    }
}
