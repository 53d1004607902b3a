//! Keeps what calls will need whose phones ring.

use crate::{relay::Relay, spares::Lacking};
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// From one look at what is there to the next (1 s): a phone rings for longer.
const LOOK: Duration = Duration::from_secs(1);

/// Pause after something could not be had (5 s). The call itself tries without it.
const AGAIN: Duration = Duration::from_secs(5);

/// Has as many spares as phones ring, as long as the relay runs.
pub(crate) async fn prepare_calls(relay: Arc<Relay>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let agent = relay.agent.get();
        if let Err(lacking) = relay.spares.fill(&relay.tasks, &agent).await {
            match lacking {
                Lacking::Url(error) => tracing::debug!(%error, "no spare address"),
                Lacking::Connection(kind) => tracing::debug!(%kind, "no spare connection"),
            }
            sleep(AGAIN).await;
        }
    }
}
