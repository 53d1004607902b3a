//! The carrier's socket: reading what it says, writing what the bridge puts out.

use crate::{
    bridge::{CarrierClose, Input},
    defaults::{CARRIER_FRAME_MAX_BYTES, CARRIER_TEXT_MAX_BYTES, SEND_BUFFER_BYTES},
    unknown::Unknowns,
    wire::{self, Broken, Wire},
};
use hyper_util::rt::TokioIo;
use knowlarity::stream::{self, CarrierMessage};
use logging::unknown::UnknownKind;
use socket2::SockRef;
use std::collections::VecDeque;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Error, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tokio_util::either::Either;

/// A connection, plain or with TLS.
pub(crate) type Socket = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// What the upgrade leaves behind.
pub(crate) type Upgraded = hyper::upgrade::Upgraded;

/// One admitted stream.
pub(crate) struct CarrierSocket {
    wire: Wire<Socket>,
    /// Messages read while the stream was still unidentified.
    early: VecDeque<Message>,
    text: String,
    unknowns: Unknowns,
}

impl CarrierSocket {
    /// Takes over the connection after the upgrade was answered.
    pub(crate) async fn take(upgraded: Upgraded, unknowns: Unknowns) -> Option<Self> {
        let parts = upgraded.downcast::<TokioIo<Socket>>().ok()?;
        let stream = parts.io.into_inner();
        bound_send_buffer(&stream);
        let config = wire::bounded(WebSocketConfig::default(), CARRIER_FRAME_MAX_BYTES);
        let read = parts.read_buf.to_vec();
        let role = Role::Server;
        let socket = WebSocketStream::from_partially_read(stream, read, role, Some(config)).await;
        Some(Self {
            wire: Wire::new(socket),
            early: VecDeque::new(),
            text: String::new(),
            unknowns,
        })
    }

    /// The next message; `None` when the connection is gone.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        match self.early.pop_front() {
            Some(message) => Some(Ok(message)),
            None => {
                let message = self.wire.next().await;
                if let Some(Ok(Message::Text(text))) = &message {
                    self.note(text);
                }
                message
            }
        }
    }

    /// Notes a text that holds something unknown; texts are few beside the audio.
    fn note(&self, text: &str) {
        if said(text).contains(&CarrierMessage::Unknown) {
            self.unknowns.note(UnknownKind::StreamText, text);
        }
    }

    /// Keeps a message for the session.
    pub(crate) fn keep(&mut self, message: Message) {
        self.early.push_back(message);
    }

    /// Has a message read again, before all others.
    pub(crate) fn put_back(&mut self, message: Message) {
        self.early.push_front(message);
    }

    /// Sends one chunk to be played. Flushed by [`Self::flush`].
    pub(crate) fn play(&mut self, pcm: &[u8], hz: u32) {
        stream::play_audio(pcm, hz, &mut self.text);
        let text = std::mem::take(&mut self.text);
        self.wire.send(Message::text(text));
    }

    /// Sends a control message. Flushed by [`Self::flush`].
    pub(crate) fn say(&mut self, text: impl Into<Utf8Bytes>) {
        self.wire.send(Message::text(text));
    }

    /// Tells the carrier's flow to go on, because the attempt is over, and closes.
    pub(crate) async fn dismiss(mut self) {
        self.say(stream::DISCONNECT);
        self.refuse(CloseCode::Normal).await;
    }

    /// Closes a stream that is not carried, and waits until it has been told.
    pub(crate) async fn refuse(mut self, code: CloseCode) {
        self.close(code);
        self.wire.drain().await;
    }

    /// Starts the closing handshake. Flushed by [`Self::flush`].
    pub(crate) fn close(&mut self, code: CloseCode) {
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        self.wire.send(Message::Close(Some(frame)));
    }

    /// Writes out what was sent since the last flush, in one piece, as far as the carrier takes it.
    pub(crate) fn flush(&mut self) -> Result<(), Broken> {
        self.wire.flush()
    }

    /// Writes out all, in the last moments of the call.
    pub(crate) async fn drain(&mut self) {
        self.wire.drain().await;
    }

    /// Pings, so that idle limits on the way do not cut the stream. Flushed by [`Self::flush`].
    pub(crate) fn ping(&mut self) {
        self.wire.send(Message::Ping(Bytes::new()));
    }
}

/// So that a carrier that does not read is known as one, as [`SEND_BUFFER_BYTES`] tells.
fn bound_send_buffer(socket: &Socket) {
    let tcp = match socket {
        Either::Left(tcp) => tcp,
        Either::Right(tls) => tls.get_ref().0,
    };
    if let Err(error) = SockRef::from(tcp).set_send_buffer_size(SEND_BUFFER_BYTES) {
        tracing::debug!(%error, "the send buffer is as the system has it");
    }
}

/// What a message, or the end of the connection, means to the bridge.
pub(crate) fn inputs(message: Option<Result<Message, Error>>) -> Vec<Input> {
    match message {
        Some(Ok(Message::Binary(pcm))) => vec![Input::CarrierAudio(pcm)],
        Some(Ok(Message::Text(text))) => said(&text).into_iter().filter_map(control).collect(),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Vec::new(),
        Some(Ok(Message::Close(frame))) => {
            let is_normal = frame.is_some_and(|frame| frame.code == CloseCode::Normal);
            let close = if is_normal {
                CarrierClose::Normal
            } else {
                CarrierClose::Abnormal
            };
            vec![Input::CarrierClosed(close)]
        }
        Some(Err(_)) | None => vec![Input::CarrierClosed(CarrierClose::Abnormal)],
    }
}

/// Reads a text frame; one that is longer than any real one says nothing.
pub(crate) fn said(text: &str) -> Vec<CarrierMessage> {
    if text.len() > CARRIER_TEXT_MAX_BYTES {
        tracing::warn!(bytes = text.len(), "oversized text from the carrier");
        return Vec::new();
    }
    stream::parse(text)
}

fn control(message: CarrierMessage) -> Option<Input> {
    match message {
        CarrierMessage::Metadata(metadata) => metadata.sample_hz.map(Input::CarrierRate),
        CarrierMessage::CallEnd => Some(Input::CarrierEnded),
        CarrierMessage::Dtmf(keys) => Some(Input::CarrierTyped(keys)),
        CarrierMessage::CallStart | CarrierMessage::Answered | CarrierMessage::Unknown => None,
    }
}
