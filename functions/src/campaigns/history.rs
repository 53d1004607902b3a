//! What the latest calls tell of those to come.

use crate::app::App;
use call::time::Timestamp;
use campaign::{History, Hours};
use std::time::Duration;
use store::StoreError;

/// How far back is looked (30 days).
const DAYS: u32 = 30;

/// Most calls that are looked at, of the latest days (2,000): about 1 MB is read.
const CALLS_MAX: usize = 2_000;

const DAY: Duration = Duration::from_hours(24);

/// The history of the days before `now`, the latest first, of [`CALLS_MAX`] calls at the most; `hours` have the
/// clocks that count.
///
/// Cost: a query for each day, at most two, and a read unit for each 8 KB of rows.
pub(super) async fn known(app: &App, now: Timestamp, hours: &Hours) -> Result<History, StoreError> {
    let (mut history, mut left) = (History::default(), CALLS_MAX);
    for days in 0..DAYS {
        let until = now - DAY * days;
        let store = &app.calls.store;
        let (rows, _) = store.report_page(until - DAY, until, None, left).await?;
        rows.iter().for_each(|row| history.add(row, hours));
        left -= rows.len();
        if left == 0 {
            break;
        }
    }
    Ok(history)
}
