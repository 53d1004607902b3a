//! Streams at the door: refused with a word, or upgraded and given to a session.

use super::{Reply, plain};
use crate::{
    admission::{Admission, Claim, Identity},
    carrier_leg::CarrierSocket,
    registry::{Attached, Room},
    relay::Relay,
    session,
};
use call::CallSession;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use knowlarity::stream::{StreamMetadata, StreamPath};
use std::{net::SocketAddr, sync::Arc};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

impl Relay {
    /// Refuses streams before the upgrade, as far as path and query say whose they are.
    pub(super) async fn stream(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Reply {
        let target = request
            .uri()
            .path_and_query()
            .map_or("", |target| target.as_str());
        let Some(path) = StreamPath::parse(target) else {
            return plain(StatusCode::NOT_FOUND);
        };
        let Some(reply) = switching(&request) else {
            return plain(StatusCode::UPGRADE_REQUIRED);
        };
        if !self.has_room() && !self.is_returning(&path) {
            return self.full();
        }
        if !self.admissions.allows_source(peer.ip()) {
            return self.refused("bad_source", StatusCode::UNAUTHORIZED, BAD_SOURCE);
        }
        let claim = match self
            .admissions
            .identify(&path, &StreamMetadata::default())
            .await
        {
            Ok(Identity::Proven(claim)) => Some(claim),
            Ok(Identity::Unknown) => None,
            Ok(Identity::Forged) => {
                return self.refused("bad_token", StatusCode::UNAUTHORIZED, BAD_TOKEN);
            }
            Ok(Identity::NoSuchCall) => {
                return self.refused("no_such_call", StatusCode::NOT_FOUND, NO_SUCH_CALL);
            }
            Err(error) => return self.unavailable(&error),
        };
        match claim {
            Some(claim) => self.stream_of(claim, request, reply).await,
            None => {
                let Some(place) = self.unidentified.enter(peer.ip()) else {
                    return self.full();
                };
                let relay = self.clone();
                self.tasks
                    .carry(relay.identify_and_serve(path, request, place));
                reply
            }
        }
    }

    /// Whether a path names a call that is carried here: its stream was lost, and has its room still.
    fn is_returning(&self, path: &StreamPath) -> bool {
        let mut calls = path.ids().filter_map(|id| id.parse().ok());
        calls.any(|call| self.registry.room_of(call).is_some())
    }

    async fn stream_of(
        self: Arc<Self>,
        claim: Claim,
        request: Request<Incoming>,
        reply: Reply,
    ) -> Reply {
        let Some(room) = self.room_for(claim.call) else {
            return self.full();
        };
        match self.admissions.admit(&claim).await {
            Ok(Admission::Admitted(session, lease)) => {
                let at = Instant::now();
                self.metrics.admitted.inc();
                let relay = self.clone();
                self.tasks.carry(async move {
                    if let Some(socket) = relay.upgraded(request).await {
                        relay
                            .run(*session, Attached { socket, lease, at }, room)
                            .await;
                    }
                });
                reply
            }
            Ok(Admission::Over) => {
                self.metrics.refuse("over");
                let relay = self.clone();
                self.tasks.carry(async move {
                    if let Some(socket) = relay.upgraded(request).await {
                        socket.dismiss().await;
                    }
                });
                reply
            }
            Ok(Admission::Taken) => self.refused("taken", StatusCode::CONFLICT, TAKEN),
            Err(error) => self.unavailable(&error),
        }
    }

    fn full(&self) -> Reply {
        self.metrics.refuse("no_room");
        plain(StatusCode::SERVICE_UNAVAILABLE)
    }

    fn refused(&self, reason: &'static str, status: StatusCode, words: &'static str) -> Reply {
        tracing::warn!(%status, because = words.trim_end(), "stream refused");
        self.metrics.refuse(reason);
        let mut reply = plain(status);
        *reply.body_mut() = Full::from(words);
        reply
    }

    fn unavailable(&self, error: &dyn std::error::Error) -> Reply {
        tracing::error!(%error, "stream refused because the store failed");
        self.metrics.refuse("store");
        plain(StatusCode::SERVICE_UNAVAILABLE)
    }

    pub(super) async fn upgraded(&self, request: Request<Incoming>) -> Option<CarrierSocket> {
        let upgraded = hyper::upgrade::on(request).await.ok()?;
        CarrierSocket::take(upgraded, self.unknowns.clone()).await
    }

    /// Gives the stream to its call's session, or starts one.
    pub(super) async fn run(&self, session: CallSession, stream: Attached, room: Room) {
        if let Err(stream) = self.registry.attach(session.id, stream) {
            let seat = self.registry.enter(session.id, room);
            session::run(self, session, stream, seat).await;
        }
    }
}

/// Accepts a proper upgrade; echoes the first sub-protocol offered, whatever it is.
fn switching(request: &Request<Incoming>) -> Option<Reply> {
    let mut reply = create_response_with_body(request, Full::default).ok()?;
    let offered = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
    let first = offered.and_then(|offered| offered.to_str().ok()?.split(',').next());
    if let Some(Ok(first)) = first.map(|first| HeaderValue::from_str(first.trim())) {
        let headers = reply.headers_mut();
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, first);
    }
    Some(reply)
}

/// What a stream is told whose token does not hold; it says nothing of the call.
const BAD_TOKEN: &str = "the stream token is malformed, or not of this call and attempt\n";

/// What a stream is told that comes from an address which may open none.
const BAD_SOURCE: &str = "streams are not taken from this address\n";

/// What a stream is told that names a call which does not exist.
const NO_SUCH_CALL: &str = "there is no such call\n";

/// What a second stream of an attempt is told.
const TAKEN: &str = "the attempt already has a live stream\n";
