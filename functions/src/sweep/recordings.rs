//! Erasing what was recorded: of patients who are to be erased or withdrew their consent, and what is old.

use super::{
    Sweep,
    erasure::{HELD_WAIT, OVERDUE, is_held, wait_after},
    work::CLAIM,
};
use crate::app::App;
use call::{CallSession, ids::CallId, time::Timestamp};
use logging::metrics::CONVERSATIONS_UNERASED;
use recordings::SETTLED_AFTER;
use std::{error::Error, sync::Arc};
use store::{ClaimedRecording, StoreError};

/// From one look for old recordings in a folder to the next.
const HOUR_SECS: i64 = 3_600;

impl Sweep {
    /// Erases what is older than data is kept, once an hour, where the storage does not do it by itself. What
    /// fails is tried in the next hour.
    pub(super) async fn expire_recordings(&mut self) {
        let now = self.app.calls.now();
        let hour = now.as_secs().div_euclid(HOUR_SECS);
        let Some(recordings) = self
            .app
            .recordings
            .as_ref()
            .filter(|r| !r.expires_by_itself())
        else {
            return;
        };
        if self.expired_in.replace(hour) == Some(hour) {
            return;
        }
        let kept_since = now - self.app.calls.store.retention();
        match recordings.expire(kept_since).await {
            Ok(0) => {}
            Ok(segments) => tracing::info!(segments, "recordings expired"),
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::warn!(error, "old recordings are not erased yet");
            }
        }
    }
}

/// Looks after one erasure once. Trouble with the table leaves it due again when the claim ends.
pub(super) async fn look(app: Arc<App>, call_id: CallId) {
    if let Err(error) = claim_and_look(&app, call_id).await {
        tracing::warn!(%call_id, %error, "a recording's erasure left to a later tick");
    }
}

async fn claim_and_look(app: &App, call: CallId) -> Result<(), StoreError> {
    let (store, now) = (&app.calls.store, app.calls.now());
    let Some(claimed) = store.claim_recording(call, now, now + CLAIM).await? else {
        return Ok(());
    };
    let session = store.load(call).await?;
    let again = match &session {
        Some(session) if is_held(app, session).await? => Some(now + HELD_WAIT),
        Some(_) | None => erase(app, &claimed, session.as_ref()).await,
    };
    store
        .leave_recording(&claimed, again, app.calls.now())
        .await
}

/// Erases all that is there; when to look again, unless nothing can come any more.
async fn erase(
    app: &App,
    claimed: &ClaimedRecording,
    session: Option<&CallSession>,
) -> Option<Timestamp> {
    let call_id = claimed.call_id;
    // Before it is erased: what is stored in between may be missed.
    let may_grow_until = session.and_then(|session| may_grow_until(session, app.calls.now()));
    let erased = match &app.recordings {
        Some(recordings) => recordings.erase(call_id).await.map_err(Some),
        // Somebody took the setting away, and what was recorded is somewhere still.
        None => Err(None),
    };
    let Err(error) = erased else {
        if may_grow_until.is_none() {
            tracing::info!(recordings_erased = 1, %call_id, "a recording is erased");
        }
        return may_grow_until;
    };
    let error = error.as_ref().map(|error| error as &dyn Error);
    let now = app.calls.now();
    if now.since(claimed.erasure.asked_at) >= OVERDUE {
        tracing::error!(recordings_unerased = 1, %call_id, error, "a recording that is to be erased is still there");
        CONVERSATIONS_UNERASED.note(1.0);
    } else {
        tracing::warn!(%call_id, error, "a recording is not erased yet");
    }
    Some(now + wait_after(claimed.erasure.tries))
}

/// Until when a relay may still be storing, if it may.
fn may_grow_until(session: &CallSession, now: Timestamp) -> Option<Timestamp> {
    let latest = session.attempt.as_ref()?;
    let until = latest.ended_at.unwrap_or(now) + SETTLED_AFTER;
    (until > now).then_some(until)
}
