//! Accepts connections: health checks and the carrier's audio streams.

mod door;
mod identify;

use crate::{relay::Relay, watch::watch_calls};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause after a connection that could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(250);

/// How long calls that a shutdown cuts may take to tell their callees, hang up and store it.
pub const LEAVE_MAX: Duration = Duration::from_secs(20);

/// Pause between two looks whether the last call has ended while draining.
const DRAIN_LOOK: Duration = Duration::from_millis(100);

type Reply = Response<Full<Bytes>>;

/// Serves until `shutdown`, then refuses new streams and waits for the running calls to end, at
/// most [`drain_timeout`](crate::config::RelayConfig::drain_timeout); who still talks then is told
/// and hung up on, within [`LEAVE_MAX`]. Returns how many calls were cut.
pub async fn serve(
    listener: TcpListener,
    relay: Arc<Relay>,
    shutdown: impl Future<Output = ()>,
) -> usize {
    let accepting = tokio::spawn(accept(listener, relay.clone()));
    let watching = tokio::spawn(watch_calls(Arc::downgrade(&relay)));
    shutdown.await;
    relay.is_draining.store(true, Ordering::SeqCst);
    tracing::info!(calls = relay.live_calls(), "draining");
    let drain_timeout = relay.config.drain_timeout;
    let cut = if timeout(drain_timeout, idle(&relay)).await.is_ok() {
        0
    } else {
        relay.live_calls()
    };
    relay.must_leave.send_replace(true);
    if timeout(LEAVE_MAX, idle(&relay)).await.is_err() {
        tracing::error!(calls = relay.live_calls(), "left without storing the end");
    }
    accepting.abort();
    watching.abort();
    cut
}

async fn idle(relay: &Relay) {
    // The first pause lets a stream that was just admitted take its place.
    sleep(DRAIN_LOOK).await;
    while !relay.is_idle() {
        sleep(DRAIN_LOOK).await;
    }
}

async fn accept(listener: TcpListener, relay: Arc<Relay>) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => drop(tokio::spawn(connection(socket, peer, relay.clone()))),
            Err(error) => {
                tracing::error!(%error, "cannot accept");
                sleep(ACCEPT_AGAIN).await; // Out of file descriptors: some will be freed.
            }
        }
    }
}

async fn connection(socket: TcpStream, peer: SocketAddr, relay: Arc<Relay>) {
    let service = service_fn(move |request| {
        let relay = relay.clone();
        async move { Ok::<_, Infallible>(relay.answer(request, peer).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
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
            "/readyz" if self.has_room() => plain(StatusCode::OK),
            "/readyz" => plain(StatusCode::SERVICE_UNAVAILABLE),
            _ => self.stream(request, peer).await,
        }
    }
}

fn plain(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}
