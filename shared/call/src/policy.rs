//! How long a call may wait, when and how often it is tried, and how many may run at once.

use super::{attempt::Outcome, window::CallingWindow};
use crate::{phone::PhoneNumber, time::Timestamp};
use std::time::Duration;

/// The deadlines and retry delays of a call. All are settings; these are the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `dialing`: how long a phone rings (30 s).
    pub ring_timeout: Duration,
    /// From the pick-up to the open audio stream (20 s): the carrier's welcome line, and what its
    /// dial and its reports take. Added to `ring_timeout`, because nobody need report the pick-up.
    pub answer_margin: Duration,
    /// Added to `ring_timeout` while the carrier's reply is missing (60 s): silence is not proof
    /// that nothing rang, so evidence gets longer to arrive.
    pub reconcile_margin: Duration,
    /// `connected`: from the open stream to the agent's first word (10 s).
    pub agent_ready_timeout: Duration,
    /// `active`: without a renewal by the relay (30 s).
    pub heartbeat_timeout: Duration,
    /// `active`: the longest conversation (15 min).
    pub max_call_duration: Duration,
    /// `disconnected`: how long the media may come back (15 s).
    pub disconnect_grace: Duration,
    /// How long a call may wait for its dials when the request names no `expiresAt` (24 h).
    pub call_expiry: Duration,
    /// Re-dials after the first dial (3, so at most four dials).
    pub retries_max: u8,
    /// Wait after a busy line (5 min).
    pub retry_busy: Duration,
    /// Wait after no answer (15 min).
    pub retry_no_answer: Duration,
    /// Wait after a switched-off or unreachable phone (30 min).
    pub retry_unreachable: Duration,
    /// Wait after no agent could be reached (2 min).
    pub retry_agent_unavailable: Duration,
    /// Wait after the media was lost (1 min).
    pub retry_connection_lost: Duration,
    /// Wait after trouble of the carrier's (1 min).
    pub retry_carrier_error: Duration,
    /// Live attempts allowed at once, the carrier plan's channels (10).
    pub max_concurrent_calls: u32,
    /// Conversations that the agents' plan allows at once, if it has a limit.
    pub agent_concurrency: Option<u32>,
    /// Dials begun in one second of the clock, if the carrier wants them paced.
    pub dials_per_second: Option<u32>,
    /// The number that is shown to callees unless a call has another, where phones are rung.
    pub caller: Option<PhoneNumber>,
    /// When phones may ring, for requests that name no window of their own.
    pub calling_window: Option<CallingWindow>,
    /// Whether a request's own window takes the place of that one; else both must be open.
    pub window_override: bool,
    /// How old the list of numbers may be that promotion may not disturb (7 days); without a newer one no
    /// promotional call is dialled.
    pub dnd_list_max_age: Duration,
    /// Whether every outcome is also reported to the operator's own webhook.
    pub reports_outcomes: bool,
    /// From the end of a conversation until its post-call report, if it has not come by
    /// itself, is asked for (5 min).
    pub post_call_wait: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ring_timeout: Duration::from_secs(30),
            answer_margin: Duration::from_secs(20),
            reconcile_margin: Duration::from_secs(60),
            agent_ready_timeout: Duration::from_secs(10),
            heartbeat_timeout: Duration::from_secs(30),
            max_call_duration: Duration::from_mins(15),
            disconnect_grace: Duration::from_secs(15),
            call_expiry: Duration::from_hours(24),
            retries_max: 3,
            retry_busy: Duration::from_mins(5),
            retry_no_answer: Duration::from_mins(15),
            retry_unreachable: Duration::from_mins(30),
            retry_agent_unavailable: Duration::from_mins(2),
            retry_connection_lost: Duration::from_mins(1),
            retry_carrier_error: Duration::from_mins(1),
            max_concurrent_calls: 10,
            agent_concurrency: None,
            dials_per_second: None,
            caller: None,
            calling_window: None,
            window_override: false,
            dnd_list_max_age: Duration::from_hours(7 * 24),
            reports_outcomes: false,
            post_call_wait: Duration::from_mins(5),
        }
    }
}

