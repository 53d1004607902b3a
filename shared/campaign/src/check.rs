//! Row by row: can it be called, and if not, why.

use crate::{
    clean,
    columns::{Columns, Field, Meaning, StructureError},
    fault::{Fault, Reason, shortened},
    script,
};
use call::{Patient, phone::PhoneNumber, private::Private, rules};
use serde_json::{Map, Value};
use std::{collections::HashMap, fmt};

/// What a file is held to.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Languages that the agents have a preset for.
    pub languages: Vec<String>,
    /// Whether the calls sell something, so that each needs consent.
    pub is_promotional: bool,
    /// Variables that the agent cannot do without.
    pub required: Vec<String>,
    /// The header of the column to dial, where several could be meant.
    pub phone_column: Option<String>,
}

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Whom to call; columns without a field of their own are its `crm_data`.
    pub patient: Patient,
    /// Language of the conversation, if the row names one.
    pub language: Option<String>,
    /// Consent to promotion, if the row states it whole.
    pub consent: Option<Consent>,
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

/// What is to be looked at in a column as a whole, and no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// It looks as if it were typed in an old font.
    OldFont {
        /// Its header.
        header: String,
    },
    /// It is said to be Hindi, and has no letter of Devanagari.
    NoDevanagari {
        /// Its header.
        header: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OldFont { header } => write!(
                f,
                "column {header} looks like Hindi typed in the font Kruti Dev, which the agent would spell \
                 out as Latin letters: turn it into Unicode (Mangal, Nirmala UI)"
            ),
            Self::NoDevanagari { header } => write!(
                f,
                "column {header} should be Hindi and has no letter of Devanagari: the agent says the \
                 samples as they stand there"
            ),
        }
    }
}

/// What is counted of a column, to judge its script.
#[derive(Clone, Copy, Debug, Default)]
struct Scripts {
    devanagari: usize,
    latin: usize,
    old_font: usize,
    in_hindi: usize,
}

/// Judges the rows of one file, in their order.
///
/// A patient is known by the hospital's id; without one, by number and name. Whoever stands in the
/// file twice is called once, by the first row that can be called. Two patients on one number are
/// two patients.
pub struct Check {
    columns: Columns,
    rules: Rules,
    counts: Counts,
    scripts: Vec<Scripts>,
    /// The first row that is called, by the patient's id.
    ids: HashMap<String, u32>,
    /// The same by number and name, and whether it has an id.
    people: HashMap<(PhoneNumber, String), (u32, bool)>,
    /// The first row that is called, by number.
    numbers: HashMap<PhoneNumber, u32>,
}

impl Check {
    /// Begins with the header row.
    ///
    /// # Errors
    /// All that is wrong with the file as a whole.
    pub fn begin(row: u32, header: &[String], rules: Rules) -> Result<Self, Vec<StructureError>> {
        let columns = Columns::read(row, header, rules.phone_column.as_deref(), &rules.required)?;
        Ok(Self {
            scripts: vec![Scripts::default(); header.len()],
            columns,
            rules,
            counts: Counts::default(),
            ids: HashMap::new(),
            people: HashMap::new(),
            numbers: HashMap::new(),
        })
    }

    /// Judges the next row. `is_opted_out` says of a number whether it wants no calls.
    pub fn row(
        &mut self,
        number: u32,
        cells: &[String],
        is_opted_out: &mut dyn FnMut(&PhoneNumber) -> bool,
    ) -> Checked {
        self.look_at(cells);
        let mut reading = Reading::new(&self.columns, &self.rules, cells);
        let entry = reading.entry();
        let mut notes = Vec::new();
        if reading.is_round {
            notes.push(Note::RoundNumber);
        }
        let faults = reading.faults;
        let entry = entry.filter(|_| faults.is_empty());
        let bucket = match &entry {
            None => Bucket::Faulty,
            Some(entry) if is_opted_out(&entry.patient.phone_number) => Bucket::OptedOut,
            Some(entry) => match self.earlier(entry) {
                Some(of) => Bucket::Duplicate { of },
                None => Bucket::Ready,
            },
        };
        if let (Bucket::Ready, Some(entry)) = (bucket, &entry) {
            let first = self.remember(number, entry);
            notes.extend(first.map(|row| Note::SharesWith { row }));
        }
        self.count(bucket);
        Checked {
            number,
            bucket,
            entry,
            faults,
            notes,
        }
    }

    /// The columns, with samples of the rows so far.
    #[must_use]
    pub const fn columns(&self) -> &Columns {
        &self.columns
    }

    /// How many rows are in each bucket so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What is wrong with the file now that all rows were read.
    #[must_use]
    pub const fn ended(&self) -> Option<StructureError> {
        match self.counts.rows() {
            0 => Some(StructureError::NoRows),
            _ => None,
        }
    }

