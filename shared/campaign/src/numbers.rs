//! A list of telephone numbers, such as an old stop list: of its columns one alone is read.

use crate::{
    clean::{self, CleanPhone},
    columns::{Columns, StructureError},
    fault::Reason,
};

/// The column of a list that holds its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberColumn {
    index: usize,
    header: String,
}

impl NumberColumn {
    /// Finds the column by the header row, as for a file of patients; `named` names it where several
    /// could be meant.
    ///
    /// # Errors
    /// Why no column, or more than one, could be it.
    pub fn read(row: u32, header: &[String], named: Option<&str>) -> Result<Self, StructureError> {
        let (index, header) = Columns::number_column(row, header, named)?;
        Ok(Self { index, header })
    }

    /// Its header, without what cannot be seen.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The number of a row, cleaned as a patient's.
    ///
    /// # Errors
    /// The [`Reason`] why there is none.
    pub fn number(&self, cells: &[String]) -> Result<CleanPhone, Reason> {
        let cell = cells.get(self.index).map_or("", String::as_str);
        if clean::is_failed(&clean::text(cell)) {
            return Err(Reason::FormulaFailed);
        }
        clean::phone(cell)
    }
}
