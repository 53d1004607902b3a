//! A campaign's file: what it is said to be, what it is held to, and what was found in it.

use super::digest::Sha256;
use call::time::Timestamp;
use campaign::{Columns, Meaning, Rules};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most bytes of a campaign's file (15 MB): 50,000 patients take 10 MB as CSV and less as XLSX. It is
/// held in memory while its rows are read.
pub const FILE_BYTES_MAX: u64 = 15_000_000;

/// Most parts of a file (100).
pub const PARTS_MAX: u16 = 100;

/// A campaign's file, from its announcement to the last row that was read of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CampaignFile {
    /// What the client calls it.
    pub name: String,
    /// Its size, at most [`FILE_BYTES_MAX`].
    pub bytes: u64,
    /// In how many parts it comes, 1 to [`PARTS_MAX`].
    pub parts: u16,
    /// Digest of the whole.
    pub sha256: Sha256,
    /// What it is held to by the wish of the client; languages and class are added when its import
    /// begins, and all of it stays as it is from then on.
    pub rules: ImportRules,
    /// Counts imports begun and files announced in place of another, from 0. Nothing of an earlier import
    /// is stored once another has begun.
    pub import: u32,
    /// What the running import does.
    pub stage: Stage,
    /// The number of the last row that is stored, as Excel counts; 0 before the first.
    pub cursor: u32,
    /// Rows that are stored.
    pub read: u32,
    /// Until when a worker has the import to itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leased_until: Option<Timestamp>,
    /// Its header row.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub header: Option<Header>,
    /// How its columns were understood.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<FileColumn>,
    /// What is wrong with it as a whole, so that no row was read.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<Told>,
    /// What is to be looked at in its columns.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    /// Rows whose number another patient has too.
    #[serde(default)]
    pub shared_numbers: u32,
    /// Rows whose number ends in six zeros.
    #[serde(default)]
    pub round_numbers: u32,
}

impl CampaignFile {
    /// A file that is announced.
    #[must_use]
    pub fn new(name: &str, bytes: u64, parts: u16, sha256: Sha256, rules: ImportRules) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            parts,
            sha256,
            rules,
            import: 0,
            stage: Stage::Awaited,
            cursor: 0,
            read: 0,
            leased_until: None,
            header: None,
            columns: Vec::new(),
            refused: Vec::new(),
            warnings: Vec::new(),
            shared_numbers: 0,
            round_numbers: 0,
        }
    }
}

/// What the import of a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// None has begun.
    Awaited,
    /// Rows of an import before it are removed.
    Clearing,
    /// The file is judged as a whole.
    Judging,
    /// Rows are read.
    Reading,
    /// All rows are stored; the parts are removed.
    Closing,
    /// It is over.
    Over,
}

impl Stage {
    /// Its name in the API and in the table.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Clearing => "clearing",
            Self::Judging => "judging",
            Self::Reading => "reading",
            Self::Closing => "closing",
            Self::Over => "over",
        }
    }
}

/// What a file is held to, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRules {
    /// The header of the column to dial, where several could be meant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone_column: Option<String>,
    /// Variables that the agent cannot do without.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub required: Vec<String>,
    /// The sheet of a workbook to read; by default the first visible one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sheet: Option<String>,
    /// What parts the cells of a CSV file; by default what its header has most of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delimiter: Option<u8>,
    /// Languages that the agents have a preset for; set when the import begins.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub languages: Vec<String>,
    /// Whether the calls sell something; set when the import begins.
    #[serde(default)]
    pub is_promotional: bool,
}

impl ImportRules {
    /// The same for those who judge the rows.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            languages: self.languages.clone(),
            is_promotional: self.is_promotional,
            required: self.required.clone(),
            phone_column: self.phone_column.clone(),
        }
    }
}

/// The header row of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Its number, as Excel counts.
    pub row: u32,
    /// Its cells, as they were written.
    pub cells: Vec<String>,
    /// Most cells of any row, the header among them.
    pub width: u32,
}

/// A column of a file, and how it was understood. `Debug` does not show its samples.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileColumn {
    /// Its header, without what cannot be seen.
    pub header: String,
    /// What it means: a [`Field::label`](campaign::Field::label), `variable`, `errors` or `nothing`.
    pub meaning: String,
    /// The first texts below it that differ. They are of patients.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub samples: Vec<String>,
}

impl FileColumn {
    /// The columns of a file, in their order.
    #[must_use]
    pub fn all(columns: &Columns) -> Vec<Self> {
        let all = columns.iter().map(|column| Self {
            header: column.header.clone(),
            meaning: match &column.meaning {
                Meaning::Field(field) => field.label(),
                Meaning::Variable(_) => "variable",
                Meaning::Errors => "errors",
                Meaning::Nothing => "nothing",
            }
            .to_owned(),
            samples: column.samples.clone(),
        });
        all.collect()
    }
}

impl fmt::Debug for FileColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, meaning) = (&self.header, &self.meaning);
        write!(f, "{header} is {meaning}, {} samples", self.samples.len())
    }
}

/// Something to be told of a file: for programs, and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Its name: always one word.
    pub code: String,
    /// What is wrong and what to do. It holds nothing of a patient.
    pub message: String,
}
