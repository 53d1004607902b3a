//! Setting the channel counter right, while calls start and end.

use crate::{calls::Calls, channels::ChannelCount, error::StoreError};
use std::time::Duration;

/// Looks in a row that must find the same difference. The index that names the live calls lags
/// behind, and a call it does not name yet looks like a counter that is too high.
const LOOKS: u32 = 3;

/// From one look to the next: longer than the index lags.
const LOOK_EACH: Duration = Duration::from_secs(1);

/// Looks in all. Where calls start and end in each of them the counter cannot be judged.
const LOOKS_MAX: u32 = 15;

/// What the counter said and what it says since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Channels in use by the counter as it was found.
    pub before: i64,
    /// Channels in use by the live calls.
    pub after: u32,
}

/// Why the counter was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store failed; asking again is safe.
    #[error("the channels could not be counted")]
    Store(#[from] StoreError),
    /// Calls started and ended in every look.
    #[error("calls that start and end kept the channels from being counted")]
    Contended,
}

impl Calls {
    /// Sets the channel counter to the live calls. What calls take and give back meanwhile stays
    /// counted: the counter is written only as it was read, after the same difference was found
    /// several times. Safe to repeat.
    ///
    /// # Errors
    /// [`ReconcileError`].
    pub async fn reconcile_channels(&self) -> Result<Reconciled, ReconcileError> {
        let (mut drift, mut agreed) = (None, 0);
        for look in 0..LOOKS_MAX {
            if look > 0 {
                tokio::time::sleep(LOOK_EACH).await;
            }
            let Some(count) = self.store.count_channels().await? else {
                continue;
            };
            if drift != Some(count.drift()) {
                (drift, agreed) = (Some(count.drift()), 0);
            }
            agreed += 1;
            if agreed >= LOOKS && self.settle_channels(&count).await? {
                return Ok(Reconciled {
                    before: count.counted,
                    after: count.live,
                });
            }
        }
        Err(ReconcileError::Contended)
    }

    /// Whether the counter is right now.
    async fn settle_channels(&self, count: &ChannelCount) -> Result<bool, StoreError> {
        Ok(count.drift() == 0 || self.store.set_channels(count).await?)
    }
}
