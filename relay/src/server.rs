//! Accepts connections: health checks and the carrier's audio streams.

use crate::{
    admission::{Admission, Claim, Identity},
    carrier_leg::{self, CarrierSocket},
    defaults::{CARRIER_FRAME_MAX_BYTES, METADATA_TIMEOUT},
    registry::Attached,
    relay::Relay,
    session,
    unidentified::Place,
    watch::watch_calls,
};
use bytes::Bytes;
use call::CallSession;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use knowlarity::stream::{CarrierMessage, StreamMetadata, StreamPath};
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_tungstenite::tungstenite::{
    Message, handshake::derive_accept_key, protocol::frame::coding::CloseCode,
};

/// How long a client may take to send the head of its request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause between two looks for the call of a stream that came before the dial reply was stored.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Messages kept while a stream is identified: 5 s of 20 ms frames, and some texts.
const EARLY_MESSAGES_MAX: usize = 300;

/// Bytes of those messages: 5 s of audio, twice over for texts. More is no stream of a call, and
/// many of them must not fill the memory.
const EARLY_BYTES_MAX: usize = 2 * CARRIER_FRAME_MAX_BYTES;

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
                sleep(LOOK_AGAIN).await; // Out of file descriptors: some will be freed.
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

    /// Refuses streams before the upgrade, as far as path and query say whose they are.
    async fn stream(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Reply {
        let target = request
            .uri()
            .path_and_query()
            .map_or("", |target| target.as_str());
        let Some(path) = StreamPath::parse(target) else {
            return plain(StatusCode::NOT_FOUND);
        };
        let Some(key) = upgrade_key(request.headers()) else {
            return plain(StatusCode::UPGRADE_REQUIRED);
        };
        if !self.has_room() {
            return plain(StatusCode::SERVICE_UNAVAILABLE);
        }
        if !self.admissions.allows_source(peer.ip()) {
            return refused(StatusCode::UNAUTHORIZED, BAD_SOURCE);
        }
        let claim = match self
            .admissions
            .identify(&path, &StreamMetadata::default())
            .await
        {
            Ok(Identity::Proven(claim)) => Some(claim),
            Ok(Identity::Unknown) => None,
            Ok(Identity::Forged) => return refused(StatusCode::UNAUTHORIZED, BAD_TOKEN),
            Ok(Identity::NoSuchCall) => return refused(StatusCode::NOT_FOUND, NO_SUCH_CALL),
            Err(error) => return unavailable(&error),
        };
        match claim {
            Some(claim) => self.stream_of(claim, request, &key).await,
            None => {
                let Some(place) = self.unidentified.enter(peer.ip()) else {
                    return plain(StatusCode::SERVICE_UNAVAILABLE);
                };
                let reply = switching(&key, request.headers());
                tokio::spawn(self.identify_and_serve(path, request, place));
                reply
            }
        }
    }

    async fn stream_of(
        self: Arc<Self>,
        claim: Claim,
        request: Request<Incoming>,
        key: &str,
    ) -> Reply {
        let reply = switching(key, request.headers());
        match self.admissions.admit(&claim).await {
            Ok(Admission::Admitted(session, lease)) => {
                tokio::spawn(async move {
                    if let Some(socket) = self.upgraded(request).await {
                        self.run(*session, Attached { socket, lease }).await;
                    }
                });
                reply
            }
            Ok(Admission::Over) => {
                tokio::spawn(async move {
                    if let Some(socket) = self.upgraded(request).await {
                        socket.dismiss().await;
                    }
                });
                reply
            }
            Ok(Admission::Taken) => refused(StatusCode::CONFLICT, TAKEN),
            Err(error) => unavailable(&error),
        }
    }

    /// Waits for the metadata that says which call a stream belongs to.
    async fn identify_and_serve(
        self: Arc<Self>,
        path: StreamPath,
        request: Request<Incoming>,
        place: Place,
    ) {
        let met = self.identify(&path, request).await;
        drop(place);
        let Some((mut socket, claim)) = met else {
            return;
        };
        match claim {
            Some(claim) => match self.admissions.admit(&claim).await {
                Ok(Admission::Admitted(session, lease)) => {
                    self.run(*session, Attached { socket, lease }).await;
                }
                Ok(Admission::Over) => socket.dismiss().await,
                Ok(Admission::Taken) => socket.close(CloseCode::Policy).await,
                Err(_) => socket.close(CloseCode::Error).await,
            },
            None => {
                tracing::warn!("a stream did not say which call it belongs to");
                socket.close(CloseCode::Policy).await;
            }
        }
    }

    async fn identify(
        &self,
        path: &StreamPath,
        request: Request<Incoming>,
    ) -> Option<(CarrierSocket, Option<Claim>)> {
        let mut socket = self.upgraded(request).await?;
        let deadline = Instant::now() + METADATA_TIMEOUT;
        let mut metadata = StreamMetadata::default();
        let mut kept = Vec::new();
        let mut room = EARLY_BYTES_MAX;
        let mut claim = None;
        while claim.is_none() && Instant::now() < deadline && kept.len() < EARLY_MESSAGES_MAX {
            let look = deadline.min(Instant::now() + LOOK_AGAIN);
            match timeout_at(look, socket.next()).await {
                Ok(Some(Ok(message))) => {
                    let Some(left) = room.checked_sub(message.len()) else {
                        break;
                    };
                    room = left;
                    let has_news = learn(&message, &mut metadata);
                    kept.push(message);
                    if !has_news {
                        continue;
                    }
                }
                Ok(Some(Err(_)) | None) => return None,
                Err(_) => {}
            }
            match self.admissions.identify(path, &metadata).await {
                Ok(Identity::Proven(proven)) => claim = Some(proven),
                Ok(Identity::Forged) => break,
                // The dial reply may not be stored yet: look again until the time is up.
                Ok(Identity::Unknown | Identity::NoSuchCall) | Err(_) => {}
            }
        }
        kept.into_iter().for_each(|message| socket.keep(message));
        Some((socket, claim))
    }

    async fn upgraded(&self, request: Request<Incoming>) -> Option<CarrierSocket> {
        let upgraded = hyper::upgrade::on(request).await.ok()?;
        CarrierSocket::take(upgraded, self.unknowns.clone()).await
    }

    /// Gives the stream to its call's session, or starts one.
    async fn run(self: Arc<Self>, session: CallSession, stream: Attached) {
        if let Err(stream) = self.registry.attach(session.id, stream) {
            let seat = self.registry.enter(session.id);
            session::run(&self, session, stream, seat).await;
        }
    }
}

