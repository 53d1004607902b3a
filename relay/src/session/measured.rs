//! When what happened in one call, for the metrics.

use super::Session;
use crate::{
    bridge::{End, Stats, Timer},
    relay::Relay,
};
use logging::metrics::{AGENT_READY, CALLS_CUT, FIRST_AUDIO, UNDERRUNS};
use std::time::Duration;
use tokio::time::Instant;

/// The moments of one call that are measured.
pub(super) struct Moments {
    /// When its stream was admitted, or its phone picked up if the stream came before.
    began: Instant,
    has_agent: bool,
    is_heard: bool,
    /// When the chunk that waits is due.
    due: Option<Instant>,
    /// When the agent said that it is interrupted, unless that is over.
    interrupted: Option<Instant>,
}

impl Moments {
    pub(super) fn of(began: Instant) -> Self {
        Self {
            began,
            has_agent: false,
            is_heard: false,
            due: None,
            interrupted: None,
        }
    }

    /// The session waits for what comes first, this at the latest.
    pub(super) fn wait_for(&mut self, next: Option<(std::time::Instant, Timer)>) {
        let chunk = next.filter(|(_, timer)| *timer == Timer::Playout);
        self.due = chunk.map(|(at, _)| at.into());
        self.interrupted = None;
    }

    pub(super) fn interrupted(&mut self) {
        self.interrupted = Some(Instant::now());
    }
}

impl Session<'_> {
    /// An agent is ready. What a later one takes tells of the one before, and is not measured.
    pub(super) fn measure_ready(&mut self) {
        if !self.moments.has_agent {
            let took = self.moments.began.elapsed();
            AGENT_READY.note(ms(took));
            let metrics = &self.relay.metrics.call;
            metrics.agent_ready.observe(took.as_secs_f64());
        }
        self.moments.has_agent = true;
    }

    /// Audio was handed to the carrier. Before an agent spoke it is a line of our own.
    pub(super) fn measure_played(&mut self) {
        let metrics = &self.relay.metrics.call;
        // A chunk that is sent before its time made no timer necessary.
        if let Some(late) = self.moments.due.take().and_then(since) {
            metrics.lateness.observe(late.as_secs_f64());
        }
        let is_first = !self.moments.is_heard && self.bridge.stats().agent_pieces > 0;
        if is_first && self.stream == 1 {
            let took = self.moments.began.elapsed();
            FIRST_AUDIO.note(ms(took));
            metrics.first_audio.observe(took.as_secs_f64());
        }
        self.moments.is_heard |= is_first;
    }

    /// The carrier was told to stop what it plays.
    pub(super) fn measure_killed(&mut self) {
        if let Some(took) = self.moments.interrupted.take().and_then(since) {
            let metrics = &self.relay.metrics.call;
            metrics.barge_in.observe(took.as_secs_f64());
        }
    }
}

/// A call is left.
pub(super) fn measure_end(relay: &Relay, end: End, stats: &Stats, turns_dropped: u64) {
    relay.metrics.call.left(end, stats, turns_dropped);
    UNDERRUNS.note(f64::from(
        u32::try_from(stats.underruns).unwrap_or(u32::MAX),
    ));
    match end {
        End::Drained => CALLS_CUT.note_of("drained", 1.0),
        End::LeaseLapsed => CALLS_CUT.note_of("lease_lapsed", 1.0),
        End::HungUpByCallee
        | End::HungUpByAgent
        | End::Transferred
        | End::HungUpByOwner
        | End::AgentUnavailable
        | End::StreamLost
        | End::CallMax
        | End::CalleeSilent => {}
    }
}

fn since(moment: Instant) -> Option<Duration> {
    Instant::now().checked_duration_since(moment)
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}
