//! Deadlines that run beside the script: pings, silence, the longest call.

use std::time::Duration;

use tokio::time::Instant;

use super::super::behaviour::{Behaviour, Failure};
use super::super::record::keep;
use super::super::timing::Timing;
use super::super::wire::{self, Invalid};
use super::{Conversation, Cx};

/// Shortest time between two pings, so that a zero in a setting is no endless loop.
const PING_EVERY_MIN: Duration = Duration::from_millis(10);

/// Deadlines that run beside the script.
pub(super) struct Timers {
    /// Client data must have come: close 1008.
    pub(super) client_data: Option<Instant>,
    /// The next ping is due.
    pub(super) ping: Option<Instant>,
    /// Ping under way: id and when it was sent.
    pub(super) pinged: Option<(u64, Instant)>,
    /// User audio must have come: `transport_receive_timeout`.
    pub(super) no_input: Option<Instant>,
    /// Longest conversation: `max_duration_exceeded`.
    pub(super) max_duration: Option<Instant>,
    /// A demanded failure is due.
    pub(super) failure: Option<Instant>,
    /// Round trip of the last ping.
    pub(super) ping_ms: Option<u64>,
    pub(super) next_ping_id: u64,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            client_data: None,
            ping: None,
            pinged: None,
            no_input: None,
            max_duration: None,
            failure: None,
            ping_ms: None,
            next_ping_id: 1,
        }
    }
}

impl Timers {
    /// The earliest of them.
    pub(super) fn due(&self, timing: &Timing) -> Option<Instant> {
        let pong = self.pong(timing);
        let all = [
            self.client_data,
            self.ping,
            pong,
            self.no_input,
            self.max_duration,
            self.failure,
        ];
        all.into_iter().flatten().min()
    }

    /// When the ping under way must have been answered.
    fn pong(&self, timing: &Timing) -> Option<Instant> {
        self.pinged.map(|(_, at)| at + timing.pong_within)
    }
}

impl Conversation {
    /// Handles one due timer beside the script; false when none of them was due.
    pub(super) fn drive_timers(&mut self, cx: &mut Cx<'_>) -> bool {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= cx.now);
        let pong = self.timers.pong(&self.script.timing);

        if is_due(self.timers.client_data) {
            let reason = "no client data".to_owned();
            self.refuse(Invalid::new("missing_fields", reason), cx);
        } else if is_due(self.timers.failure) {
            self.timers.failure = None;
            if let Behaviour::FailAfter(_, failure) = self.behaviour.clone() {
                self.fail(failure, cx);
            }
        } else if is_due(self.timers.max_duration) {
            self.fail(Failure::error(1000, "max_duration_exceeded"), cx);
        } else if is_due(self.timers.no_input) {
            self.fail(Failure::error(1002, "transport_receive_timeout"), cx);
        } else if is_due(pong) {
            cx.record
                .violations
                .push("a ping was not answered in time".to_owned());
            self.fail(Failure::error(1002, "asyncio_timeout"), cx);
        } else if is_due(self.timers.ping) {
            self.send_ping(cx);
        } else {
            return false;
        }
        true
    }

    fn send_ping(&mut self, cx: &mut Cx<'_>) {
        self.timers.ping = Some(cx.now + self.script.timing.ping_every.max(PING_EVERY_MIN));
        if self.timers.pinged.is_some() {
            return;
        }
        let id = self.timers.next_ping_id;
        self.timers.next_ping_id += 1;
        self.timers.pinged = Some((id, cx.now));
        self.send(wire::ping(id, self.timers.ping_ms), cx);
    }

    pub(super) fn take_pong(&mut self, event_id: u64, cx: &mut Cx<'_>) {
        keep(&mut cx.record.pongs, event_id);
        match self.timers.pinged {
            Some((id, at)) if id == event_id => {
                self.timers.pinged = None;
                self.timers.ping_ms = Some((cx.now - at).as_millis() as u64);
            }
            Some(_) | None => {
                let breach = format!("pong {event_id} answers no ping under way");
                keep(&mut cx.record.violations, breach);
            }
        }
    }
}
