//! What the latest calls tell of those to come.

use crate::app::App;
use call::time::Timestamp;
use campaign::{History, Hours};
use std::time::Duration;
use store::StoreError;

/// How far back is looked (30 days).
const PAST: Duration = Duration::from_hours(30 * 24);

/// Most calls that are looked at (2,000): about 1 MB is read.
const CALLS_MAX: usize = 2_000;

/// The history of the days before `now`, of the latest [`CALLS_MAX`] calls; `hours` have the clocks that
/// count.
///
/// Cost: a query for each day, and a read unit for each 8 KB of rows.
pub(super) async fn known(app: &App, now: Timestamp, hours: &Hours) -> Result<History, StoreError> {
    let mut history = History::default();
    let store = &app.calls.store;
    let latest = store.report_page_back(now - PAST, now, None, CALLS_MAX);
    let (rows, _) = latest.await?;
    rows.iter().for_each(|row| history.add(row, hours));
    Ok(history)
}
