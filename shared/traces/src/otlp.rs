//! A span, as OpenTelemetry's SDK has it.

use crate::span::{Kind, Span, Value};
use call::time::Timestamp;
use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Who says what spans say.
const SCOPE: &str = "outbound-call";

/// A span that ended at this moment; clocks that differ do not let it end before it began.
pub(crate) fn data(span: Span, ended: Timestamp) -> SpanData {
    let flags = TraceFlags::default().with_sampled(span.context.is_sampled);
    let (trace, own) = (span.context.trace, span.context.span);
    SpanData {
        span_context: SpanContext::new(
            TraceId::from_bytes(trace.0),
            SpanId::from_bytes(own.0),
            flags,
            false,
            TraceState::NONE,
        ),
        parent_span_id: span
            .parent
            .map_or(SpanId::INVALID, |parent| SpanId::from_bytes(parent.0)),
        parent_span_is_remote: false,
        span_kind: kind(span.kind),
        name: span.name.into(),
        start_time: moment(span.began),
        end_time: moment(ended.max(span.began)),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: span.fault.map_or(Status::Unset, Status::error),
        instrumentation_scope: InstrumentationScope::builder(SCOPE).build(),
        attributes: attributes(span),
    }
}

fn attributes(span: Span) -> Vec<KeyValue> {
    let session = KeyValue::new("call.session_id", span.call.to_string());
    let fault = span.fault.map(|word| KeyValue::new("error.type", word));
    let said = span.said.into_iter().map(|(name, value)| match value {
        Value::Word(word) => KeyValue::new(name, word),
        Value::Number(number) => KeyValue::new(name, number),
    });
    std::iter::once(session).chain(fault).chain(said).collect()
}

fn kind(kind: Kind) -> SpanKind {
    match kind {
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
    }
}

fn moment(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.as_millis()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_millis(millis)
}
