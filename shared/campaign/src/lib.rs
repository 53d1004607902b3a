//! Campaigns: a spreadsheet of patients, called one after the other within hours, pace and budget.
//!
//! Pure, as the call is: values in, decisions out. The first half judges a file: which column is what
//! ([`Columns`]), which row can be called, and why another cannot ([`Check`]).

mod check;
mod clean;
mod columns;
mod fault;
mod script;

pub use check::{Bucket, Check, Checked, Consent, Counts, Entry, Note, Rules, Warning};
pub use clean::{CleanPhone, phone, text};
pub use columns::{Column, Columns, ERRORS_HEADER, Field, Meaning, StructureError};
pub use fault::{Fault, Reason};

#[cfg(test)]
mod tests;
