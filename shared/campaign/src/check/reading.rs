//! One row, cell by cell.

use super::{CONSENT, Consent, Entry, Rules};
use crate::{
    clean,
    columns::{Columns, Field, Meaning},
    fault::{Fault, Reason, shortened},
};
use call::{Patient, phone::PhoneNumber, private::Private, rules};
use serde_json::{Map, Value};

/// A language by its name or its tag, as a tag.
pub(super) fn tag_of(text: &str) -> String {
    match text.to_lowercase().as_str() {
        "hindi" | "हिंदी" | "हिन्दी" => "hi".to_owned(),
        "english" | "eng" | "अंग्रेजी" | "अंग्रेज़ी" | "इंग्लिश" => {
            "en".to_owned()
        }
        other => other.to_owned(),
    }
}

/// Most faults that are told of a row (5): one with more is no row of this table.
const FAULTS_MAX: usize = 5;

/// One row on its way to a request.
pub(super) struct Reading<'a> {
    columns: &'a Columns,
    rules: &'a Rules,
    texts: Vec<String>,
    pub(super) faults: Vec<Fault>,
    pub(super) is_round: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn new(columns: &'a Columns, rules: &'a Rules, cells: &[String]) -> Self {
        Self {
            columns,
            rules,
            texts: cells.iter().map(|cell| clean::text(cell)).collect(),
            faults: Vec::new(),
            is_round: false,
        }
    }

    pub(super) fn entry(&mut self) -> Option<Entry> {
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
                Some(Meaning::Field(_) | Meaning::Variable(_)) if clean::is_failed(text) => {
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
            let empty = CONSENT
                .into_iter()
                .find(|field| self.text(*field).is_empty());
            self.fault_in(empty.unwrap_or(Field::ConsentText), Reason::ConsentMissing);
        }
        is_whole.then_some(consent)
    }
}
