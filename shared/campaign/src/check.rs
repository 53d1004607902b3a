//! Row by row: can it be called, and if not, why.

mod judged;
mod reading;
mod warning;

pub use judged::{Bucket, Checked, Consent, Counts, Entry, Note};
pub use warning::Warning;

use crate::{
    clean,
    columns::{Columns, Field, Meaning, StructureError},
    script,
};
use call::phone::PhoneNumber;
use reading::{Reading, tag_of};
use std::collections::HashMap;

/// What promotion needs of each row.
const CONSENT: [Field; 4] = [
    Field::ConsentSource,
    Field::ConsentTime,
    Field::ConsentPurpose,
    Field::ConsentText,
];

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
        let asked = CONSENT.into_iter().filter(|_| rules.is_promotional);
        let missing = asked.filter(|field| columns.index_of(*field).is_none());
        let missing: Vec<_> = missing
            .map(|field| StructureError::MissingColumn { field })
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
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
