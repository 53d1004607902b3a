//! Tells the metrics how many calls are carried here: what the number of relays follows.

use crate::relay::Relay;
use logging::metrics::{RELAY_CALLS, RELAY_LOAD, RELAY_ROOM};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

/// From one word to the next (10 s): six make up one minute's average, by which relays are added.
const TELL_EACH: Duration = Duration::from_secs(10);

pub(crate) async fn tell_load(relay: Arc<Relay>) {
    let mut ticks = interval(TELL_EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        tell(&relay);
    }
}

fn tell(relay: &Relay) {
    let count = |calls: usize| f64::from(u32::try_from(calls).unwrap_or(u32::MAX));
    let (live, most) = (relay.live_calls(), relay.config.calls_max);
    RELAY_CALLS.note(count(live));
    // A relay that leaves carries its calls to their end, and is no room for others.
    if relay.is_in_service() {
        RELAY_ROOM.note(count(most - live));
        RELAY_LOAD.note(100.0 * count(live) / count(most));
    } else {
        RELAY_ROOM.note(0.0);
    }
}
