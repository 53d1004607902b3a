//! Opening and closing the carrier's WebSocket.

use futures_util::StreamExt;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error,
        client::IntoClientRequest,
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// What the carrier offers as WebSocket sub-protocol.
const SUBPROTOCOL: &str = "audio.drachtio.org";

/// How long the carrier tries to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a closing handshake may take; a peer that answers none is left alone then.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The port of `ws://` without one.
const WS_PORT: u16 = 80;

pub(super) type Socket = WebSocketStream<TcpStream>;

/// Why no stream came about.
pub(super) enum Refusal {
    /// The upgrade was answered with this HTTP status.
    Status(u16),
    /// There was no answer, or none that a WebSocket client takes.
    Unreachable(String),
}

/// Opens the stream: one attempt, as mod_audio_fork makes it.
pub(super) async fn open(url: &str) -> Result<Socket, Refusal> {
    timeout(CONNECT_TIMEOUT, attempt(url))
        .await
        .map_err(|_| Refusal::Unreachable("no answer in time".to_owned()))?
        .map_err(|error| {
            if let Error::Http(response) = &error {
                return Refusal::Status(response.status().as_u16());
            }
            Refusal::Unreachable(error.to_string())
        })
}

async fn attempt(url: &str) -> Result<Socket, Error> {
    let mut request = url.into_client_request()?;
    let host = request.uri().host().unwrap_or_default().to_owned();
    let port = request.uri().port_u16().unwrap_or(WS_PORT);
    let headers = request.headers_mut();
    headers.insert(
        "sec-websocket-protocol",
        HeaderValue::from_static(SUBPROTOCOL),
    );
    headers.insert("origin", HeaderValue::from_str(&host)?);
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    stream.set_nodelay(true)?;
    let (socket, _) = client_async(request, stream).await?;
    Ok(socket)
}

/// Closes with code 1000 and waits for the answer, so that the close is not lost to a reset.
pub(super) async fn close(socket: &mut Socket) {
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    let _ = timeout(CLOSE_TIMEOUT, async {
        if socket.close(Some(frame)).await.is_ok() {
            finish(socket).await;
        }
    })
    .await;
}

/// Answers the peer's close, and waits until the connection is down.
pub(super) async fn answer_close(socket: &mut Socket) {
    let _ = timeout(CLOSE_TIMEOUT, finish(socket)).await;
}

/// Reads to the end: reading is also what writes the answer to a close.
async fn finish(socket: &mut Socket) {
    while let Some(Ok(_)) = socket.next().await {}
}
