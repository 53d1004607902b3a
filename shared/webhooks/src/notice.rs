//! A try to tell a receiver, who makes it, and what may come of it.

use call::{delivery::Target, time::Timestamp, trace::TraceContext};
use futures_util::future::BoxFuture;
use std::{fmt, time::Duration};

/// One try to tell one receiver of one event.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// The event's id, the same in each try (`webhook-id`): receivers tell repeats by it.
    pub id: String,
    /// When this try leaves (`webhook-timestamp`).
    pub at: Timestamp,
    /// Address of the receiver; checked against private networks if the CRM named it.
    pub url: String,
    /// Whether the CRM named the address, or the settings did.
    pub target: Target,
    /// JSON, sent and signed as it is.
    pub body: Vec<u8>,
    /// The place in the call's trace that what the receiver does hangs on (`traceparent`), if any.
    pub context: Option<TraceContext>,
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notice({} to {})", self.id, self.target.label())
    }
}

/// Who carries notices.
pub trait Notifier: Send + Sync + 'static {
    /// Tries once: no retry, no redirect. Without an error the receiver took the event.
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>>;
}

/// Why a receiver did not take an event. The messages hold nothing of the receiver's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// The address is one that nobody may make us call.
    #[error("forbidden address")]
    Forbidden,
    /// 410: the receiver wants no more.
    #[error("gone")]
    Gone,
    /// Any other status outside 200 to 299, redirects included.
    #[error("status {status}")]
    Refused {
        /// The status.
        status: u16,
        /// The wait that the receiver asks for.
        retry_after: Option<Duration>,
    },
    /// No connection, or no answer in time. The receiver may have taken the event all the same.
    #[error("no answer")]
    Unreachable,
}

impl NotifyError {
    /// What it is, in a word.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden_address",
            Self::Gone => "gone",
            Self::Refused { .. } => "refused",
            Self::Unreachable => "no_answer",
        }
    }
}
