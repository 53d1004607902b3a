//! Which call a stream belongs to, and whether it may have it.

use crate::{config::StreamAuth, defaults::IDS_LOOKED_UP_MAX, lease::Lease, live::Live};
use access::{TokenKey, is_stream_token};
use call::{
    CallEvent, CallSession, Rejection,
    ids::{CallId, CarrierCallId},
};
use knowlarity::stream::{ID_BYTES_MAX, StreamMetadata, StreamPath};
use std::net::IpAddr;
use store::{
    StoreError,
    calls::{Applied, ApplyError, Calls},
};
use tokio::time::Instant;

/// A stream's right to the audio of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The call.
    pub call: CallId,
    /// The attempt, from 1.
    pub attempt: u8,
    /// The carrier's id of the ring, if the stream names it.
    pub carrier_call_id: Option<CarrierCallId>,
}

/// What is known about a stream so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// It may have this attempt.
    Proven(Claim),
    /// It has not said enough yet.
    Unknown,
    /// What it said is wrong.
    Forged,
    /// It names one of our calls that does not exist, with a token.
    NoSuchCall,
}

/// What becomes of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The stream is the attempt's; the call as it stands now, and how long it may be carried.
    Admitted(Box<CallSession>, Lease),
    /// The attempt is over: the stream is to be told to disconnect.
    Over,
    /// The attempt has a live stream already.
    Taken,
}

/// What a stream says of itself, judged without a look into the table.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Judged {
    /// No look can tell more.
    Decided(Identity),
    /// Its token is genuine, and of this call.
    Genuine(CallId),
    /// The table must be asked whose it is; anybody can say as much.
    Unsure,
}

/// Attempts whose tokens are known as genuine before the call is read: more than `RETRIES_MAX` may
/// allow in a row. Those of later ones are compared once it is read.
const ATTEMPTS_KNOWN: u8 = 16;

/// Decides about streams.
#[derive(Clone)]
pub struct Admissions {
    /// Where calls are kept.
    pub calls: Calls,
    /// What stream tokens are made with.
    pub tokens: Live<TokenKey>,
    /// What a stream must show.
    pub auth: StreamAuth,
}

impl Admissions {
    /// Whether this address may open streams at all.
    pub fn allows_source(&self, source: IpAddr) -> bool {
        match &self.auth {
            StreamAuth::SourceIp(sources) => sources.contains(&source),
            StreamAuth::Token | StreamAuth::Metadata | StreamAuth::Open => true,
        }
    }

    /// Who a stream is, by its path and what its metadata said so far.
    ///
    /// # Errors
    /// [`StoreError`]; the stream may come again.
    pub async fn identify(
        &self,
        path: &StreamPath,
        metadata: &StreamMetadata,
    ) -> Result<Identity, StoreError> {
        let token = token(path, metadata);
        match self.judge(path, metadata) {
            Judged::Decided(identity) => return Ok(identity),
            Judged::Genuine(call) => {
                if let Some(session) = self.calls.store.load(call).await? {
                    return Ok(self.prove(&session, metadata, token));
                }
            }
            Judged::Unsure => {
                for id in ids(path, metadata).take(IDS_LOOKED_UP_MAX) {
                    if let Some(session) = self.find(id).await? {
                        return Ok(self.prove(&session, metadata, token));
                    }
                }
                if self.auth == StreamAuth::Open
                    && let Some(session) = self.find_by_number(metadata).await?
                {
                    return Ok(self.prove(&session, metadata, token));
                }
            }
        }
        let is_unidentified = path.token.is_some() && ids(path, metadata).next().is_some();
        Ok(if is_unidentified {
            Identity::NoSuchCall
        } else {
            Identity::Unknown
        })
    }

    /// Whether the table must be asked who a stream is, though it has proven nothing.
    pub(crate) fn is_unsure(&self, path: &StreamPath, metadata: &StreamMetadata) -> bool {
        self.judge(path, metadata) == Judged::Unsure
    }

