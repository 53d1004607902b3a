//! How a call begins.

use super::{
    audit::{Actor, AuditEvent},
    decision::{Along, Decision},
    policy::Policy,
    request::CallRequest,
    session::CallSession,
    state::CallState,
};
use crate::time::Timestamp;

impl CallSession {
    /// Creates the session of a validated request and its first audit line.
    #[must_use]
    pub fn create(request: &CallRequest, now: Timestamp, policy: &Policy) -> Decision {
        let wanted = request.not_before.unwrap_or(now).max(now);
        let expires_at = request.expires_at.unwrap_or(wanted + policy.call_expiry);
        let window = request.calling_window.as_ref();
        let dial_at = policy.next_open(window, wanted).unwrap_or(expires_at);
        let next = Self {
            id: request.id,
            version: 1,
            state: CallState::Initiating,
            cause: None,
            phone: request.patient.phone_number.clone(),
            created_at: now,
            updated_at: now,
            deadline: Some(expires_at),
            dial_at: Some(dial_at),
            expires_at,
            campaign: request.campaign,
            test_of: request.test_of,
            caller: request.caller.clone(),
            is_promotional: request.is_promotional,
            calling_window: request.calling_window.clone(),
            has_callback: request.callback_url.is_some(),
            talk_until: None,
            hanging_up: None,
            attempt: None,
            rung: Vec::new(),
            callback_at: None,
            attempts_before: 0,
            answers_saved: 0,
            audit_seq: 1,
            restricted_at: None,
            speaking: None,
            caller_trace: request.caller_trace,
        };
        let audit = AuditEvent {
            seq: 1,
            at: now,
            by: Actor::Api,
            event: "created".to_owned(),
            from: None,
            to: CallState::Initiating,
            attempt: None,
            outcome: None,
            cause: None,
        };
        let along = Along::between(None, &next, Some(&audit), policy);
        Decision {
            made_on: None,
            next,
            audit: Some(audit),
            along,
            effects: Vec::new(),
        }
    }
}
