//! The calls of one patient, those that have ended too.

use super::{call_store::CallStore, error::StoreError};
use call::{CallRequest, CallSession, ids::CallId};
use std::cmp::Reverse;

/// One page of a patient's calls, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientCalls {
    /// Sessions with the requests they came from.
    pub calls: Vec<(CallSession, CallRequest)>,
    /// After which call the next page starts, if there is one.
    pub next: Option<CallId>,
}

impl CallStore {
    /// The calls whose request names the CRM's patient so, at most `limit` (1 to 100), those after the call
    /// `after`. None whose patient's data is to be erased.
    ///
    /// One query, and two items of each call that the patient ever had: a patient has few.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn patient_calls(
        &self,
        patient: &str,
        after: Option<CallId>,
        limit: usize,
    ) -> Result<PatientCalls, StoreError> {
        let ids = self.calls_of_patient(patient).await?;
        let mut calls = self.sessions_with_requests(&ids).await?;
        calls.retain(|(session, _)| session.restricted_at.is_none());
        calls.sort_by_key(|(session, _)| (Reverse(session.created_at), session.id));
        if let Some(after) = after {
            let seen = calls.iter().position(|(session, _)| session.id == after);
            calls.drain(..seen.map_or(0, |seen| seen + 1));
        }
        let has_more = calls.len() > limit;
        calls.truncate(limit);
        let last = calls.last().map(|(session, _)| session.id);
        Ok(PatientCalls {
            calls,
            next: last.filter(|_| has_more),
        })
    }
}
