//! Scale-in protection: while calls are carried, neither a deployment nor scaling stops this task.

use crate::{ecs::Ecs, relay::Relay};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Pause between two looks at the calls (500 ms): a call is unprotected for no longer than that.
const LOOK: Duration = Duration::from_millis(500);

/// How long protection is asked for beyond the longest call, so that some renewals may fail.
const MARGIN: Duration = Duration::from_mins(15);

/// Pause between two renewals.
const RENEWAL: Duration = Duration::from_mins(5);

/// Pause after an answer that was none. ECS lets an account change protection some times a second.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a relay in service stays protected without a call, so that calls that follow one another do
/// not ask each time.
const IDLE: Duration = Duration::from_secs(30);

/// What is to be asked of ECS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Protect,
    Release,
}

/// When to ask. It forgets nothing that ECS may hold: a failed release is asked for again.
#[derive(Debug, Default)]
struct Protection {
    /// When protection was last granted, unless it was released since then.
    granted: Option<Instant>,
    /// Since when no call is carried.
    idle_since: Option<Instant>,
    /// Until when nothing is asked.
    paused_until: Option<Instant>,
}

impl Protection {
    /// What to ask now, with so many calls; `may_go` if the relay is not to take further ones.
    fn ask(&mut self, calls: usize, may_go: bool, now: Instant) -> Option<Ask> {
        let idle_since = (calls == 0).then(|| self.idle_since.unwrap_or(now));
        self.idle_since = idle_since;
        if self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        match (idle_since, self.granted) {
            (None, None) => Some(Ask::Protect),
            (None, Some(granted)) => (now >= granted + RENEWAL).then_some(Ask::Protect),
            (Some(_), None) => None,
            (Some(since), Some(_)) => (may_go || now >= since + IDLE).then_some(Ask::Release),
        }
    }

    fn answered(&mut self, ask: Ask, is_done: bool, now: Instant) {
        self.paused_until = (!is_done).then(|| now + PAUSE);
        match (ask, is_done) {
            (Ask::Protect, true) => self.granted = Some(now),
            (Ask::Release, true) => self.granted = None,
            // A request that failed may have been granted all the same, and is then to be released.
            (Ask::Protect, false) => self.granted = self.granted.or(Some(now - RENEWAL)),
            (Ask::Release, false) => {}
        }
    }
}

/// Keeps the protection of this task as its calls need it.
pub(crate) async fn protect_calls(relay: Arc<Relay>, ecs: Ecs) {
    let lasts = relay.config.bridge.call_max + MARGIN;
    let mut protection = Protection::default();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let may_go = !relay.is_in_service();
        let Some(ask) = protection.ask(relay.live_calls(), may_go, Instant::now()) else {
            continue;
        };
        let answer = match ask {
            Ask::Protect => ecs.protect(lasts).await,
            Ask::Release => ecs.release().await,
        };
        protection.answered(ask, answer.is_ok(), Instant::now());
        match answer {
            Ok(()) => tracing::info!(?ask, "scale-in protection"),
            Err(error) => tracing::warn!(?ask, %error, "scale-in protection could not be set"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_call_is_protected_and_the_protection_renewed() {
        let (mut protection, now) = (Protection::default(), Instant::now());
        assert_eq!(protection.ask(0, false, now), None);
        assert_eq!(protection.ask(1, false, now), Some(Ask::Protect));
        protection.answered(Ask::Protect, true, now);
        assert_eq!(protection.ask(9, false, now + RENEWAL - SECOND), None);
        assert_eq!(
            protection.ask(9, true, now + RENEWAL),
            Some(Ask::Protect),
            "calls are protected in a relay that is replaced, too"
        );
        const { assert!(RENEWAL.as_secs() < MARGIN.as_secs()) };
    }

    #[test]
    fn an_idle_relay_is_released_after_a_while_and_a_replaced_one_at_once() {
        for (may_go, after) in [(false, IDLE), (true, Duration::ZERO)] {
            let (mut protection, now) = (Protection::default(), Instant::now());
            assert_eq!(protection.ask(1, may_go, now), Some(Ask::Protect));
            protection.answered(Ask::Protect, true, now);
            let ended = now + SECOND;
            let first = protection.ask(0, may_go, ended);
            assert_eq!(first.is_some(), may_go);
            assert_eq!(protection.ask(0, may_go, ended + after), Some(Ask::Release));
            protection.answered(Ask::Release, true, ended + after);
            assert_eq!(protection.ask(0, may_go, ended + after + SECOND), None);
        }
    }

    #[test]
    fn a_call_in_between_begins_the_idle_time_anew() {
        let (mut protection, now) = (Protection::default(), Instant::now());
        assert_eq!(protection.ask(1, false, now), Some(Ask::Protect));
        protection.answered(Ask::Protect, true, now);
        assert_eq!(protection.ask(0, false, now + SECOND), None);
        assert_eq!(protection.ask(1, false, now + IDLE), None);
        assert_eq!(protection.ask(0, false, now + IDLE + SECOND), None);
        assert_eq!(protection.ask(0, false, now + 2 * IDLE), None);
        let due = now + 2 * IDLE + SECOND;
        assert_eq!(protection.ask(0, false, due), Some(Ask::Release));
    }

    #[test]
    fn what_failed_is_asked_again_after_a_pause_and_is_taken_for_granted_until_it_is_released() {
        let (mut protection, now) = (Protection::default(), Instant::now());
        assert_eq!(protection.ask(1, false, now), Some(Ask::Protect));
        protection.answered(Ask::Protect, false, now);
        assert_eq!(protection.ask(1, false, now + PAUSE - SECOND), None);
        assert_eq!(
            protection.ask(1, false, now + PAUSE),
            Some(Ask::Protect),
            "as soon as it may"
        );
        protection.answered(Ask::Protect, false, now + PAUSE);
        let later = now + 2 * PAUSE;
        assert_eq!(protection.ask(0, true, later), Some(Ask::Release));
        protection.answered(Ask::Release, false, later);
        assert_eq!(protection.ask(0, true, later + SECOND), None);
        assert_eq!(protection.ask(0, true, later + PAUSE), Some(Ask::Release));
    }
}
