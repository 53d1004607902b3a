//! What a carrier is asked to do: ring a phone, and say what its records hold of it.

use call::{
    CarrierStatus, Hindrance, RefusalReason,
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
    time::Timestamp,
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
    /// The number that is shown to the callee, if not the configured one.
    pub caller: Option<PhoneNumber>,
    /// Whether the call sells something.
    pub is_promotional: bool,
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
        /// What kept it from being dialled.
        because: Hindrance,
    },
    /// No readable answer: the phone may be ringing. Never sent again.
    #[error("no readable answer from the carrier")]
    Unknown,
}

/// Which ring is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuery {
    /// Whom it rang.
    pub to: PhoneNumber,
    /// The carrier's id of it. If known, it alone decides which record is meant; without it, the
    /// latest ring of this callee that began within the span is.
    pub carrier_call_id: Option<CarrierCallId>,
    /// Earliest moment at which the ring may have begun, in whole seconds (rounded down, as the
    /// log has no finer ones), on the carrier's clock: the caller leaves room for its error.
    pub since: Timestamp,
    /// Latest moment at which it may have begun.
    pub until: Timestamp,
}

/// What the carrier recorded of one ring that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The carrier's id of the ring, if the record has one.
    pub carrier_call_id: Option<CarrierCallId>,
    /// How the ring ended.
    pub status: CarrierStatus,
}

/// Why the records say nothing, by what may be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// This account has no call log; asking again is pointless.
    #[error("the account has no call log")]
    Off,
    /// No readable answer, or not all of it; it may be asked again.
    #[error("no readable answer from the carrier's call log")]
    Unavailable,
    /// Our credentials were refused.
    #[error("the carrier's call log refuses our credentials")]
    Refused,
}
