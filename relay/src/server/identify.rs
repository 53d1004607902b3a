//! Streams that say only after the upgrade whose they are.

use super::door::Looked;
use crate::{
    admission::{Admission, Claim, Identity},
    carrier_leg::{self, CarrierSocket},
    defaults::{CARRIER_FRAME_MAX_BYTES, METADATA_TIMEOUT},
    registry::Attached,
    relay::Relay,
    unidentified::Place,
};
use http::Request;
use hyper::body::Incoming;
use knowlarity::stream::{CarrierMessage, StreamMetadata, StreamPath};
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

/// Pause before the second look for the call of a stream that came before the dial reply was stored. Each
/// pause is twice the one before it, up to [`LOOK_AGAIN_MAX`].
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Longest pause between two such looks: six fit into the time that a stream has to say whose it is.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(1);

/// Messages kept while a stream is identified: 5 s of 20 ms frames, and some texts.
const EARLY_MESSAGES_MAX: usize = 300;

/// Bytes of those messages: 5 s of audio, twice over for texts. More is no stream of a call, and
/// many of them must not fill the memory.
const EARLY_BYTES_MAX: usize = 2 * CARRIER_FRAME_MAX_BYTES;

impl Relay {
    /// Waits for the metadata that says which call a stream belongs to.
    pub(super) async fn identify_and_serve(
        self: Arc<Self>,
        path: StreamPath,
        request: Request<Incoming>,
        place: Place,
        from: IpAddr,
    ) {
        let met = self.identify(&path, request, from).await;
        drop(place);
        let Some((socket, claim)) = met else {
            return;
        };
        let Some(claim) = claim else {
            tracing::warn!("a stream did not say which call it belongs to");
            self.metrics.refuse("silent");
            return socket.refuse(CloseCode::Policy).await;
        };
        // It came before a drain began, and is carried during it.
        let Some(room) = self.room_for(claim.call) else {
            tracing::warn!(call_id = %claim.call, "no room for a stream that was not known at the door");
            self.metrics.refuse("no_room");
            return socket.refuse(CloseCode::Again).await;
        };
        match self.admissions.admit(&claim).await {
            Ok(Admission::Admitted(session, lease)) => {
                let at = Instant::now();
                self.metrics.admitted.inc();
                self.run(*session, Attached { socket, lease, at }, room)
                    .await;
            }
            Ok(Admission::Over) => {
                self.metrics.refuse("over");
                socket.dismiss().await;
            }
            Ok(Admission::Taken) => {
                self.metrics.refuse("taken");
                socket.refuse(CloseCode::Policy).await;
            }
            Err(_) => {
                self.metrics.refuse("store");
                socket.refuse(CloseCode::Error).await;
            }
        }
    }

    async fn identify(
        &self,
        path: &StreamPath,
        request: Request<Incoming>,
        from: IpAddr,
    ) -> Option<(CarrierSocket, Option<Claim>)> {
        let mut socket = self.upgraded(request).await?;
        let deadline = Instant::now() + METADATA_TIMEOUT;
        let (mut pause, mut look_at) = (LOOK_AGAIN, Instant::now() + LOOK_AGAIN);
        let mut metadata = StreamMetadata::default();
        let mut kept = Vec::new();
        let (mut room, mut looks) = (EARLY_BYTES_MAX, 0);
        let mut claim = None;
        while claim.is_none() && Instant::now() < deadline && kept.len() < EARLY_MESSAGES_MAX {
            match timeout_at(deadline.min(look_at), socket.next()).await {
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
                Err(_) => {
                    pause = LOOK_AGAIN_MAX.min(2 * pause);
                    look_at = Instant::now() + pause;
                }
            }
            match self.look(path, &metadata, from).await {
                Ok(Looked::Identity(Identity::Proven(proven))) => claim = Some(proven),
                Ok(Looked::Identity(Identity::Forged) | Looked::HeldBack) => break,
                // The dial reply may not be stored yet: look again until the time is up.
                Ok(Looked::Identity(Identity::Unknown | Identity::NoSuchCall)) => looks += 1,
                Err(_) => {}
            }
        }
        if claim.is_some() {
            self.tries.forgive(from, looks);
        }
        kept.into_iter().for_each(|message| socket.keep(message));
        Some((socket, claim))
    }
}

/// Whether a message says something that was not known yet.
fn learn(message: &Message, metadata: &mut StreamMetadata) -> bool {
    let Message::Text(text) = message else {
        return false;
    };
    let known = metadata.clone();
    for message in carrier_leg::said(text) {
        if let CarrierMessage::Metadata(found) = message {
            metadata.merge(found);
        }
    }
    *metadata != known
}
