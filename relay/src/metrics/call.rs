//! What is counted and measured in each call.

use super::{DELAYS, WAITS, counter, counters, histogram};
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
    barge_ins: IntCounter,
    underruns: IntCounter,
    streams_lost: IntCounter,
    to_agent: IntCounter,
    to_carrier: IntCounter,
    to_agent_dropped: IntCounterVec,
    to_carrier_dropped: IntCounterVec,
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
                "Tries to store something of a call that failed and were repeated, by what: heartbeat, event, turn.",
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
            barge_ins: counter(
                of,
                "relay_barge_ins_total",
                "Interruptions that took effect; counted when their call ends.",
            ),
            underruns: counter(
                of,
                "relay_underruns_total",
                "Times the carrier ran dry within one reply of the agent, by our clock; counted when their call ends.",
            ),
            streams_lost: counter(
                of,
                "relay_streams_lost_total",
                "Times a call lost its carrier stream, for good or not; counted when their call ends.",
            ),
            to_agent: counter(
                of,
                "relay_to_agent_bytes_total",
                "Bytes of caller audio passed on to agents, as the carrier sent it; counted when their call ends.",
            ),
            to_carrier: counter(
                of,
                "relay_to_carrier_bytes_total",
                "Bytes of agent audio handed out for the carrier, at its rate; counted when their call ends.",
            ),
            to_agent_dropped: counters(
                of,
                "relay_to_agent_dropped_bytes_total",
                "Bytes of caller audio that no agent heard, by the reason: backlog, half_sample, after_end; counted when their call ends.",
                "reason",
            ),
            to_carrier_dropped: counters(
                of,
                "relay_to_carrier_dropped_bytes_total",
                "Bytes of agent audio that were not played, by the reason: interrupted, stale, cut_off, half_sample, after_end; counted when their call ends.",
                "reason",
            ),
            turns_dropped: counter(
                of,
                "relay_turns_dropped_total",
                "Turns of transcripts that were dropped because too many waited; counted when their call ends.",
            ),
        }
    }

    /// An agent's socket is gone.
    pub(crate) fn agent_closed(&self, failure: AgentFailure) {
        let reason = match failure {
            AgentFailure::Ended => "ended",
            AgentFailure::Refused => "refused",
            AgentFailure::OutOfQuota => "out_of_quota",
            AgentFailure::Busy => "busy",
            AgentFailure::Transient => "transient",
        };
        self.agents_closed.with_label_values(&[reason]).inc();
    }

    /// Counts what the store did not take.
    pub(crate) fn failed(&self) -> Failed {
        let counters = self.store_failures.clone();
        Arc::new(move |what| counters.with_label_values(&[what]).inc())
    }

    /// A call is left.
    pub(crate) fn left(&self, end: End, stats: &Stats, turns_dropped: u64) {
        self.ended.with_label_values(&[reason(end)]).inc();
        self.barge_ins.inc_by(stats.interruptions);
        self.underruns.inc_by(stats.underruns);
        self.streams_lost.inc_by(stats.streams_lost);
        self.to_agent.inc_by(stats.to_agent_bytes);
        self.to_carrier.inc_by(stats.to_carrier_bytes);
        self.turns_dropped.inc_by(turns_dropped);
        let dropped = &stats.to_agent_dropped;
        for (reason, bytes) in [
            ("backlog", dropped.backlog),
            ("half_sample", dropped.half_sample),
            ("after_end", dropped.after_end),
        ] {
            let counter = self.to_agent_dropped.with_label_values(&[reason]);
            counter.inc_by(bytes);
        }
        let dropped = &stats.to_carrier_dropped;
        for (reason, bytes) in [
            ("interrupted", dropped.interrupted),
            ("stale", dropped.stale),
            ("cut_off", dropped.cut_off),
            ("half_sample", dropped.half_sample),
            ("after_end", dropped.after_end),
        ] {
            let counter = self.to_carrier_dropped.with_label_values(&[reason]);
            counter.inc_by(bytes);
        }
    }
}

const fn reason(end: End) -> &'static str {
    match end {
        End::HungUpByCallee => "hung_up_by_callee",
        End::HungUpByAgent => "hung_up_by_agent",
        End::Transferred => "transferred",
        End::HungUpByOwner => "over_elsewhere",
        End::AgentUnavailable => "agent_unavailable",
        End::StreamLost => "stream_lost",
        End::CallMax => "longest_duration",
        End::LeaseLapsed => "lease_lapsed",
        End::Drained => "drained",
    }
}
