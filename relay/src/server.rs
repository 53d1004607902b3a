//! Accepts connections: health checks and the carrier's audio streams.

mod door;
mod identify;
mod listener;

pub use listener::{ListenError, Listener};

use crate::{
    arrivals::Arrival,
    carrier_leg::Socket,
    defaults::{HEAD_MAX_BYTES, HEAD_TIMEOUT, HEADERS_MAX},
    ecs::Ecs,
    fleet::keep_company,
    load::tell_load,
    prepare::prepare_calls,
    protection::protect_calls,
    relay::Relay,
    watch::watch_calls,
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use listener::Handshake;
use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use traces::LAST_FLUSH_MAX;

/// Pause after a connection that could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(250);

/// How long calls that a shutdown cuts may take to tell their callees, hang up and store it.
pub const LEAVE_MAX: Duration = Duration::from_secs(20);

/// Where the load balancer asks whether new streams are to come here.
pub const IN_SERVICE_PATH: &str = "/in-service";

type Reply = Response<Full<Bytes>>;

/// Serves until `shutdown`, then refuses new streams and waits for the running calls to end, at
/// most [`drain_timeout`](crate::config::RelayConfig::drain_timeout); who still talks then is told
/// and hung up on, within [`LEAVE_MAX`]. Returns how many calls were cut.
pub async fn serve(
    listener: impl Into<Listener>,
    relay: Arc<Relay>,
    shutdown: impl Future<Output = ()>,
) -> usize {
    let tasks = &relay.tasks;
    let _ends = tasks.end_on_drop();
    let (tcp, handshake) = listener.into().open(tasks);
    tasks.serve(accept(tcp, handshake, relay.clone()));
    tasks.serve(watch_calls(relay.clone()));
    tasks.serve(prepare_calls(relay.clone()));
    tasks.serve(tell_load(relay.clone()));
    if let Some(ecs) = relay.config.ecs.clone().map(Ecs::new) {
        tasks.serve(keep_company(relay.clone(), ecs.clone()));
        tasks.serve(protect_calls(relay.clone(), ecs));
    }
    shutdown.await;
    tracing::info!(calls = relay.live_calls(), "draining");
    let is_drained = tasks.drain(relay.config.drain_timeout).await;
    let cut = if is_drained { 0 } else { relay.live_calls() };
    if !tasks.leave(LEAVE_MAX).await {
        tracing::error!(calls = relay.live_calls(), "left without storing the end");
    }
    tasks.end().await;
    relay.calls.traces.flush(LAST_FLUSH_MAX).await;
    cut
}

async fn accept(listener: TcpListener, handshake: Handshake, relay: Arc<Relay>) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let until = Instant::now() + HEAD_TIMEOUT;
                let arrival = Arc::new(relay.arrivals.enter(peer.ip()));
                let shaken = handshake.clone().shake(socket, until);
                let relay_of = relay.clone();
                relay.tasks.serve(async move {
                    let served = connection(shaken, until, peer, arrival.clone(), &relay_of);
                    let refused = tokio::select! {
                        refused = served => refused,
                        () = arrival.pushed_out() => Some("pushed_out"),
                    };
                    if let Some(reason) = refused {
                        relay_of.metrics.refuse_connection(reason);
                    }
                });
            }
            Err(error) => {
                tracing::error!(%error, "cannot accept");
                sleep(ACCEPT_AGAIN).await; // Out of file descriptors: some will be freed.
            }
        }
    }
}

/// Serves the one request of a connection ([`plain`] closes it); says why if none was made.
async fn connection(
    shaken: impl Future<Output = io::Result<Socket>>,
    until: Instant,
    peer: SocketAddr,
    arrival: Arc<Arrival>,
    relay: &Arc<Relay>,
) -> Option<&'static str> {
    let Ok(socket) = shaken.await else {
        return Some("tls");
    };
    let service = service_fn(move |request| {
        arrival.has_asked();
        let relay = relay.clone();
        async move { Ok::<_, Infallible>(relay.answer(request, peer).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(until.saturating_duration_since(Instant::now()))
        .max_buf_size(HEAD_MAX_BYTES)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades()
        .await;
    served.err().and_then(|error| why(&error))
}

/// Why a connection was ended; nothing if its client broke it off.
fn why(error: &hyper::Error) -> Option<&'static str> {
    if error.is_timeout() {
        return Some("slow");
    }
    if error.is_parse_too_large() {
        return Some("too_large");
    }
    error.is_parse().then_some("malformed")
}

impl Relay {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Reply {
        if request.method() != Method::GET {
            let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED);
            let get = HeaderValue::from_static("GET");
            reply.headers_mut().insert(header::ALLOW, get);
            return reply;
        }
        match request.uri().path() {
            "/healthz" => plain(StatusCode::OK),
            IN_SERVICE_PATH => plain(self.in_service()),
            "/readyz" if self.has_room() => plain(StatusCode::OK),
            "/readyz" => plain(StatusCode::SERVICE_UNAVAILABLE),
            _ => {
                let relay = self.clone();
                self.tasks.admit(relay.stream(request, peer)).await
            }
        }
    }
}

impl Relay {
    /// What the load balancer is told, which takes a 503 for a target that is to get no new streams.
    fn in_service(&self) -> StatusCode {
        self.service.asked();
        if self.is_in_service() {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn plain(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    // Each request comes on a connection of its own, and is waited for once.
    let close = HeaderValue::from_static("close");
    reply.headers_mut().insert(header::CONNECTION, close);
    reply
}