fn learn(message: &Message, metadata: &mut StreamMetadata) -> bool {
    let Message::Text(text) = message else {
        return false;
    };
    let mut has_news = false;
    for message in carrier_leg::said(text) {
        if let CarrierMessage::Metadata(found) = message {
            metadata.merge(found);
            has_news = true;
        }
    }
    has_news
}

/// The key of a proper WebSocket upgrade.
fn upgrade_key(headers: &HeaderMap) -> Option<String> {
    let has = |name, word: &str| {
        let value = headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok());
        value.is_some_and(|value| value.to_lowercase().contains(word))
    };
    let is_upgrade = has(header::CONNECTION, "upgrade") && has(header::UPGRADE, "websocket");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    is_upgrade.then(|| key.to_owned())
}

/// Accepts the upgrade; echoes the first sub-protocol offered, whatever it is.
fn switching(key: &str, offered: &HeaderMap) -> Reply {
    let mut reply = plain(StatusCode::SWITCHING_PROTOCOLS);
    let headers = reply.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    let protocols = offered
        .get(header::SEC_WEBSOCKET_PROTOCOL)
        .and_then(|p| p.to_str().ok());
    let first = protocols
        .and_then(|protocols| protocols.split(',').next())
        .map(str::trim);
    if let Some(Ok(first)) = first.map(HeaderValue::from_str) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, first);
    }
    reply
}

/// What a stream is told whose token does not hold; it says nothing of the call.
const BAD_TOKEN: &str = "the stream token is malformed, or not of this call and attempt\n";

/// What a stream is told that comes from an address which may open none.
const BAD_SOURCE: &str = "streams are not taken from this address\n";

/// What a stream is told that names a call which does not exist.
const NO_SUCH_CALL: &str = "there is no such call\n";

/// What a second stream of an attempt is told.
const TAKEN: &str = "the attempt already has a live stream\n";

fn refused(status: StatusCode, words: &'static str) -> Reply {
    tracing::warn!(%status, because = words.trim_end(), "stream refused");
    let mut reply = plain(status);
    *reply.body_mut() = Full::from(words);
    reply
}

fn unavailable(error: &dyn std::error::Error) -> Reply {
    tracing::error!(%error, "stream refused because the store failed");
    plain(StatusCode::SERVICE_UNAVAILABLE)
}

fn plain(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}
