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
use knowlarity::stream::{BadPath, StreamMetadata, StreamPath};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use store::StoreError;
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
        let path = match StreamPath::parse(target) {
            Ok(path) => path,
            Err(BadPath::Elsewhere) => return plain(StatusCode::NOT_FOUND),
            Err(BadPath::TooLong) => return self.refused(peer.ip(), &TOO_LONG),
        };
        let Some(reply) = switching(&request) else {
            return plain(StatusCode::UPGRADE_REQUIRED);
        };
        if !self.has_room() && !self.is_returning(&path) {
            return self.full();
        }
        if !self.admissions.allows_source(peer.ip()) {
            return self.refused(peer.ip(), &BAD_SOURCE);
        }
        let nothing_said = StreamMetadata::default();
        let claim = match self.look(&path, &nothing_said, peer.ip()).await {
            Ok(Looked::Identity(Identity::Proven(claim))) => Some(claim),
            Ok(Looked::Identity(Identity::Unknown)) => None,
            Ok(Looked::Identity(Identity::Forged)) => return self.refused(peer.ip(), &BAD_TOKEN),
            Ok(Looked::Identity(Identity::NoSuchCall)) => {
                return self.refused(peer.ip(), &NO_SUCH_CALL);
            }
            Ok(Looked::HeldBack) => return self.refused(peer.ip(), &TOO_MANY_TRIES),
            Err(error) => return self.unavailable(&error),
        };
        match claim {
            Some(claim) => self.stream_of(claim, request, reply, peer.ip()).await,
            None => {
                let Some(place) = self.unidentified.enter(peer.ip()) else {
                    return self.full();
                };
                let relay = self.clone();
                self.tasks
                    .carry(relay.identify_and_serve(path, request, place, peer.ip()));
                reply
            }
        }
    }

    /// Who a stream is. One that proves nothing by itself has the table read for it only while its address
    /// has not done so in vain too often.
    pub(super) async fn look(
        &self,
        path: &StreamPath,
        metadata: &StreamMetadata,
        from: IpAddr,
    ) -> Result<Looked, StoreError> {
        let is_unsure = self.admissions.is_unsure(path, metadata);
        if is_unsure {
            if !self.tries.are_left(from) {
                return Ok(Looked::HeldBack);
            }
            // Before the look: many may come at once, and each would find tries left.
            self.tries.count(from);
        }
        let identity = self.admissions.identify(path, metadata).await?;
        if is_unsure && matches!(identity, Identity::Proven(_)) {
            self.tries.forgive(from, 1);
        }
        Ok(Looked::Identity(identity))
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
        from: IpAddr,
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
            Ok(Admission::Taken) => self.refused(from, &TAKEN),
            Err(error) => self.unavailable(&error),
        }
    }

    fn full(&self) -> Reply {
        self.metrics.refuse("no_room");
        plain(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// However many are refused, the log holds few of one address.
    fn refused(&self, from: IpAddr, refusal: &Refusal) -> Reply {
        let Refusal(reason, status, words) = *refusal;
        if self.refusals.are_left(from) {
            tracing::warn!(%status, because = words.trim_end(), "stream refused");
        }
        self.refusals.count(from);
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
        if let Some(stream) = self.registry.attach(session.id, stream) {
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

/// What came of a look at a stream.
pub(super) enum Looked {
    Identity(Identity),
    /// No look was taken.
    HeldBack,
}

/// The word of it in the metrics, the status, and what the stream is told.
struct Refusal(&'static str, StatusCode, &'static str);

const TOO_LONG: Refusal = Refusal(
    "too_long",
    StatusCode::URI_TOO_LONG,
    "path and query are longer than those of any stream\n",
);

/// Says nothing of the call.
const BAD_TOKEN: Refusal = Refusal(
    "bad_token",
    StatusCode::UNAUTHORIZED,
    "the stream token is malformed, or not of this call and attempt\n",
);

const BAD_SOURCE: Refusal = Refusal(
    "bad_source",
    StatusCode::UNAUTHORIZED,
    "streams are not taken from this address\n",
);

const NO_SUCH_CALL: Refusal = Refusal(
    "no_such_call",
    StatusCode::NOT_FOUND,
    "there is no such call\n",
);

const TOO_MANY_TRIES: Refusal = Refusal(
    "too_many_tries",
    StatusCode::TOO_MANY_REQUESTS,
    "this address named too many calls that are not its own\n",
);

/// For a second stream of an attempt.
const TAKEN: Refusal = Refusal(
    "taken",
    StatusCode::CONFLICT,
    "the attempt already has a live stream\n",
);
