//! Looks each second which of the calls carried here are over for everybody else (cancelled, opted
//! out, given up), which were answered as others tell, and how many phones ring.

use crate::relay::Relay;
use call::{CallState, ids::CallId};
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::StoreError;
use tokio::time::{MissedTickBehavior, interval};

/// Pause between two looks (1 s): with the index's own delay, a cancelled call is hung up within 2 s.
const LOOK: Duration = Duration::from_secs(1);

/// Up to so many live calls, one query of their index tells of all of them, and is cheaper than asking for
/// each that is carried. The index is one partition, which every relay reads: 40 relays with 25 calls each take
/// 800 of its 3,000 read units a second.
const INDEX_MAX: usize = 1_000;

/// A relay that carries nothing looks each second time: phones that ring are all that it has to know of.
const IDLE_LOOKS: u32 = 2;

/// Looks between two at the index, while more calls than that are live.
const LOOKS_BY_KEY: u32 = 60;

/// Whom to ask next.
#[derive(Default)]
struct Watch {
    /// Looks yet to come that ask for the carried calls alone.
    by_key: u32,
    looks: u32,
}

pub(crate) async fn watch_calls(relay: Arc<Relay>) {
    let mut watch = Watch::default();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        // A failure needs no alarm of its own: the heartbeats tell of an outage, and end the call.
        if let Err(error) = watch.look(&relay).await {
            tracing::debug!(%error, "cannot look for calls that are over");
        }
    }
}

impl Watch {
    async fn look(&mut self, relay: &Relay) -> Result<(), StoreError> {
        let carried = relay.carried();
        self.looks = self.looks.wrapping_add(1);
        if carried.is_empty() && !self.looks.is_multiple_of(IDLE_LOOKS) {
            return Ok(());
        }
        let live = self.live_states(relay, &carried).await?;
        for call in carried {
            match live.get(&call) {
                None if is_over(relay, call).await? => relay.notify_over(call),
                Some(CallState::Connected) => relay.notify_connected(call),
                None | Some(_) => {}
            }
        }
        Ok(())
    }

    async fn live_states(
        &mut self,
        relay: &Relay,
        carried: &[CallId],
    ) -> Result<HashMap<CallId, CallState>, StoreError> {
        let store = &relay.calls.store;
        if self.by_key > 0 {
            self.by_key -= 1;
            return store.live_states_of(carried).await;
        }
        let live = store.live_states().await?;
        let rings = |state: &&CallState| **state == CallState::Dialing;
        relay.spares.want(live.values().filter(rings).count());
        if live.len() > INDEX_MAX {
            self.by_key = LOOKS_BY_KEY;
        }
        Ok(live)
    }
}

/// What is read lags behind: what it misses is asked of the call itself.
async fn is_over(relay: &Relay, call: CallId) -> Result<bool, StoreError> {
    let session = relay.calls.store.load(call).await?;
    Ok(session.is_none_or(|session| {
        session.state.is_final() || session.attempt.is_none_or(|attempt| attempt.is_closed())
    }))
}
