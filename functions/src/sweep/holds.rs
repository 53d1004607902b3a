//! Repeating the holds on patients' data, so that they reach what was stored after them.

use super::Sweep;
use crate::patients::rows;
use store::StoreError;

const HOUR_SECS: i64 = 3_600;

/// The part of an hour in which holds are repeated: a run of the sweep begins in each minute.
const WINDOW_SECS: i64 = 60;

impl Sweep {
    /// Repeats every hold in the first minute of each hour; data is kept for a day at least.
    pub(super) async fn repeat_holds(&mut self) -> Result<(), StoreError> {
        let secs = self.app.calls.now().as_secs();
        let hour = secs.div_euclid(HOUR_SECS);
        if secs.rem_euclid(HOUR_SECS) >= WINDOW_SECS || self.held_in == Some(hour) {
            return Ok(());
        }
        let store = &self.app.calls.store;
        for hold in store.holds().await? {
            let patient = &hold.patient;
            let calls = store.calls_of_patient(patient).await?;
            for call in &calls {
                store.hold_call(patient, *call).await?;
            }
            let rows = rows::of_patient(&self.app, patient, &calls).await?;
            for call in rows::test_calls(&self.app, &rows).await? {
                store.hold_call(patient, call).await?;
            }
            for (id, row) in rows {
                store.hold_row(patient, id, row).await?;
            }
        }
        self.held_in = Some(hour);
        Ok(())
    }
}
