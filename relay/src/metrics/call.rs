//! What is counted and measured in each call.

use super::{DELAYS, WAITS, audio::AudioMetrics, counter, counters, histogram};
use crate::{
    bridge::{End, Stats},
    recorder::Failed,
};
use elevenlabs::message::AgentFailure;
use prometheus::{Histogram, IntCounter, IntCounterVec, Registry};
use std::sync::Arc;

/// What each call adds to.
pub(crate) struct CallMetrics {
    ended: IntCounterVec,
    agents_closed: IntCounterVec,
    store_failures: IntCounterVec,
    /// From the stream to the readiness of its first agent.
    pub(crate) agent_ready: Histogram,
    /// From the attempt's first stream to the first agent audio.
    pub(crate) first_audio: Histogram,
    /// From an interruption to the word to the carrier.
    pub(crate) barge_in: Histogram,
    /// From the moment a chunk was due to the moment it was handed over.
    pub(crate) lateness: Histogram,
    /// Sockets that were given up because their peer took nothing.
    stalled: IntCounterVec,
    audio: AudioMetrics,
    turns_dropped: IntCounter,
}

impl CallMetrics {
    pub(super) fn new(of: &Registry) -> Self {
        Self {
            ended: counters(
                of,
                "relay_calls_ended_total",
                "Calls that this relay left, by who or what ended them.",
                "reason",
            ),
            agents_closed: counters(
                of,
                "relay_agent_closings_total",
                "Agent sockets that closed or did not open, by what that means: ended (as it should), refused, out_of_quota, busy, transient.",
                "reason",
            ),
            store_failures: counters(
                of,
                "relay_store_failures_total",
                "Tries to store something of a call that failed and were repeated, by what: heartbeat, event, turn, audio (a report about it).",
                "what",
            ),
            agent_ready: histogram(
                of,
                "relay_agent_ready_seconds",
                "From the admission of a stream, or from the pick-up if the stream came before, to the readiness of its first agent.",
                WAITS,
            ),
            first_audio: histogram(
                of,
                "relay_first_audio_seconds",
                "From the admission of an attempt's first stream, or from the pick-up if the stream came before, to the first agent audio handed to the carrier.",
                WAITS,
            ),
            barge_in: histogram(
                of,
                "relay_barge_in_seconds",
                "From reading the agent's interruption to handing killAudio to the carrier's socket, where the carrier may still have been playing.",
                DELAYS,
            ),
            lateness: histogram(
                of,
                "relay_playout_lateness_seconds",
                "From the moment a chunk of agent speech that waited for its time was due to the moment it was handed to the carrier's socket.",
                DELAYS,
            ),
            stalled: counters(
                of,
                "relay_stalled_sockets_total",
                "Sockets that were given up because their peer took less than it was sent for 2 s, by whose: carrier, agent.",
                "of",
            ),
            audio: AudioMetrics::new(of),
            turns_dropped: counter(
                of,
                "relay_turns_dropped_total",
                "Turns of transcripts that were dropped because too many waited; counted when their call ends.",
            ),
        }
    }

    /// An agent's socket is gone.
    pub(crate) fn agent_closed(&self, failure: AgentFailure) {
        let reason = failure_word(failure);
        self.agents_closed.with_label_values(&[reason]).inc();
    }

    /// A peer took nothing for too long; `of` says which.
    pub(crate) fn stalled(&self, of: &'static str) {
        self.stalled.with_label_values(&[of]).inc();
    }

    /// Counts what the store did not take.
    pub(crate) fn failed(&self) -> Failed {
        let counters = self.store_failures.clone();
        Arc::new(move |what| counters.with_label_values(&[what]).inc())
    }

    /// A call is left.
    pub(crate) fn left(&self, end: End, stats: &Stats, turns_dropped: u64) {
        self.ended.with_label_values(&[end_word(end)]).inc();
        self.audio.left(stats);
        self.turns_dropped.inc_by(turns_dropped);
    }
}

/// What became of an agent's socket, in a word.
pub(crate) const fn failure_word(failure: AgentFailure) -> &'static str {
    match failure {
        AgentFailure::Ended => "ended",
        AgentFailure::Refused => "refused",
        AgentFailure::OutOfQuota => "out_of_quota",
        AgentFailure::Busy => "busy",
        AgentFailure::Transient => "transient",
    }
}

/// By whom or what a call was left, in a word.
pub(crate) const fn end_word(end: End) -> &'static str {
    match end {
        End::HungUpByCallee => "hung_up_by_callee",
        End::HungUpByAgent => "hung_up_by_agent",
        End::Transferred => "transferred",
        End::HungUpByOwner => "over_elsewhere",
        End::AgentUnavailable => "agent_unavailable",
        End::StreamLost => "stream_lost",
        End::CallMax => "longest_duration",
        End::CalleeSilent => "callee_silent",
        End::LeaseLapsed => "lease_lapsed",
        End::Drained => "drained",
    }
}
