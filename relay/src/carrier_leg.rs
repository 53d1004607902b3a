//! The carrier's socket: reading what it says, writing what the bridge puts out.

use crate::{
    bridge::{CarrierClose, Input},
    defaults::{CARRIER_FRAME_MAX_BYTES, CARRIER_TEXT_MAX_BYTES, READ_BUFFER_BYTES, WRITE_TIMEOUT},
    unknown::Unknowns,
};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use knowlarity::stream::{self, CarrierMessage};
use logging::unknown::UnknownKind;
use std::collections::VecDeque;
use tokio::{net::TcpStream, time::timeout};
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
    /// Boxed: its buffers make it large, and it is handed from task to task.
    socket: Box<WebSocketStream<Socket>>,
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
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .max_message_size(Some(CARRIER_FRAME_MAX_BYTES))
            .max_frame_size(Some(CARRIER_FRAME_MAX_BYTES));
        let read = parts.read_buf.to_vec();
        let role = Role::Server;
        let socket = WebSocketStream::from_partially_read(stream, read, role, Some(config)).await;
        Some(Self {
            socket: Box::new(socket),
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
                let message = self.socket.next().await;
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
    pub(crate) async fn play(&mut self, pcm: &[u8], hz: u32) -> bool {
        stream::play_audio(pcm, hz, &mut self.text);
        let text = self.text.clone();
        self.write(Message::text(text)).await
    }

    /// Sends a control message. Flushed by [`Self::flush`].
    pub(crate) async fn say(&mut self, text: impl Into<Utf8Bytes>) -> bool {
        self.write(Message::text(text)).await
    }

    /// Tells the carrier's flow to go on, because the attempt is over, and closes.
    pub(crate) async fn dismiss(mut self) {
        let _ = self.say(stream::DISCONNECT).await && self.flush().await;
        self.close(CloseCode::Normal).await;
    }

    /// Starts the closing handshake.
    pub(crate) async fn close(&mut self, code: CloseCode) {
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        let _ = timeout(WRITE_TIMEOUT, self.socket.as_mut().close(Some(frame))).await;
    }

    /// Writes out what was sent since the last flush, in one piece.
    pub(crate) async fn flush(&mut self) -> bool {
        matches!(
            timeout(WRITE_TIMEOUT, self.socket.flush()).await,
            Ok(Ok(()))
        )
    }

    async fn write(&mut self, message: Message) -> bool {
        matches!(
            timeout(WRITE_TIMEOUT, self.socket.feed(message)).await,
            Ok(Ok(()))
        )
    }

    /// Pings, so that idle limits on the way do not cut the stream.
    pub(crate) async fn ping(&mut self) -> bool {
        self.write(Message::Ping(Bytes::new())).await && self.flush().await
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
        CarrierMessage::CallStart
        | CarrierMessage::Answered
        | CarrierMessage::Dtmf(_)
        | CarrierMessage::Unknown => None,
    }
}
