//! One outcome on its way to one receiver.

use call::{AuditEvent, delivery::Target, ids::CallId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// One outcome on its way to one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The call.
    pub call_id: CallId,
    /// Who is told.
    pub target: Target,
    /// What happened: the line of the audit trail that ended an attempt or the call.
    pub outcome: AuditEvent,
    /// When it was queued: at the outcome, or at its last replay.
    pub queued_at: Timestamp,
    /// Tries since then.
    pub tries: u32,
    /// When the receiver took it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delivered_at: Option<Timestamp>,
    /// When it was given up; a replay queues it again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parked_at: Option<Timestamp>,
    /// What became of the last try that failed: a status or a word, nothing of the receiver's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_problem: Option<String>,
}

impl Delivery {
    /// Queues the outcome of a call.
    #[must_use]
    pub fn new(call_id: CallId, target: Target, outcome: AuditEvent) -> Self {
        Self {
            call_id,
            target,
            queued_at: outcome.at,
            outcome,
            tries: 0,
            delivered_at: None,
            parked_at: None,
            last_problem: None,
        }
    }

    /// Which delivery it is.
    #[must_use]
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey {
            call_id: self.call_id,
            seq: self.outcome.seq,
            target: self.target,
        }
    }
}

/// Which delivery is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryKey {
    /// The call.
    pub call_id: CallId,
    /// Position of the outcome in the call's audit trail.
    pub seq: u32,
    /// Who is told.
    pub target: Target,
}
