//! The carrier's WebSocket: opened and closed as mod_audio_fork does it.

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        client::IntoClientRequest,
        http::HeaderValue,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

/// One stream.
pub(super) type Socket = WebSocketStream<TcpStream>;

/// What the carrier offers as WebSocket sub-protocol.
const SUBPROTOCOL: &str = "audio.drachtio.org";

/// Longest wait for the stream to open, as mod_audio_fork waits.
const OPEN_MAX: Duration = Duration::from_secs(10);

/// Longest wait for the answer to the close.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// Read buffer of each socket played here: the library fills it with zeroes before each read.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// The settings of each socket that is played here.
pub(super) fn socket_config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES)
}

/// Opens a stream.
pub(super) async fn open(url: &str) -> Result<Socket> {
    let opened = timeout(OPEN_MAX, attempt(url)).await;
    opened.context("the stream did not open in time")?
}

async fn attempt(url: &str) -> Result<Socket> {
    let mut request = url.into_client_request()?;
    let host = request.uri().authority().context("no host")?.to_string();
    let offered = HeaderValue::from_static(SUBPROTOCOL);
    request
        .headers_mut()
        .insert("sec-websocket-protocol", offered);
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let opened = client_async_with_config(request, stream, Some(socket_config())).await;
    Ok(opened.context("the stream was refused")?.0)
}

/// Closes with code 1000, and waits for the answer.
pub(super) async fn hang_up(socket: &mut Socket) -> Result<()> {
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    let closed = timeout(CLOSE_MAX, async {
        socket.close(Some(frame)).await?;
        while let Some(Ok(_)) = socket.next().await {}
        anyhow::Ok(())
    });
    let closed = closed.await;
    ensure!(closed.is_ok(), "the hang-up was not answered");
    closed?
}
