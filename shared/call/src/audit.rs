//! The audit trail of a call: one line for each thing that happened.

use super::{
    attempt::Outcome,
    state::{CallState, EndCause},
};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Label of the event that a conversation's post-call report was read.
pub(super) const POST_CALL_REPORT_READ: &str = "post_call_report_read";

/// Who caused a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A client of the HTTP API.
    Api,
    /// The process that places dials.
    Dialer,
    /// Knowlarity, through a webhook or the call log.
    Carrier,
    /// The media relay.
    Relay,
    /// The agent, through a tool call.
    Agent,
    /// The sweep, because a deadline passed.
    Sweep,
}

/// One line of the audit trail. Never rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// Position in the call's trail, from 1 without gaps.
    pub seq: u32,
    /// When it was decided, by the clock of whoever decided.
    pub at: Timestamp,
    /// Who made the claim.
    pub by: Actor,
    /// What happened, a [`CallEvent::label`](super::CallEvent::label) or `created`.
    pub event: String,
    /// The state before; absent for the creation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<CallState>,
    /// The state after.
    pub to: CallState,
    /// The latest attempt at that moment, from 1; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<u8>,
    /// How that attempt ended, if this ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// Why the call ended, if this ended it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<EndCause>,
}

impl AuditEvent {
    /// Whether it ended an attempt or the call, so that others are to be told.
    #[must_use]
    pub fn is_outcome(&self) -> bool {
        self.outcome.is_some() || self.cause.is_some()
    }

    /// Whether the record of a call that had ended grew, so that whoever placed it is to be told.
    #[must_use]
    pub fn is_update(&self) -> bool {
        self.event == POST_CALL_REPORT_READ
    }
}
