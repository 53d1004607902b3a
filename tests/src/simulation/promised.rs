//! What the system of a run was told to keep to, and what it is judged by.

use super::{bugs::Bug, dice::Dice};
use call::Policy;
use std::time::Duration;

/// How long calls may wait in most runs.
const MINUTES: Duration = Duration::from_secs(300);

/// How long calls may wait in the runs of days: over the night, and the hours of the next day.
pub(super) const DAYS: Duration = Duration::from_secs(26 * 60 * 60);

/// What a run promises.
pub(super) struct Promised {
    /// Its settings.
    pub(super) policy: Policy,
    /// How far a process's clock may be off, either way.
    pub(super) skew: Duration,
}

impl Promised {
    /// What the dice make of it. A run with a planted fault has none of days, in which what is never
    /// settled would be looked at for ever.
    pub(super) fn of(dice: &Dice, bug: Option<Bug>) -> Self {
        let (mut policy, skew) = (policy(dice), skew(dice));
        if bug.is_some() {
            policy.call_expiry = MINUTES;
        }
        Self { policy, skew }
    }

    /// Whether calls wait for days.
    pub(super) fn is_of_days(&self) -> bool {
        self.policy.call_expiry >= DAYS
    }
}

/// Machines with time synchronisation stay within milliseconds. Half a second is a bad day, and
/// minutes are what a machine has that lost its time server.
fn skew(dice: &Dice) -> Duration {
    dice.pick(&[
        (9, Duration::from_millis(500)),
        (1, Duration::from_secs(180)),
    ])
}

/// Short times, so that a run is minutes of virtual time; only in some runs calls wait for days.
fn policy(dice: &Dice) -> Policy {
    let secs = Duration::from_secs;
    let window = dice.pick(&[
        (3, None),
        (2, Some("09:00-21:00 Asia/Kolkata")),
        (1, Some("20:59-23:00 Asia/Kolkata")),
    ]);
    Policy {
        ring_timeout: secs(8),
        answer_margin: secs(4),
        reconcile_margin: secs(15),
        agent_ready_timeout: secs(6),
        heartbeat_timeout: secs(9),
        max_call_duration: secs(90),
        disconnect_grace: secs(6),
        call_expiry: dice.pick(&[(9, MINUTES), (1, DAYS)]),
        retries_max: 3,
        retry_busy: secs(12),
        retry_no_answer: secs(20),
        retry_unreachable: secs(25),
        retry_agent_unavailable: secs(8),
        retry_connection_lost: secs(10),
        retry_carrier_error: secs(10),
        max_concurrent_calls: u32::try_from(dice.below(3) + 1).unwrap_or(1),
        agent_concurrency: dice.pick(&[(2, None), (1, Some(2))]),
        dials_per_second: dice.pick(&[(2, None), (1, Some(1))]),
        caller: None,
        calling_window: window.map(|text| text.parse().expect("a window")),
        window_override: false,
        dnd_list_max_age: secs(7 * 24 * 3_600),
        reports_outcomes: true,
        post_call_wait: secs(30),
    }
}