    /// What is to be looked at in its columns, by the rows so far.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let columns = self.columns.iter().zip(&self.scripts);
        let warned = columns.filter_map(|(column, scripts)| {
            let header = column.header.clone();
            let texts = scripts.devanagari + scripts.latin;
            let is_hindi = script::is_devanagari(&header)
                || crate::columns::key_of(&header).contains("hindi")
                || (column.meaning == Meaning::Field(Field::Name) && scripts.in_hindi * 2 > texts);
            let is_text = match &column.meaning {
                Meaning::Field(Field::Name | Field::Treatment) | Meaning::Variable(_) => true,
                Meaning::Field(_) | Meaning::Errors | Meaning::Nothing => false,
            };
            match () {
                () if !is_text || texts == 0 => None,
                () if scripts.old_font * 3 >= texts => Some(Warning::OldFont { header }),
                () if is_hindi && scripts.devanagari == 0 => Some(Warning::NoDevanagari { header }),
                () => None,
            }
        });
        warned.collect()
    }

    fn count(&mut self, bucket: Bucket) {
        match bucket {
            Bucket::Ready => self.counts.ready += 1,
            Bucket::Faulty => self.counts.faulty += 1,
            Bucket::Duplicate { .. } => self.counts.duplicate += 1,
            Bucket::OptedOut => self.counts.opted_out += 1,
        }
    }

    /// Counts scripts and keeps samples.
    fn look_at(&mut self, cells: &[String]) {
        let language = self.columns.index_of(Field::Language);
        let language = language.and_then(|index| cells.get(index));
        let is_hindi = language.is_some_and(|text| tag_of(&clean::text(text)).starts_with("hi"));
        for (index, cell) in cells.iter().enumerate() {
            let text = clean::text(cell);
            if text.is_empty() {
                continue;
            }
            self.columns.sample(index, &text);
            if let Some(scripts) = self.scripts.get_mut(index) {
                let is_devanagari = script::is_devanagari(&text);
                let is_latin = !is_devanagari && script::is_latin(&text);
                scripts.devanagari += usize::from(is_devanagari);
                scripts.latin += usize::from(is_latin);
                scripts.old_font += usize::from(script::is_kruti_dev(&text));
                scripts.in_hindi += usize::from(is_hindi && (is_latin || is_devanagari));
            }
        }
    }

    fn earlier(&self, entry: &Entry) -> Option<u32> {
        let same = self.people.get(&person_of(entry));
        match &entry.patient.id {
            Some(id) => {
                let without_id = same.filter(|(_, has_id)| !has_id).map(|(row, _)| *row);
                self.ids.get(&key(id)).copied().or(without_id)
            }
            None => same.map(|(row, _)| *row),
        }
    }

    /// Keeps whom a row calls, and tells the first row with the same number.
    fn remember(&mut self, row: u32, entry: &Entry) -> Option<u32> {
        let id = entry.patient.id.as_deref();
        if let Some(id) = id {
            self.ids.insert(key(id), row);
        }
        let known = self.people.entry(person_of(entry));
        known.or_insert((row, id.is_some()));
        let number = entry.patient.phone_number.clone();
        let first = *self.numbers.entry(number).or_insert(row);
        (first != row).then_some(first)
    }
}

