//! Where the carrier keeps the sound of an attempt.

use super::{call_store::CallStore, error::StoreError, item, row};
use call::{CallSession, ids::CallId, time::Timestamp};
use serde::{Deserialize, Serialize};

/// The carrier's recording of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recording {
    /// The attempt, from 1.
    pub attempt: u8,
    /// Where the carrier keeps it. Whoever has the address may hear the patient.
    pub url: String,
    /// When the carrier reported it.
    pub reported_at: Timestamp,
}

impl CallStore {
    /// Keeps the address of an attempt's recording as long as the call's own data; the last one reported
    /// stands.
    ///
    /// # Errors
    /// [`StoreError`]; keeping it again is safe.
    pub async fn save_recording(
        &self,
        session: &CallSession,
        recording: &Recording,
    ) -> Result<(), StoreError> {
        let item = row_of(session.id, recording)?;
        self.put_row(self.kept(item, session.over_by())).await
    }
}

fn row_of(id: CallId, recording: &Recording) -> Result<item::Item, serde_dynamo::Error> {
    let sk = format!("RECORDING#{:02}", recording.attempt);
    row::keyed(recording, item::call_pk(id), sk)
}