    fn judge(&self, path: &StreamPath, metadata: &StreamMetadata) -> Judged {
        let is_by_number = self.auth == StreamAuth::Open && metadata.customer_number.is_some();
        if ids(path, metadata).next().is_none() && !is_by_number {
            return Judged::Decided(Identity::Unknown);
        }
        let Some(token) = token(path, metadata) else {
            return match self.auth {
                StreamAuth::Token => Judged::Decided(Identity::Unknown),
                StreamAuth::Metadata | StreamAuth::SourceIp(_) | StreamAuth::Open => Judged::Unsure,
            };
        };
        if !is_stream_token(token) {
            return Judged::Decided(Identity::Forged);
        }
        let tokens = self.tokens.get();
        let is_genuine =
            |call: &CallId| (1..=ATTEMPTS_KNOWN).any(|n| tokens.admits_stream(token, *call, n));
        let mut named = ids(path, metadata).filter_map(|id| id.parse().ok());
        named
            .find(is_genuine)
            .map_or(Judged::Unsure, Judged::Genuine)
    }

    /// By our id, else by the carrier's.
    async fn find(&self, id: &str) -> Result<Option<CallSession>, StoreError> {
        if let Ok(call) = id.parse()
            && let Some(session) = self.calls.store.load(call).await?
        {
            return Ok(Some(session));
        }
        match self
            .calls
            .store
            .by_carrier_id(&CarrierCallId::new(id))
            .await?
        {
            Some(pointer) => self.calls.store.load(pointer.call_id).await,
            None => Ok(None),
        }
    }

    async fn find_by_number(
        &self,
        metadata: &StreamMetadata,
    ) -> Result<Option<CallSession>, StoreError> {
        let number = metadata
            .customer_number
            .as_ref()
            .map(|number| number.expose());
        let Some(Ok(phone)) = number.map(str::parse) else {
            return Ok(None);
        };
        match self.calls.store.live_call_of(&phone).await? {
            Some(call) => self.calls.store.load(call).await,
            None => Ok(None),
        }
    }

    fn prove(
        &self,
        session: &CallSession,
        metadata: &StreamMetadata,
        token: Option<&str>,
    ) -> Identity {
        let Some(latest) = session.attempt.as_ref().map(|attempt| attempt.number) else {
            return Identity::Forged;
        };
        let tokens = self.tokens.get();
        let attempt = match (token, &self.auth) {
            // An earlier attempt's token still proves who it is: it is told to disconnect.
            (Some(token), _) => (1..=latest)
                .rev()
                .find(|n| tokens.admits_stream(token, session.id, *n)),
            (None, StreamAuth::Token) => return Identity::Unknown,
            (None, StreamAuth::Metadata | StreamAuth::SourceIp(_) | StreamAuth::Open) => {
                tracing::warn!(call_id = %session.id, auth = ?self.auth, "stream without a token");
                Some(latest)
            }
        };
        let carrier_call_id = metadata.carrier_id.as_deref().map(CarrierCallId::new);
        // Some accounts give our own id back as the carrier's.
        let carrier_call_id = carrier_call_id.filter(|id| id.as_str() != session.id.to_string());
        attempt.map_or(Identity::Forged, |attempt| {
            Identity::Proven(Claim {
                call: session.id,
                attempt,
                carrier_call_id,
            })
        })
    }

    /// Takes the attempt for the stream, if it is free. Decided by the store, so that of two
    /// streams with one token only one gets in.
    ///
    /// # Errors
    /// [`ApplyError`]; the stream may have been admitted all the same, and may come again.
    pub async fn admit(&self, claim: &Claim) -> Result<Admission, ApplyError> {
        let event = CallEvent::StreamOpened {
            attempt: claim.attempt,
            carrier_call_id: claim.carrier_call_id.clone(),
        };
        let asked = Instant::now();
        Ok(match self.calls.apply(claim.call, &event).await? {
            Applied::Changed { session, .. } => {
                let lease = Lease::of(&session, &self.calls.policy, asked);
                Admission::Admitted(Box::new(session), lease)
            }
            Applied::Unchanged {
                reason: Rejection::StreamTaken,
                ..
            } => Admission::Taken,
            Applied::Unchanged { .. }
            | Applied::NoChannel
            | Applied::Paced
            | Applied::Held(_)
            | Applied::NoSuchCall => Admission::Over,
        })
    }
}

/// The token that a stream shows: that of its path counts first.
fn token<'a>(path: &'a StreamPath, metadata: &'a StreamMetadata) -> Option<&'a str> {
    let token = path.token.as_ref().or(metadata.token.as_ref());
    token.map(|token| token.expose())
}

/// What may name a stream's call, best first.
fn ids<'a>(path: &'a StreamPath, metadata: &'a StreamMetadata) -> impl Iterator<Item = &'a str> {
    let ids = path.ids().chain(metadata.ids().map(|(_, id)| id));
    ids.filter(|id| id.len() <= ID_BYTES_MAX)
}
