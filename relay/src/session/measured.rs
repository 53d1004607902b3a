//! When what happened in one call, for the metrics.

use super::Session;
use crate::bridge::End;
use logging::metrics::{AGENT_READY, CALLS_CUT, FIRST_AUDIO, UNDERRUNS};
use tokio::time::Instant;

/// The moments of one call that are measured.
pub(super) struct Moments {
    /// When its stream was admitted, or its phone picked up if the stream came before.
    began: Instant,
    has_agent: bool,
    is_heard: bool,
}

impl Moments {
    pub(super) fn of(began: Instant) -> Self {
        Self {
            began,
            has_agent: false,
            is_heard: false,
        }
    }

    fn ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1_000.0
    }
}

impl Session<'_> {
    /// An agent is ready. What a later one takes tells of the one before, and is not measured.
    pub(super) fn measure_ready(&mut self) {
        if !self.moments.has_agent {
            AGENT_READY.note(self.moments.ms());
        }
        self.moments.has_agent = true;
    }

    /// Audio was handed to the carrier. Before an agent was ready it is a line of our own.
    pub(super) fn measure_played(&mut self) {
        let is_first = self.moments.has_agent && !self.moments.is_heard;
        if is_first && self.stream == 1 {
            FIRST_AUDIO.note(self.moments.ms());
        }
        self.moments.is_heard |= is_first;
    }

    /// The call is left.
    pub(super) fn measure_end(&self, end: End) {
        let underruns = self.bridge.stats().underruns;
        UNDERRUNS.note(f64::from(u32::try_from(underruns).unwrap_or(u32::MAX)));
        match end {
            End::Drained => CALLS_CUT.note_of("drained", 1.0),
            End::LeaseLapsed => CALLS_CUT.note_of("lease_lapsed", 1.0),
            End::HungUpByCallee
            | End::HungUpByAgent
            | End::Transferred
            | End::HungUpByOwner
            | End::AgentUnavailable
            | End::StreamLost
            | End::CallMax => {}
        }
    }
}
