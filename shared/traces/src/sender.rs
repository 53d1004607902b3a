//! Sending spans to the collector, over HTTP with protobuf.

use crate::{client::Collector, config::StartError};
use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkError,
    trace::{SpanData, SpanExporter as _},
};
use std::time::Duration;

/// How long the collector may take to take a batch (5 s); then it is lost.
const SEND_MAX: Duration = Duration::from_secs(5);

/// What all services of this system are.
const NAMESPACE: &str = "outbound-call";

/// Sends batches in the name of one service.
pub(crate) struct Sender(SpanExporter);

impl Sender {
    pub(crate) fn new(endpoint: &str, service: &'static str) -> Result<Self, StartError> {
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new(SEND_MAX)?)
            // Between two tries it would put the thread to sleep.
            .with_retry_policy(RetryPolicy::disabled())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_timeout(SEND_MAX)
            .build()?;
        let version = env!("CARGO_PKG_VERSION");
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.namespace", NAMESPACE))
            .with_attribute(KeyValue::new("service.version", version));
        exporter.set_resource(&resource.build());
        Ok(Self(exporter))
    }

    /// Sends a batch, once.
    pub(crate) async fn send(&self, batch: Vec<SpanData>) -> Result<(), OTelSdkError> {
        self.0.export(batch).await
    }
}
