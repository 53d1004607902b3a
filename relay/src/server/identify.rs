//! Streams that say only after the upgrade whose they are.

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
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

/// Pause between two looks for the call of a stream that came before the dial reply was stored.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

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
    ) {
        let met = self.identify(&path, request).await;
        drop(place);
        let Some((mut socket, claim)) = met else {
            return;
        };
        let Some(claim) = claim else {
            tracing::warn!("a stream did not say which call it belongs to");
            self.metrics.refuse("silent");
            return socket.close(CloseCode::Policy).await;
        };
        // It came before a drain began, and is carried during it.
        let Some(room) = self.room_for(claim.call) else {
            tracing::warn!(call_id = %claim.call, "no room for a stream that was not known at the door");
            self.metrics.refuse("no_room");
            return socket.close(CloseCode::Again).await;
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
                socket.close(CloseCode::Policy).await;
            }
            Err(_) => {
                self.metrics.refuse("store");
                socket.close(CloseCode::Error).await;
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
