//! All that knows Knowlarity: the client that speaks its dialects, behind the trait of a carrier; the
//! messages of its stream ([`stream`]); what it reports of a call ([`report`]); its call log.

mod call_log;
mod carrier;
mod config;
mod dialect;
mod fields;
mod knowlarity;
mod log_row;
mod refusal;
pub mod report;
pub mod stream;
#[cfg(test)]
mod tests;

pub use carrier::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
pub use config::{Dialect, KnowlarityConfig};
pub use knowlarity::Knowlarity;
pub use refusal::{ErrorTable, InvalidErrorTable};
