//! What one relay counts and measures, for Prometheus. Labels are words of our own, a few for each name; no
//! call, number or address is among them.

mod audio;
mod call;

pub(crate) use call::{CallMetrics, end_word, failure_word};

use crate::recording::Lost;
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
    core::Collector,
};
use std::sync::Arc;

/// Of what a patient waits for, in seconds: from a twentieth to the longest wait for an agent and more.
const WAITS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 45.0];

/// Of what must not be noticed, in seconds: a frame is 20 ms, a chunk 200.
const DELAYS: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

/// The metrics of one relay.
pub(crate) struct Metrics {
    registry: Registry,
    calls: IntGauge,
    room: IntGauge,
    arrivals: IntGauge,
    unidentified: IntGauge,
    in_service: IntGauge,
    /// Streams admitted.
    pub(crate) admitted: IntCounter,
    refused: IntCounterVec,
    connections_refused: IntCounterVec,
    /// From the stream of a phone that rings to the pick-up.
    pub(crate) ring_to_answer: Histogram,
    unknown: IntCounterVec,
    recording_lost: IntCounterVec,
    /// What is counted in each call.
    pub(crate) call: CallMetrics,
}

/// What is not counted but looked at.
pub(crate) struct Moment {
    pub(crate) calls: usize,
    pub(crate) room: usize,
    pub(crate) arrivals: usize,
    pub(crate) unidentified: usize,
    pub(crate) is_in_service: bool,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let registry = Registry::new();
        let of = &registry;
        Self {
            calls: gauge(
                of,
                "relay_calls",
                "Calls carried, those whose end is being stored, and those at the door that have their place.",
            ),
            room: gauge(
                of,
                "relay_room",
                "Calls that would be taken beside those; 0 while the relay drains.",
            ),
            arrivals: gauge(
                of,
                "relay_connections_waiting",
                "Connections that have asked for nothing yet.",
            ),
            unidentified: gauge(
                of,
                "relay_unidentified_streams",
                "Streams that were upgraded and have not said yet which call they belong to.",
            ),
            in_service: gauge(
                of,
                "relay_in_service",
                "1 while the load balancer is to send streams here, 0 while the relay drains or is replaced.",
            ),
            admitted: counter(
                of,
                "relay_streams_admitted_total",
                "Streams that got the right to the audio of an attempt, those that came back included.",
            ),
            refused: counters(
                of,
                "relay_streams_refused_total",
                "Streams that were not admitted, by the reason: no_room, too_long (path and query), bad_source, bad_token, no_such_call, too_many_tries (of its address, for calls that are not its own), taken (the attempt has a live stream), over (the attempt has ended), store (it failed), silent (it did not say whose it is).",
                "reason",
            ),
            connections_refused: counters(
                of,
                "relay_connections_refused_total",
                "Connections that were closed before they asked for anything, by the reason: pushed_out (too many waited, and it the longest), slow, tls (no handshake), too_large (the head of the request), malformed.",
                "reason",
            ),
            ring_to_answer: histogram(
                of,
                "relay_ring_to_answer_seconds",
                "From the stream of a phone that still rings to the word that somebody picked up. Accounts whose streams open with the pick-up have none.",
                WAITS,
            ),
            unknown: counters(
                of,
                "relay_unknown_messages_total",
                "Messages of either socket that were not understood, by the kind.",
                "kind",
            ),
            recording_lost: counters(
                of,
                "relay_recording_lost_total",
                "What is silence in the recordings of calls because it was lost, by what: piece (20 ms of the callee's or a chunk of the agent's, while the relay stood still), segment (10 s that the storage did not take in time).",
                "what",
            ),
            call: CallMetrics::new(of),
            registry,
        }
    }

    /// All of it in Prometheus' text format, with the state of the moment.
    pub(crate) fn text(&self, moment: Moment) -> String {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.calls.set(count(moment.calls));
        self.room.set(count(moment.room));
        self.arrivals.set(count(moment.arrivals));
        self.unidentified.set(count(moment.unidentified));
        self.in_service.set(i64::from(moment.is_in_service));
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        text.expect("metrics are text")
    }

    /// Counts a stream that was not admitted.
    pub(crate) fn refuse(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Counts a connection that was closed before it asked for anything.
    pub(crate) fn refuse_connection(&self, reason: &'static str) {
        self.connections_refused.with_label_values(&[reason]).inc();
    }

    /// Counts what is lost of recordings.
    pub(crate) fn recording_lost(&self) -> Lost {
        let counters = self.recording_lost.clone();
        Arc::new(move |what| counters.with_label_values(&[what]).inc())
    }

    /// The counter of messages that were not understood.
    pub(crate) fn unknown(&self) -> IntCounterVec {
        self.unknown.clone()
    }
}

/// Registers what [`Metrics`] names once each.
fn kept<C: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> C {
    let collector = made.expect("names and labels are well formed");
    let registered = registry.register(Box::new(collector.clone()));
    registered.expect("no name is taken twice");
    collector
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    kept(registry, IntGauge::new(name, help))
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    kept(registry, IntCounter::new(name, help))
}

fn counters(registry: &Registry, name: &str, help: &str, label: &str) -> IntCounterVec {
    kept(
        registry,
        IntCounterVec::new(Opts::new(name, help), &[label]),
    )
}

fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    kept(registry, Histogram::with_opts(opts))
}
