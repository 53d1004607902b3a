//! The audit of the channel counter: each minute it must equal the live calls.
//!
//! The counter changes only in the calls' own transactions, so a difference that lasts is a fault
//! of ours, or somebody's hand in the table. It is reported and left alone until somebody who has
//! looked asks for `POST /api/channels/reconcile`: its cause would not be found otherwise.

use super::{Sweep, SweepReport};
use call::time::Timestamp;
use logging::metrics::{CHANNEL_DRIFT, CHANNELS_USED};
use std::time::Duration;
use store::StoreError;

/// From one audit to the next.
const AUDIT_EACH: Duration = Duration::from_secs(60);

/// What the audits of one process saw.
#[derive(Default)]
pub(super) struct Audit {
    last: Option<Timestamp>,
    /// A difference that is looked at again in the next tick: calls that change between the reads
    /// make one too.
    suspected: Option<i64>,
}

impl Sweep {
    pub(super) async fn audit_channels(
        &mut self,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let now = self.app.calls.now();
        let is_due = self.audit.last.is_none_or(|at| now.since(at) >= AUDIT_EACH);
        if !is_due && self.audit.suspected.is_none() {
            return Ok(());
        }
        self.audit.last = Some(now);
        let store = &self.app.calls.store;
        let live = i64::try_from(store.live_calls().await?).unwrap_or(i64::MAX);
        let in_use = store.channels_in_use().await?;
        let drift = i64::from(in_use) - live;
        let is_certain = self.audit.suspected == Some(drift);
        self.audit.suspected = (drift != 0 && !is_certain).then_some(drift);
        let channels = self.app.calls.policy.channels();
        CHANNELS_USED.note(100.0 * f64::from(in_use) / f64::from(channels));
        if is_certain {
            CHANNEL_DRIFT.note(f64::from(
                u32::try_from(drift.unsigned_abs()).unwrap_or(u32::MAX),
            ));
            report.channel_drift = drift;
            tracing::error!(
                channel_drift = drift,
                in_use,
                live,
                "the channel counter differs from the live calls"
            );
        }
        Ok(())
    }
}
