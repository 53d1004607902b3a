//! Events, turns and reports about the audio, recorded in order and repeated until the store takes them.

use super::{Link, RECORD_PAUSE};
use call::{
    AudioReport, CallEvent, Turn,
    dialling::{Sign, Vendor},
};
use std::{sync::Arc, time::Duration};
use store::StoreError;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};

/// How long one note is tried while the store is unavailable (60 s). Past it the stored deadline
/// decides what became of the call.
const RECORD_MAX: Duration = Duration::from_secs(60);

/// How long a turn or report is tried that the store refuses for another reason (3 s): it will refuse it
/// for good, and those behind it wait.
const REFUSED_MAX: Duration = Duration::from_secs(3);

/// An event to be recorded, and whom it matters to that it is.
pub(super) struct Note {
    pub(super) event: CallEvent,
    pub(super) stored: oneshot::Sender<()>,
}

/// Records events until the last sender is gone.
pub(super) async fn record_all(link: Arc<Link>, mut events: mpsc::Receiver<Note>) {
    while let Some(Note { event, stored }) = events.recv().await {
        let began = Instant::now();
        while let Err(error) = Box::pin(link.apply(&event)).await {
            (link.failed)("event");
            let (call_id, event) = (link.id, event.label());
            if began.elapsed() >= RECORD_MAX {
                tracing::error!(%call_id, event, %error, "event not stored");
                break;
            }
            tracing::warn!(%call_id, event, %error, "event is recorded again");
            sleep(RECORD_PAUSE).await;
        }
        let _ = stored.send(()); // Most do not wait for it.
        Box::pin(note_agent(&link, &event)).await;
    }
}

/// What an event says about the agent's platform holds for every call.
async fn note_agent(link: &Link, event: &CallEvent) {
    let sign = if let CallEvent::AgentUnavailable { because, .. } = event {
        Sign::of_fault(*because)
    } else if matches!(event, CallEvent::AgentReady { .. }) {
        Sign::Works
    } else {
        return;
    };
    if let Err(error) = link.calls.note_vendor(Vendor::Agent, sign).await {
        tracing::warn!(%error, ?sign, "what was learnt of the agent is not stored");
    }
}

/// What is kept beside the call's state.
pub(super) enum Kept {
    Turn(Turn),
    Audio(AudioReport),
}

impl Kept {
    fn label(&self) -> &'static str {
        match self {
            Self::Turn(_) => "turn",
            Self::Audio(_) => "audio",
        }
    }

    async fn save(&self, link: &Link) -> Result<(), StoreError> {
        let store = &link.calls.store;
        match self {
            Self::Turn(turn) => store.save_turn(link.id, turn).await,
            Self::Audio(report) => store.save_audio(link.id, report).await,
        }
    }
}

/// Saves what is to be kept until the last sender is gone.
pub(super) async fn save_all(link: Arc<Link>, mut kept: mpsc::Receiver<Kept>) {
    while let Some(one) = kept.recv().await {
        let began = Instant::now();
        while let Err(error) = Box::pin(one.save(&link)).await {
            let what = one.label();
            (link.failed)(what);
            let patience = if error.is_transient() {
                RECORD_MAX
            } else {
                REFUSED_MAX
            };
            if began.elapsed() >= patience {
                tracing::error!(call_id = %link.id, what, %error, "a turn or a report about the audio is lost");
                break;
            }
            sleep(RECORD_PAUSE).await;
        }
    }
}
