//! The relays beside this one: it says that it is there, and goes out of service once relays of a later
//! version can take its place.
//!
//! ECS stops no task that is protected, and a task that takes new calls is never without one. So the
//! relays of an old version must leave by themselves: the load balancer is told to send no more
//! streams, the calls end, the protection is released, and ECS stops the task.

use crate::{
    ecs::{Ecs, Task},
    relay::Relay,
};
use call::time::Timestamp;
use std::{sync::Arc, time::Duration};
use store::{RelayPresence, StoreError};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Pause between two words of this relay (5 s); it counts as gone after six of them.
const BEAT: Duration = Duration::from_secs(5);

/// Pause before the container agent is asked again which task this is.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Whether relays of a later version can take the place of those of `version`: the load balancer reaches
/// them, and they have room for the calls that earlier ones carry.
///
/// The later version is the one whose last task was started last: ECS starts tasks of the version that is
/// to stay, also when it takes a deployment back.
fn is_replaced(version: &str, present: &[RelayPresence]) -> bool {
    let last_start = |version: &str| {
        let of_version = present.iter().filter(|relay| relay.version == version);
        of_version.map(|relay| relay.started_at).max()
    };
    let own = (last_start(version), version);
    let (later, earlier): (Vec<_>, Vec<_>) = present
        .iter()
        .partition(|relay| (last_start(&relay.version), relay.version.as_str()) > own);
    let mut reachable = later.iter().filter(|relay| relay.is_reachable).peekable();
    let is_there = reachable.peek().is_some();
    let room: u32 = reachable.map(|relay| relay.room).sum();
    let carried: u32 = earlier.iter().map(|relay| relay.calls).sum();
    is_there && room >= carried
}

/// Says every [`BEAT`] that this relay is there, and heeds what the others say, until it drains.
pub(crate) async fn keep_company(relay: Arc<Relay>, ecs: Ecs) {
    let task = task(&ecs).await;
    let started_at = relay.calls.now();
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !relay.tasks.is_draining() {
        beats.tick().await;
        // Who cannot know of the others stays as it is.
        match beat(&relay, &task, started_at).await {
            Ok(present) => relay.service.heed(is_replaced(&task.revision, &present)),
            Err(error) => tracing::debug!(%error, "cannot look for other relays"),
        }
    }
    if let Err(error) = relay.calls.store.forget_presence(&task.arn).await {
        tracing::debug!(%error, "still counted as there for a while");
    }
}

async fn task(ecs: &Ecs) -> Task {
    loop {
        match ecs.task().await {
            Ok(task) => return task,
            Err(error) => tracing::warn!(%error, "cannot learn which ECS task this is"),
        }
        sleep(ASK_AGAIN).await;
    }
}

async fn beat(
    relay: &Relay,
    task: &Task,
    started_at: Timestamp,
) -> Result<Vec<RelayPresence>, StoreError> {
    let (now, calls) = (relay.calls.now(), relay.live_calls());
    let store = &relay.calls.store;
    let own = RelayPresence {
        task: task.arn.clone(),
        version: task.revision.clone(),
        started_at,
        seen_at: now,
        is_reachable: relay.service.is_reachable(),
        calls: u32::try_from(calls).unwrap_or(u32::MAX),
        room: u32::try_from(relay.config.calls_max - calls).unwrap_or(u32::MAX),
    };
    store.keep_presence(&own).await?;
    store.relays_present(now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version, moment of the start, calls, room; reachable.
    fn relay(version: &str, started: i64, calls: u32, room: u32) -> RelayPresence {
        RelayPresence {
            task: format!("{version}/{started}"),
            version: version.to_owned(),
            started_at: Timestamp::from_millis(started),
            seen_at: Timestamp::from_millis(1_000),
            is_reachable: true,
            calls,
            room,
        }
    }

    #[test]
    fn relays_of_one_version_stay_whenever_they_started() {
        let present = [relay("5", 1, 20, 0), relay("5", 900, 0, 20)];
        assert!(!is_replaced("5", &present));
        assert!(!is_replaced("5", &[]));
    }

    #[test]
    fn the_version_that_was_started_last_stays() {
        let present = [relay("5", 1, 20, 0), relay("6", 2, 0, 20)];
        assert!(is_replaced("5", &present));
        assert!(!is_replaced("6", &present));
    }

    #[test]
    fn a_deployment_that_is_taken_back_replaces_the_new_version_by_the_old() {
        let present = [
            relay("5", 1, 10, 10),
            relay("6", 2, 5, 15),
            relay("5", 3, 0, 20),
        ];
        assert!(is_replaced("6", &present));
        assert!(!is_replaced("5", &present));
    }

    #[test]
    fn of_three_versions_the_last_stays() {
        let present = [
            relay("5", 1, 1, 19),
            relay("6", 2, 1, 19),
            relay("7", 3, 0, 20),
        ];
        let leave = ["5", "6", "7"].map(|version| is_replaced(version, &present));
        assert_eq!(leave, [true, true, false]);
    }

    #[test]
    fn nobody_leaves_for_relays_that_no_stream_reaches() {
        let unreached = RelayPresence {
            is_reachable: false,
            ..relay("6", 2, 0, 200)
        };
        let mut present = vec![relay("5", 1, 20, 0), unreached];
        assert!(!is_replaced("5", &present));
        present.push(relay("6", 3, 0, 20));
        assert!(is_replaced("5", &present));
    }

    #[test]
    fn nobody_leaves_before_the_new_ones_have_room_for_what_the_old_ones_carry() {
        let mut present = vec![
            relay("5", 1, 15, 5),
            relay("5", 1, 15, 5),
            relay("6", 2, 0, 20),
        ];
        assert!(!is_replaced("5", &present));
        present.push(relay("6", 3, 10, 10));
        assert!(is_replaced("5", &present));
    }

    #[test]
    fn two_versions_that_started_in_one_moment_do_not_both_leave() {
        let present = [relay("5", 1, 0, 20), relay("6", 1, 0, 20)];
        let leave = ["5", "6"].map(|version| is_replaced(version, &present));
        assert_eq!(leave, [true, false]);
    }
}
