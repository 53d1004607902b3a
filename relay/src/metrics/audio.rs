//! What is counted of the audio of each call, when the call ends.

use super::{counter, counters};
use crate::bridge::Stats;
use prometheus::{IntCounter, IntCounterVec, Registry};

/// What the audio of each call adds to.
pub(super) struct AudioMetrics {
    barge_ins: IntCounter,
    underruns: IntCounter,
    holds: IntCounter,
    streams_lost: IntCounter,
    to_agent: IntCounter,
    silenced: IntCounter,
    to_carrier: IntCounter,
    to_agent_dropped: IntCounterVec,
    to_carrier_dropped: IntCounterVec,
}

impl AudioMetrics {
    pub(super) fn new(of: &Registry) -> Self {
        Self {
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
            holds: counter(
                of,
                "relay_holds_total",
                "Times a callee heard a line of our own because no agent was there to speak; counted when their call ends.",
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
            silenced: counter(
                of,
                "relay_to_agent_silenced_bytes_total",
                "Bytes of caller audio in whose place silence went on, because our own audio might have come back in it; counted when their call ends.",
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
                "Bytes of agent audio that were not played, by the reason: interrupted, stale, cut_off, hold, half_sample, after_end; counted when their call ends.",
                "reason",
            ),
        }
    }

    /// A call is left.
    pub(super) fn left(&self, stats: &Stats) {
        self.barge_ins.inc_by(stats.interruptions);
        self.underruns.inc_by(stats.underruns);
        self.holds.inc_by(stats.holds);
        self.streams_lost.inc_by(stats.streams_lost);
        self.to_agent.inc_by(stats.to_agent_bytes);
        self.silenced.inc_by(stats.silenced_bytes);
        self.to_carrier.inc_by(stats.to_carrier_bytes);
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
            ("hold", dropped.hold),
            ("half_sample", dropped.half_sample),
            ("after_end", dropped.after_end),
        ] {
            let counter = self.to_carrier_dropped.with_label_values(&[reason]);
            counter.inc_by(bytes);
        }
    }
}
