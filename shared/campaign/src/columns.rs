//! Which column is what, by its header.

mod error;
mod field;
mod words;

pub use error::StructureError;
pub use field::Field;

use call::rules;
use std::collections::BTreeMap;

/// The header of the column in which faults are written. A file that comes back with it is read as if
/// the column were not there.
pub const ERRORS_HEADER: &str = "Errors to correct";

/// Most texts of a column that are kept to show how it was understood.
const SAMPLES_MAX: usize = 3;

/// A header as it is compared: letters and digits alone, in lower case, without the dots below
/// letters of Devanagari.
pub(crate) fn key_of(header: &str) -> String {
    let plain = header.chars().map(|c| match c {
        '\u{958}' => 'क',
        '\u{959}' => 'ख',
        '\u{95a}' => 'ग',
        '\u{95b}' => 'ज',
        '\u{95c}' => 'ड',
        '\u{95d}' => 'ढ',
        '\u{95e}' => 'फ',
        '\u{95f}' => 'य',
        _ => c,
    });
    plain
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a column means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A field of the request.
    Field(Field),
    /// A variable of the agent's, by this name.
    Variable(String),
    /// The faults that were found before.
    Errors,
    /// No header: nothing may stand below it.
    Nothing,
}

/// A column, and how it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its header, without what cannot be seen.
    pub header: String,
    /// What it means.
    pub meaning: Meaning,
    /// The first texts below it that differ.
    pub samples: Vec<String>,
}

/// The columns of a file, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Columns {
    /// Reads the header row. `phone_column` names the column to dial where several could be meant;
    /// `required` are variables that the agent cannot do without.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(
        row: u32,
        header: &[String],
        phone_column: Option<&str>,
        required: &[String],
    ) -> Result<Self, Vec<StructureError>> {
        let columns = Self(header.iter().map(|text| Column::of(text)).collect());
        let (columns, mut errors) = columns.with_phone(phone_column);
        let has = |field| columns.index_of(field).is_some();
        let is_number = |text: &String| crate::clean::phone(text).is_ok();
        if !has(Field::Phone) && header.iter().any(is_number) {
            return Err(vec![StructureError::NoHeaderRow { row }]);
        }
        let needed = [Field::Phone, Field::Name].into_iter();
        let missing = needed.filter(|field| !has(*field));
        errors.extend(missing.map(|field| StructureError::MissingColumn { field }));
        errors.extend(columns.ambiguous());
        errors.extend(columns.unfit());
        let absent = required.iter().filter(|name| !columns.has_variable(name));
        errors.extend(absent.map(|name| StructureError::MissingVariable { name: name.clone() }));
        if errors.is_empty() {
            Ok(columns)
        } else {
            Err(errors)
        }
    }

    /// Where the numbers stand in a file of which nothing else is asked, and under which header.
    pub(crate) fn number_column(
        row: u32,
        header: &[String],
        named: Option<&str>,
    ) -> Result<(usize, String), StructureError> {
        let columns = Self(header.iter().map(|text| Column::of(text)).collect());
        let (columns, mut errors) = columns.with_phone(named);
        let field = Field::Phone;
        let is_number = |text: &String| crate::clean::phone(text).is_ok();
        let index = columns.index_of(field);
        if index.is_none() && header.iter().any(is_number) {
            return Err(StructureError::NoHeaderRow { row });
        }
        let of_phone = |error: &StructureError| matches!(error, StructureError::SeveralColumns { field, .. } if *field == Field::Phone);
        errors.extend(columns.ambiguous().into_iter().filter(of_phone));
        if let Some(error) = errors.into_iter().next() {
            return Err(error);
        }
        let index = index.ok_or(StructureError::MissingColumn { field })?;
        Ok((index, columns.0[index].header.clone()))
    }

    /// The columns in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// Where a field stands, from 0.
    #[must_use]
    pub fn index_of(&self, field: Field) -> Option<usize> {
        let is_it = |column: &Column| column.meaning == Meaning::Field(field);
        self.0.iter().position(is_it)
    }

    /// The column of an index, if it has a header.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.0.get(index)
    }

    pub(crate) fn sample(&mut self, index: usize, text: &str) {
        let Some(column) = self.0.get_mut(index) else {
            return;
        };
        if column.samples.len() < SAMPLES_MAX {
            let text = crate::fault::shortened(text);
            if !column.samples.contains(&text) {
                column.samples.push(text);
            }
        }
    }

    /// Takes the named column for the telephone number's; others that could be it are variables.
    fn with_phone(mut self, named: Option<&str>) -> (Self, Vec<StructureError>) {
        let Some(name) = named else {
            return (self, Vec::new());
        };
        let is_named = |column: &Column| key_of(&column.header) == key_of(name);
        if !self.0.iter().any(is_named) {
            let name = name.to_owned();
            return (self, vec![StructureError::NoSuchColumn { name }]);
        }
        for column in &mut self.0 {
            if is_named(column) {
                column.meaning = Meaning::Field(Field::Phone);
            } else if column.meaning == Meaning::Field(Field::Phone) {
                column.meaning = Meaning::Variable(column.header.clone());
            }
        }
        (self, Vec::new())
    }

    fn ambiguous(&self) -> Vec<StructureError> {
        let mut fields: BTreeMap<Field, Vec<String>> = BTreeMap::new();
        let mut variables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for column in &self.0 {
            let header = column.header.clone();
            match &column.meaning {
                Meaning::Field(field) => fields.entry(*field).or_default().push(header),
                Meaning::Variable(name) => {
                    variables.entry(key_of(name)).or_default().push(header);
                }
                Meaning::Errors | Meaning::Nothing => {}
            }
        }
        let several = fields.into_iter().filter(|(_, headers)| headers.len() > 1);
        let several =
            several.map(|(field, headers)| StructureError::SeveralColumns { field, headers });
        let twice = variables.into_values().filter(|headers| headers.len() > 1);
        let twice = twice.map(|headers| StructureError::HeaderTwice {
            header: headers[0].clone(),
        });
        several.chain(twice).collect()
    }

    fn unfit(&self) -> Vec<StructureError> {
        let is_unfit = |column: &Column| match &column.meaning {
            Meaning::Variable(name) => !rules::is_free_name(name),
            Meaning::Field(_) | Meaning::Errors | Meaning::Nothing => false,
        };
        let numbered = (1..).zip(&self.0);
        let unfit = numbered.filter(|(_, column)| is_unfit(column));
        let mut errors: Vec<_> = unfit
            .map(|(column, _)| StructureError::HeaderUnfit { column })
            .collect();
        let is_variable = |column: &&Column| matches!(column.meaning, Meaning::Variable(_));
        let found = self.0.iter().filter(is_variable).count();
        if found > rules::FREE_FIELDS_MAX {
            errors.push(StructureError::TooManyVariables { found });
        }
        errors
    }

    fn has_variable(&self, name: &str) -> bool {
        let is_it = |column: &Column| matches!(&column.meaning, Meaning::Variable(found) if key_of(found) == key_of(name));
        self.0.iter().any(is_it)
    }
}

impl Column {
    fn of(text: &str) -> Self {
        let header = crate::clean::text(text);
        let meaning = match Field::of(&header) {
            _ if header.is_empty() => Meaning::Nothing,
            _ if key_of(&header) == key_of(ERRORS_HEADER) => Meaning::Errors,
            Some(field) => Meaning::Field(field),
            None => Meaning::Variable(header.clone()),
        };
        Self {
            header,
            meaning,
            samples: Vec::new(),
        }
    }
}