/// Names and ids as they are compared: case and blanks do not count.
fn key(text: &str) -> String {
    let letters = text.chars().filter(|c| !c.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

fn person_of(entry: &Entry) -> (PhoneNumber, String) {
    let patient = &entry.patient;
    (patient.phone_number.clone(), key(&patient.name))
}

/// A language by its name or its tag, as a tag.
fn tag_of(text: &str) -> String {
    match text.to_lowercase().as_str() {
        "hindi" | "हिंदी" | "हिन्दी" => "hi".to_owned(),
        "english" | "eng" | "अंग्रेजी" | "अंग्रेज़ी" | "इंग्लिश" => {
            "en".to_owned()
        }
        other => other.to_owned(),
    }
}

/// What a failed formula shows, as Excel writes it into any format.
const FAILED: [&str; 8] = [
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!",
];

/// Most faults that are told of a row (5): one with more is no row of this table.
const FAULTS_MAX: usize = 5;

/// One row on its way to a request.
struct Reading<'a> {
    columns: &'a Columns,
    rules: &'a Rules,
    texts: Vec<String>,
    faults: Vec<Fault>,
    is_round: bool,
}

impl<'a> Reading<'a> {
    fn new(columns: &'a Columns, rules: &'a Rules, cells: &[String]) -> Self {
        Self {
            columns,
            rules,
            texts: cells.iter().map(|cell| clean::text(cell)).collect(),
            faults: Vec::new(),
            is_round: false,
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        self.check_cells();
        let phone = self.phone();
        let is_name = (rules::is_name as fn(&str) -> bool, Reason::NameUnfit);
        let name = self.field(Field::Name, is_name);
        if self.text(Field::Name).is_empty() {
            self.fault_in(Field::Name, Reason::NameMissing);
        }
        let id = self.field(
            Field::PatientId,
            (rules::is_patient_id, Reason::PatientIdUnfit),
        );
        let treatment = self.field(
            Field::Treatment,
            (rules::is_treatment, Reason::TreatmentUnfit),
        );
        let language = self.language();
        let crm_data = self.variables();
        let consent = self.consent();
        self.faults
            .sort_by_key(|fault| (fault.column, fault.reason));
        let patient = Patient {
            id,
            treatment_type: treatment,
            crm_data,
            ..Patient::new(&name?, phone?)
        };
        Some(Entry {
            patient,
            language,
            consent,
        })
    }

    fn text(&self, field: Field) -> &str {
        let index = self.columns.index_of(field);
        let text = index.and_then(|index| self.texts.get(index));
        text.map_or("", String::as_str)
    }

    /// Failed formulas, and values that stand below no header.
    fn check_cells(&mut self) {
        for index in 0..self.texts.len() {
            let text = self.texts[index].as_str();
            let meaning = self.columns.get(index).map(|column| &column.meaning);
            match meaning {
                _ if text.is_empty() => {}
                None | Some(Meaning::Nothing) => self.fault(index, Reason::NoHeader),
                Some(Meaning::Errors) => {}
                Some(Meaning::Field(_) | Meaning::Variable(_)) if FAILED.contains(&text) => {
                    self.fault(index, Reason::FormulaFailed);
                }
                Some(Meaning::Field(_) | Meaning::Variable(_)) => {}
            }
        }
    }

    fn fault(&mut self, column: usize, reason: Reason) {
        let is_known = self.faults.iter().any(|fault| fault.column == column);
        if is_known || self.faults.len() == FAULTS_MAX {
            return; // One fault of a cell is enough to correct it.
        }
        let header = self.columns.get(column).map(|column| column.header.clone());
        let unnamed = || format!("column {}", column + 1);
        self.faults.push(Fault {
            column,
            header: header
                .filter(|header| !header.is_empty())
                .unwrap_or_else(unnamed),
            reason,
            found: Private::from(shortened(self.texts.get(column).map_or("", String::as_str))),
        });
    }

    fn fault_in(&mut self, field: Field, reason: Reason) {
        // A field without a column is asked for at the end of the row.
        let column = self.columns.index_of(field);
        self.fault(column.unwrap_or(self.columns.iter().count()), reason);
    }

    fn phone(&mut self) -> Option<PhoneNumber> {
        match clean::phone(self.text(Field::Phone)) {
            Ok(found) => {
                self.is_round = found.is_round;
                Some(found.number)
            }
            Err(reason) => {
                self.fault_in(Field::Phone, reason);
                None
            }
        }
    }

    fn field(&mut self, field: Field, rule: (fn(&str) -> bool, Reason)) -> Option<String> {
        let text = self.text(field);
        if text.is_empty() {
            return None;
        }
        let text = text.to_owned();
        if !rule.0(&text) {
            self.fault_in(field, rule.1);
            return None;
        }
        Some(text)
    }

    fn language(&mut self) -> Option<String> {
        let text = self.text(Field::Language);
        if text.is_empty() {
            return None;
        }
        let tag = tag_of(text);
        let known = self
            .rules
            .languages
            .iter()
            .find(|known| known.to_lowercase() == tag);
        if let Some(known) = known.filter(|known| rules::is_language(known)) {
            return Some(known.clone());
        }
        self.fault_in(Field::Language, Reason::LanguageUnknown);
        None
    }

    fn variables(&mut self) -> Map<String, Value> {
        let mut variables = Map::new();
        let mut longest = None;
        for index in 0..self.columns.iter().count() {
            let column = self.columns.get(index);
            let Some(Meaning::Variable(name)) = column.map(|column| column.meaning.clone()) else {
                continue;
            };
            let text = self.texts.get(index).cloned().unwrap_or_default();
            if text.is_empty() {
                let is_same =
                    |asked: &String| crate::columns::key_of(asked) == crate::columns::key_of(&name);
                if self.rules.required.iter().any(is_same) {
                    self.fault(index, Reason::VariableMissing);
                }
                continue;
            }
            longest = longest.max(Some((text.len(), index)));
            variables.insert(name, Value::String(text));
        }
        if let (Some((_, index)), false) = (longest, rules::is_free(&variables)) {
            self.fault(index, Reason::VariablesTooLong);
        }
        variables
    }

    fn consent(&mut self) -> Option<Consent> {
        let consent = Consent {
            source: self.text(Field::ConsentSource).to_owned(),
            time: self.text(Field::ConsentTime).to_owned(),
            purpose: self.text(Field::ConsentPurpose).to_owned(),
            text: self.text(Field::ConsentText).to_owned(),
        };
        let parts = [
            &consent.source,
            &consent.time,
            &consent.purpose,
            &consent.text,
        ];
        let is_whole = parts.iter().all(|part| !part.is_empty());
        if self.rules.is_promotional && !is_whole {
            let fields = [
                Field::ConsentSource,
                Field::ConsentTime,
                Field::ConsentPurpose,
                Field::ConsentText,
            ];
            let empty = fields
                .into_iter()
                .find(|field| self.text(*field).is_empty());
            self.fault_in(empty.unwrap_or(Field::ConsentText), Reason::ConsentMissing);
        }
        is_whole.then_some(consent)
    }
}
