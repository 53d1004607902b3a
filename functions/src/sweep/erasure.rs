//! Having the agent's platform forget the conversations of patients who are to be erased.

use crate::app::App;
use call::CallSession;
use logging::metrics::CONVERSATIONS_UNERASED;
use std::time::Duration;
use store::{ClaimedConversation, Looked, StoreError};

/// Waits after looks at what is to be deleted elsewhere, until it is. The first look often finds only that
/// it is too early.
const WAITS: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(3),
];

/// How long the platform, or a storage, may take before a person is called (24 h).
pub(super) const OVERDUE: Duration = Duration::from_hours(24);

/// Until somebody looks again whether a patient is still held back from erasure.
pub(super) const HELD_WAIT: Duration = Duration::from_hours(1);

/// Asks the platform once to delete its copy, unless a hold keeps that too.
pub(super) async fn look(
    app: &App,
    claimed: &ClaimedConversation,
    session: &CallSession,
) -> Result<Looked, StoreError> {
    let now = app.calls.now();
    if is_held(app, session).await? {
        return Ok(Looked::Postponed(now + HELD_WAIT));
    }
    let id = &claimed.key.conversation_id;
    let is_deleted = match &app.conversations {
        Some(conversations) => conversations.delete(id).await,
        // Without a key nobody can ask, until somebody sets one.
        None => Err(elevenlabs::AgentError::Unavailable),
    };
    let call_id = session.id;
    let Err(error) = is_deleted else {
        tracing::info!(conversations_erased = 1, %call_id, "the platform's copy of a conversation is deleted");
        return Ok(Looked::Erased);
    };
    app.doubt_key(error);
    let since = session.restricted_at.unwrap_or(now);
    if now.since(since) >= OVERDUE {
        tracing::error!(conversations_unerased = 1, %call_id, %error, "the platform keeps a conversation that is to be erased");
        CONVERSATIONS_UNERASED.note(1.0);
    } else {
        tracing::warn!(%call_id, %error, "the platform's copy of a conversation is not deleted yet");
    }
    Ok(Looked::Postponed(now + wait_after(claimed.stored.tries)))
}

/// Whether a hold keeps the data of the call's patient.
pub(super) async fn is_held(app: &App, session: &CallSession) -> Result<bool, StoreError> {
    let store = &app.calls.store;
    let Some(request) = store.request(session.id).await? else {
        return Ok(false);
    };
    let hold = store.hold_of(&request.patient_key()).await?;
    Ok(hold.is_some())
}

/// The wait after so many looks.
pub(super) fn wait_after(tries: u32) -> Duration {
    let nth = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    WAITS[nth.min(WAITS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_never_end() {
        let waits: Vec<Duration> = (1..=7).map(wait_after).collect();
        assert!(waits.is_sorted());
        assert_eq!((waits[0], waits[6]), (WAITS[0], WAITS[4]));
        assert_eq!(wait_after(u32::MAX), WAITS[4]);
    }
}
