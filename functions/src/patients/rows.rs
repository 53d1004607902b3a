//! The rows of campaigns that a patient stands in.

use crate::app::App;
use call::{CallSession, ids::CallId};
use campaign::{CampaignId, RowEvent};
use std::collections::BTreeSet;
use store::{StoreError, calls::ApplyError, campaigns::Campaigns};

/// Rows of campaigns, by their numbers.
pub(crate) type Rows = BTreeSet<(CampaignId, u32)>;

/// The rows of a patient: those that name their id, and those that these calls were made of or try out.
pub(crate) async fn of_patient(
    app: &App,
    patient: &str,
    calls: &[CallId],
) -> Result<Rows, StoreError> {
    let store = &app.calls.store;
    let named = store.rows_of_patient(patient).await?;
    let mut rows: Rows = named.into_iter().collect();
    for call in calls {
        let session = store.load(*call).await?;
        rows.extend(session.and_then(|session| row_of(&session)));
    }
    Ok(rows)
}

fn row_of(session: &CallSession) -> Option<(CampaignId, u32)> {
    let made_of = session.campaign.map(|of| (of.id, of.row));
    let tries_out = session.test_of.map(|of| (of.campaign_id, of.row));
    made_of.or(tries_out)
}

/// The test calls of these rows.
pub(crate) async fn test_calls(app: &App, rows: &Rows) -> Result<Vec<CallId>, StoreError> {
    let mut calls = Vec::new();
    for (id, number) in rows {
        calls.extend(app.calls.store.test_calls(*id, *number).await?);
    }
    Ok(calls)
}

/// Sees to it that no call is made of these rows any more. A call that goes on is its own end, and the
/// row's.
pub(super) async fn stop(app: &App, rows: &Rows) -> Result<(), ApplyError> {
    let campaigns = Campaigns::of(&app.calls);
    for (id, number) in rows {
        let event = RowEvent::PatientErased;
        campaigns.apply_row(*id, *number, &event).await?;
    }
    Ok(())
}

/// Takes what they say of the patient away. Their calls are restricted by then.
pub(super) async fn erase(app: &App, patient: &str, rows: &Rows) -> Result<(), ApplyError> {
    // Those whose call has ended meanwhile are not called again.
    stop(app, rows).await?;
    for (id, number) in rows {
        let now = app.calls.now();
        let store = &app.calls.store;
        store.erase_row(patient, *id, *number, now).await?;
    }
    Ok(())
}
