//! The least that a bridge can do, to compare with: the same WebSocket library, a read buffer of 4 KiB, a
//! task for each call. Caller audio goes to the agent and agent audio to the caller as it comes, without a
//! queue, a clock, a table or a log.

use super::certificate;
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use serde::Deserialize;
use serde_json::json;
use std::{fs, net::SocketAddr, sync::Arc};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, accept_hdr_async_with_config,
    client_async_tls_with_config,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        http::HeaderValue,
        protocol::WebSocketConfig,
    },
};

/// As the relay's.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// What stands before the audio in a `playAudio` message.
const PLAY_HEAD: &str =
    r#"{"type":"playAudio","data":{"audioContentType":"raw","sampleRate":16000,"audioContent":""#;

type ToAgent = WebSocketStream<MaybeTlsStream<TcpStream>>;
type ToCarrier = WebSocketStream<TcpStream>;

/// What the agent says.
#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    audio_event: Option<AudioEvent<'a>>,
    interruption_event: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct AudioEvent<'a> {
    audio_base_64: &'a str,
}

/// Bridges streams that come to `listen` to the agent at this port, with TLS if there is a file of
/// authorities.
///
/// # Errors
/// If it cannot listen.
pub async fn bridge(listen: SocketAddr, agent: u16, trusted: Option<&str>) -> Result<()> {
    let tls = trusted.map(client_config).transpose()?;
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(call(stream, agent, tls.clone()));
    }
}

fn client_config(trusted: &str) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let text = fs::read_to_string(trusted)?;
    // The tool's own is the last.
    let last = text.rsplit_once("-----BEGIN CERTIFICATE-----");
    let (_, last) = last.context("no certificate")?;
    let (last, _) = last.split_once("-----END").context("cut off")?;
    let der = STANDARD.decode(last.replace('\n', ""))?;
    roots.add(CertificateDer::from(der))?;
    let config = ClientConfig::builder().with_root_certificates(roots);
    Ok(Arc::new(config.with_no_client_auth()))
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES)
}

#[expect(
    clippy::result_large_err,
    reason = "the library says what its callback gives"
)]
async fn call(stream: TcpStream, agent: u16, tls: Option<Arc<ClientConfig>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut name = String::new();
    let callback = |request: &Request, mut response: Response| {
        name = request.uri().path().trim_start_matches('/').to_owned();
        let offered = request.headers().get("sec-websocket-protocol");
        let offered = offered.cloned().unwrap_or(HeaderValue::from_static(""));
        response
            .headers_mut()
            .insert("sec-websocket-protocol", offered);
        Ok(response)
    };
    let carrier = accept_hdr_async_with_config(stream, callback, Some(config())).await?;
    let agent = open(agent, tls, &name).await?;
    join(carrier, agent).await
}

async fn open(port: u16, tls: Option<Arc<ClientConfig>>, name: &str) -> Result<ToAgent> {
    let scheme = if tls.is_some() { "wss" } else { "ws" };
    let url = format!(
        "{scheme}://{}:{port}/v1/convai/conversation",
        certificate::NAME
    );
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let connector = tls.map(Connector::Rustls);
    let opened = client_async_tls_with_config(url, stream, Some(config()), connector).await;
    let (mut agent, _) = opened?;
    let start = json!({
        "type": "conversation_initiation_client_data",
        "dynamic_variables": { "call_id": name },
    });
    agent.send(Message::text(start.to_string())).await?;
    Ok(agent)
}

async fn join(mut carrier: ToCarrier, mut agent: ToAgent) -> Result<()> {
    let mut text = String::new();
    loop {
        tokio::select! {
            message = carrier.next() => match message.context("gone")?? {
                Message::Binary(pcm) => {
                    text.clear();
                    text.push_str(r#"{"user_audio_chunk":""#);
                    STANDARD.encode_string(&pcm, &mut text);
                    text.push_str(r#""}"#);
                    agent.send(Message::text(text.as_str())).await?;
                }
                Message::Close(_) => {
                    let _ = agent.close(None).await;
                    while let Some(Ok(_)) = carrier.next().await {}
                    return Ok(());
                }
                Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            },
            message = agent.next() => {
                let message = message.context("gone")??;
                if let Message::Text(said) = message && write(&said, &mut text)? {
                    carrier.send(Message::text(text.as_str())).await?;
                }
            }
        }
    }
}

/// Writes what the carrier is told; whether it is told anything.
fn write(said: &str, text: &mut String) -> Result<bool> {
    let said: Text<'_> = serde_json::from_str(said)?;
    text.clear();
    if said.interruption_event.is_some() {
        text.push_str(r#"{"type":"killAudio"}"#);
    } else if let Some(event) = said.audio_event {
        text.push_str(PLAY_HEAD);
        text.push_str(event.audio_base_64);
        text.push_str(r#""}}"#);
    }
    Ok(!text.is_empty())
}
