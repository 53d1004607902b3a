//! The heartbeat: what renews the right to carry the call.

use super::{Link, RECORD_PAUSE};
use call::CallEvent;
use std::sync::Arc;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

/// Heartbeats sent within one heartbeat timeout, so that two may be lost without harm.
const BEATS_PER_TIMEOUT: u32 = 3;

/// Renews while `beating` says so, until its sender is gone. What the store does not take is tried
/// again each second: the lease runs meanwhile.
pub(super) async fn renew(link: Arc<Link>, mut beating: watch::Receiver<bool>) {
    let mut beats = interval(link.calls.policy.heartbeat_timeout / BEATS_PER_TIMEOUT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while beating.wait_for(|on| *on).await.is_ok() {
        tokio::select! {
            _ = beats.tick() => beat(&link, &mut beating).await,
            changed = beating.changed() => if changed.is_err() { return },
        }
    }
}

async fn beat(link: &Link, beating: &mut watch::Receiver<bool>) {
    let is_beating =
        |beating: &watch::Receiver<bool>| *beating.borrow() && beating.has_changed().is_ok();
    while is_beating(beating) {
        let event = CallEvent::Heartbeat {
            attempt: link.attempt,
            stream: link.lease.borrow().stream,
            voice: *link.voice.borrow(),
        };
        match Box::pin(link.apply(&event)).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(call_id = %link.id, %error, "the heartbeat is not stored");
                (link.failed)("heartbeat");
                sleep(RECORD_PAUSE).await;
            }
        }
    }
}
