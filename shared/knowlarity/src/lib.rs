//! All that knows Knowlarity: the client that speaks its dialects, behind the trait of a carrier; the
//! messages of its stream ([`stream`]); what it reports of a call ([`report`]); its call log.

mod call_log;
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

pub use call_log::{LogEntry, LogQuery, LookUpError};
pub use config::KnowlarityConfig;
pub use dialect::Dialect;
pub use knowlarity::Knowlarity;
pub use refusal::{ErrorTable, InvalidErrorTable};

use call::{
    Hindrance, RefusalReason,
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
};
use futures_util::future::BoxFuture;
use std::{fmt, time::Duration};

/// Who rings phones.
pub trait Carrier: Send + Sync + 'static {
    /// Asks for one ring, exactly once: no retry, no redirect.
    fn dial<'a>(&'a self, request: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>>;

    /// What the carrier's own records say about one ring; `None`: no record (yet).
    ///
    /// Rings nothing and changes nothing, so it may be asked again. That a record is missing
    /// proves nothing until well after the ring must be over.
    fn look_up<'a>(
        &'a self,
        query: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>>;
}

/// One ring to be placed.
#[derive(Clone, PartialEq, Eq)]
pub struct DialRequest {
    /// The call it belongs to.
    pub call_id: CallId,
    /// Which ring of the call, from 1.
    pub attempt: u8,
    /// Whom to ring.
    pub to: PhoneNumber,
    /// What the audio stream must present. Secret.
    pub token: String,
}

impl fmt::Debug for DialRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DialRequest({} attempt {})", self.call_id, self.attempt)
    }
}

/// The carrier took the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialed {
    /// Its id, unless the reply held none: then the stream or a webhook will tell.
    pub carrier_call_id: Option<CarrierCallId>,
}

/// Why a dial was not taken, by what may be done next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The carrier understood and said no; another try gets the same answer.
    #[error("the carrier refused: {0:?}")]
    Refused(RefusalReason),
    /// Nothing was dialled, for a reason that says nothing about the number. The same attempt may be
    /// sent again, after the wait that was asked for.
    #[error("nothing was dialled: {}", because.label())]
    NotSent {
        /// The wait, if the carrier named one.
        retry_after: Option<Duration>,
        /// Why.
        because: Hindrance,
    },
    /// No readable answer: the phone may be ringing. Never sent again.
    #[error("no readable answer from the carrier")]
    Unknown,
}
