//! Looks each second which of the calls carried here are over for everybody else (cancelled, opted
//! out, given up), and which were answered as others tell, with one query for all of them.

use crate::relay::Relay;
use call::{CallState, ids::CallId};
use std::{sync::Arc, time::Duration};
use store::StoreError;
use tokio::time::{MissedTickBehavior, interval};

/// Pause between two looks (1 s): with the index's own delay, a cancelled call is hung up within 2 s.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) async fn watch_calls(relay: Arc<Relay>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        // A failure needs no alarm of its own: the heartbeats tell of an outage, and end the call.
        if let Err(error) = look(&relay).await {
            tracing::debug!(%error, "cannot look for calls that are over");
        }
    }
}

async fn look(relay: &Relay) -> Result<(), StoreError> {
    let carried = relay.carried();
    if carried.is_empty() {
        return Ok(());
    }
    let live = relay.calls.store.live_states().await?;
    for call in carried {
        match live.get(&call) {
            None if is_over(relay, call).await? => relay.notify_over(call),
            Some(CallState::Connected) => relay.notify_connected(call),
            None | Some(_) => {}
        }
    }
    Ok(())
}

/// The index lags behind: what it misses is asked of the call itself.
async fn is_over(relay: &Relay, call: CallId) -> Result<bool, StoreError> {
    let session = relay.calls.store.load(call).await?;
    Ok(session.is_none_or(|session| {
        session.state.is_final() || session.attempt.is_none_or(|attempt| attempt.is_closed())
    }))
}
