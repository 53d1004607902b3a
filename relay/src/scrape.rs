//! `GET /metrics`, on a listener of its own: the one for streams is open to the internet.

use crate::{metrics::Moment, relay::Relay};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::sleep};

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause after a connection that could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(250);

impl Relay {
    /// Serves `GET /metrics` for Prometheus on this listener, which strangers must not reach, until the
    /// relay ends.
    pub fn serve_metrics(self: &Arc<Self>, listener: TcpListener) {
        self.tasks.serve(accept(self.clone(), listener));
    }

    fn metrics_text(&self) -> String {
        let (calls, is_in_service) = (self.live_calls(), self.is_in_service());
        let room = self.config.calls_max - calls;
        self.metrics.text(Moment {
            calls,
            room: if is_in_service { room } else { 0 },
            arrivals: self.arrivals.len(),
            unidentified: self.unidentified.len(),
            is_in_service,
        })
    }

    fn answer_metrics(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let is_asked = request.method() == Method::GET && request.uri().path() == "/metrics";
        let mut reply = Response::new(Full::default());
        if is_asked {
            *reply.body_mut() = Full::from(self.metrics_text());
            let kind = http::HeaderValue::from_static(prometheus::TEXT_FORMAT);
            reply.headers_mut().insert(header::CONTENT_TYPE, kind);
        } else {
            *reply.status_mut() = StatusCode::NOT_FOUND;
        }
        reply
    }
}

async fn accept(relay: Arc<Relay>, listener: TcpListener) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let answering = relay.clone();
        let service = service_fn(move |request| {
            let reply = answering.answer_metrics(&request);
            async move { Ok::<_, Infallible>(reply) }
        });
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .serve_connection(TokioIo::new(socket), service);
        relay.tasks.serve(async move {
            // A client that breaks off has what it wanted, or asks again.
            let _ = served.await;
        });
    }
}
