//! Campaigns: a spreadsheet of patients, called one after the other within hours, pace and budget.
//!
//! Pure, as the call is: values in, decisions out. The first half judges a file: which column is what
//! ([`Columns`]), which row can be called, and why another cannot ([`Check`]). The second carries it
//! out: a [`Campaign`] and each [`Row`] are folds over what happens, and [`Campaign::admits`] is the one
//! function that says whether a row is called at this moment, and why not. A [`Forecast`] says what is to
//! be expected of it before anything rings.

mod amounts;
mod apply;
mod campaign;
mod check;
mod clean;
mod columns;
mod create;
mod decision;
mod dnd;
mod event;
mod fault;
mod forecast;
mod hours;
mod numbers;
mod pace;
mod permit;
mod plan;
mod results;
mod row;
mod script;
mod state;
mod tally;
mod wait;

pub use amounts::{grouped, rupees};
pub use call::ids::{CampaignId, InvalidCampaignId};
pub use campaign::{Campaign, ROUNDS_MAX, Refusals, Rejection};
pub use check::{Bucket, Check, Checked, Consent, Counts, Entry, Note, Rules, Warning};
pub use clean::{CleanPhone, phone, text};
pub use columns::{Column, Columns, ERRORS_HEADER, Field, Meaning, StructureError};
pub use decision::{Along, AuditLine, Decision, Effect};
pub use dnd::{DndList, DndLists, DndPage, DndRefusal};
pub use event::Event;
pub use fault::{Fault, Reason};
pub use forecast::{
    Assumed, ENOUGH, Forecast, Foreseen, History, Missed, Question, RUNS_DEFAULT, RUNS_MAX, Span,
};
pub use hours::{Day, Hours, InvalidDay, WEEK};
pub use numbers::NumberColumn;
pub use pace::Pace;
pub use permit::Permit;
pub use plan::{
    CONCURRENCY_MAX, Class, InvalidPlan, LIFE_MAX, PACE_MAX, PRIORITY_MAX, Plan, RETRIES_MAX,
};
pub use results::{HourResult, QuestionResult, Results, RowResult};
pub use row::{CallEnd, Row, RowDecision, RowEvent, RowRejection, RowState};
pub use state::{PausedBy, State};
pub use tally::Tally;
pub use wait::{Blocked, Load, PACE_SPAN, Wait};

#[cfg(test)]
mod tests;
