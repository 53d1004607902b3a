//! Metrics as CloudWatch reads them from a log: one line of JSON for each value, in the
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

use super::{TARGET, noted::Value};
use serde_json::{Map, json};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::{Event, Subscriber};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context};

/// Writes each value that is noted as a line.
#[derive(Debug)]
pub struct Emf<W> {
    namespace: String,
    writer: W,
}

impl<W> Emf<W> {
    /// Writes metrics of this namespace to a log that CloudWatch reads.
    #[must_use]
    pub const fn new(namespace: String, writer: W) -> Self {
        Self { namespace, writer }
    }
}

impl<S: Subscriber, W: for<'w> MakeWriter<'w> + 'static> Layer<S> for Emf<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut line = document(&self.namespace, &Value::of(event), now_ms());
        line.push('\n');
        // In one piece, so that lines of several threads do not mix. A log that is gone takes nothing.
        let _ = self.writer.make_writer().write_all(line.as_bytes());
    }
}

/// The whole without a dimension, and the part with one.
fn document(namespace: &str, value: &Value, now_ms: u64) -> String {
    let part = value.part.as_ref();
    let dimensions = part.map_or_else(|| json!([[]]), |(by, _)| json!([[], [by]]));
    let mut line = Map::new();
    let directive = json!({
        "Namespace": namespace,
        "Dimensions": dimensions,
        "Metrics": [{ "Name": value.metric, "Unit": value.unit }],
    });
    let about = json!({ "Timestamp": now_ms, "CloudWatchMetrics": [directive] });
    line.insert("_aws".to_owned(), about);
    line.insert(value.metric.clone(), value.value.into());
    if let Some((by, part)) = part {
        line.insert(by.clone(), part.as_str().into());
    }
    serde_json::Value::Object(line).to_string()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the moment of a log line, which decides nothing"
)]
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Lines,
        metrics::{AGENT_UNAVAILABLE, CHANNEL_DRIFT},
    };
    use tracing_subscriber::layer::SubscriberExt;

    fn written(work: impl FnOnce()) -> Vec<serde_json::Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let emf = Emf::new("calls".to_owned(), move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(emf), work);
        let lines = lines.text();
        let lines = lines.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_value_is_one_document_with_the_metric_at_its_root() {
        let lines = written(|| {
            tracing::error!("no metric");
            CHANNEL_DRIFT.note(2.0);
            AGENT_UNAVAILABLE.note_of("quota", 1.0);
        });
        let directive = |line: &serde_json::Value| line["_aws"]["CloudWatchMetrics"][0].clone();
        let [drift, agent] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert!(drift["_aws"]["Timestamp"].as_u64() > Some(1_700_000_000_000));
        let expected = json!({ "Namespace": "calls", "Dimensions": [[]], "Metrics": [{ "Name": "ChannelDrift", "Unit": "Count" }] });
        assert_eq!(
            (directive(drift), &drift["ChannelDrift"]),
            (expected, &json!(2.0))
        );
        let expected = json!({ "Namespace": "calls", "Dimensions": [[], ["Fault"]], "Metrics": [{ "Name": "AgentUnavailable", "Unit": "Count" }] });
        assert_eq!(directive(agent), expected);
        assert_eq!(
            (&agent["AgentUnavailable"], &agent["Fault"]),
            (&json!(1.0), &json!("quota"))
        );
    }
}
