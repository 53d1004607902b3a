//! A collector of traces: takes OTLP over HTTP as its specification says, and keeps what it reads, or is in trouble.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::stream;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span as Told, span::SpanKind, status::StatusCode as Outcome},
};
use prost::Message;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};
use traces::{Traces, TracesConfig};

/// How a collector takes what it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    /// 500, with a word.
    Fails,
    /// Never answers.
    Silent,
    /// Says 200 and goes on without an end.
    Endless,
}

/// A span as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    /// Empty without one.
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) began: u64,
    pub(crate) ended: u64,
    pub(crate) said: BTreeMap<String, String>,
    pub(crate) has_failed: bool,
}

#[derive(Default)]
struct Taken {
    spans: Vec<Span>,
    bodies: Vec<Bytes>,
}

struct Shared {
    mood: Mood,
    taken: Mutex<Taken>,
}

/// A running collector; it ends with its owner.
pub(crate) struct Collector {
    pub(crate) url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Collector {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Mutex::default();
        let shared = Arc::new(Shared { mood, taken });
        let router = Router::new().route("/v1/traces", post(take));
        let router = router.with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            shared,
            server,
        }
    }

    /// Who tells this collector.
    pub(crate) fn told_by(&self, service: &'static str) -> Traces {
        let endpoint = Some(self.url.clone());
        Traces::start(TracesConfig { endpoint }, service).unwrap()
    }

    /// The names of everything so far, in order of time.
    pub(crate) fn names(&self) -> Vec<String> {
        let spans = self.spans().into_iter();
        spans.map(|span| span.name).collect()
    }

    /// Everything so far, in order of time.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans = self.shared.taken.lock().unwrap().spans.clone();
        spans.sort_by_key(|span| (span.began, span.ended));
        spans
    }

    /// Every byte that came in bodies.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.shared.taken.lock().unwrap().bodies.concat()
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.taken.lock().unwrap().bodies.len()
    }

    /// Waits until the spans are as they should be.
    pub(crate) async fn until(&self, is_so: impl Fn(&[Span]) -> bool) -> Vec<Span> {
        for _ in 0..400 {
            let spans = self.spans();
            if is_so(&spans) {
                return spans;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("still {:#?}", self.spans())
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.taken.lock().unwrap().bodies.push(body.clone());
    match shared.mood {
        Mood::Takes => {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            shared.taken.lock().unwrap().spans.extend(read(request));
            let answer = [("content-type", "application/x-protobuf")];
            answer.into_response()
        }
        Mood::Fails => (StatusCode::INTERNAL_SERVER_ERROR, "no").into_response(),
        Mood::Silent => std::future::pending().await,
        Mood::Endless => {
            let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b'a'; 16 * 1024]));
            Body::from_stream(stream::repeat_with(chunk)).into_response()
        }
    }
}

fn read(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let of = said(resource.resource.unwrap().attributes);
        assert_eq!(of["service.namespace"], "outbound-call");
        for scope in resource.scope_spans {
            let told = scope.spans.into_iter();
            spans.extend(told.map(|told| span_of(&of["service.name"], told)));
        }
    }
    spans
}

fn span_of(service: &str, told: Told) -> Span {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    Span {
        service: service.to_owned(),
        trace: hex(&told.trace_id),
        id: hex(&told.span_id),
        parent: hex(&told.parent_span_id),
        kind: told.kind(),
        began: told.start_time_unix_nano,
        ended: told.end_time_unix_nano,
        said: said(told.attributes),
        has_failed: told.status.is_some_and(|s| s.code() == Outcome::Error),
        name: told.name,
    }
}

fn said(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Value| {
        if let Value::StringValue(text) = value {
            return text;
        }
        let Value::IntValue(number) = value else {
            panic!("neither word nor number: {value:?}");
        };
        number.to_string()
    };
    let pairs = attributes.into_iter();
    pairs
        .map(|pair| (pair.key, text(pair.value.unwrap().value.unwrap())))
        .collect()
}