/// First wait before a dial that proved not to have been sent goes out again.
const RESEND_BASE: Duration = Duration::from_secs(5);

/// Longest wait before it goes out again; the call's expiry bounds the whole.
const RESEND_MAX: Duration = Duration::from_mins(5);

/// How soon an intent whose dial request never left is given to a dialer again. The process
/// that stored the intent normally sends within milliseconds.
pub const DISPATCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Most attempts of one call, whatever callbacks are agreed (60): each round of retries ends, and each
/// callback takes a conversation.
pub const ATTEMPTS_BOUND: u8 = 60;

/// How soon after a conversation an agreed callback may ring (10 s), though its moment be over: whoever
/// carries the conversation must have left the line.
pub const CALLBACK_PAUSE: Duration = Duration::from_secs(10);

/// How long the right to send a dial holds (5 s). A process that was frozen between taking it and
/// sending must not ring a phone at a time for which nobody checked anything.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the carrier's call log may take to tell about an attempt whose reply was lost (20 s).
pub const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(20);

/// Openings looked at until two windows are open at once: each round passes at least one of them,
/// a day has two, and a change of the clocks can swallow those of a day.
const OPENINGS_MAX: u32 = 8;

impl Policy {
    /// The wait before the next attempt, or `None` if such an outcome is never dialled again.
    #[must_use]
    pub fn retry_delay(&self, outcome: Outcome) -> Option<Duration> {
        match outcome {
            Outcome::Busy => Some(self.retry_busy),
            Outcome::NoAnswer => Some(self.retry_no_answer),
            Outcome::Unreachable => Some(self.retry_unreachable),
            Outcome::AgentUnavailable => Some(self.retry_agent_unavailable),
            Outcome::ConnectionLost => Some(self.retry_connection_lost),
            Outcome::CarrierError => Some(self.retry_carrier_error),
            Outcome::Answered
            | Outcome::CallbackAgreed
            | Outcome::Refused(_)
            | Outcome::Cancelled
            | Outcome::NotDialled => None,
        }
    }

    /// The wait before a dial that was not sent goes out again: the carrier's own word if it
    /// gave one, else doubling from 5 s; never more than 5 min.
    #[must_use]
    pub fn resend_delay(&self, not_sent: u32, retry_after: Option<Duration>) -> Duration {
        let doubled = RESEND_BASE.saturating_mul(1 << not_sent.saturating_sub(1).min(6));
        retry_after.unwrap_or(doubled).min(RESEND_MAX)
    }

    /// The first moment from `from` on at which a phone may ring, by the window that the request
    /// asked for and by the policy's own, which a request can only narrow unless it may override
    /// it; `None` if they are never open at once.
    #[must_use]
    pub fn next_open(&self, asked: Option<&CallingWindow>, from: Timestamp) -> Option<Timestamp> {
        let is_replaced = self.window_override && asked.is_some();
        let own = self.calling_window.as_ref().filter(|_| !is_replaced);
        let mut at = from;
        for _ in 0..OPENINGS_MAX {
            let mut next = at;
            for window in [asked, own].into_iter().flatten() {
                next = window.next_open(next)?;
            }
            if next == at {
                return Some(at);
            }
            at = next;
        }
        None
    }

    /// Live attempts allowed at once, by whichever plan allows fewer.
    #[must_use]
    pub fn channels(&self) -> u32 {
        self.agent_concurrency
            .unwrap_or(u32::MAX)
            .min(self.max_concurrent_calls)
    }

    /// Dials allowed for one wish to talk: the first, or that of an agreed callback, and its retries.
    #[must_use]
    pub fn attempts_max(&self) -> u8 {
        self.retries_max.saturating_add(1)
    }
}
