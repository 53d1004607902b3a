//! The agent platform: signed addresses and conversations on one port, with TLS or without.

use super::{conversation::Conversation, shared::Shared, socket::socket_config, speech::Manner};
use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::service_fn,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};
use tokio_util::either::Either;

/// A connection, plain or with TLS.
pub(super) type Connection = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The one agent that there is.
pub(super) const AGENT_ID: &str = "agent_load";

/// The key that the relay shows; it is not looked at.
pub(super) const API_KEY: &str = "load";

/// Where conversations are opened.
const CONVERSATION_PATH: &str = "/v1/convai/conversation";

/// What each connection works with.
#[derive(Clone)]
struct Platform {
    shared: Arc<Shared>,
    manner: Manner,
    has_tls: bool,
    conversations: Arc<AtomicUsize>,
}

/// The platform; it stops when dropped.
pub(super) struct Agents {
    address: SocketAddr,
    conversations: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Agents {
    /// Starts, with agents of this manner.
    pub(super) async fn start(
        shared: Arc<Shared>,
        manner: Manner,
        tls: Option<TlsAcceptor>,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let conversations = Arc::new(AtomicUsize::new(0));
        let platform = Platform {
            shared,
            manner,
            has_tls: tls.is_some(),
            conversations: conversations.clone(),
        };
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tls.clone(), platform.clone()));
            }
        });
        Ok(Self {
            address,
            conversations,
            server,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Conversations that run.
    pub(super) fn conversations(&self) -> usize {
        self.conversations.load(Ordering::Relaxed)
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, platform: Platform) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let connection = match tls {
        None => Either::Left(stream),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Either::Right(Box::new(stream)),
            Err(error) => return eprintln!("no TLS with the agent: {error}"),
        },
    };
    let service = service_fn(move |request| {
        let platform = platform.clone();
        async move { Ok::<_, Infallible>(platform.answer(request)) }
    });
    // Who breaks off has what it wanted.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .with_upgrades()
        .await;
}

type Reply = Response<Full<Bytes>>;

impl Platform {
    fn answer(self, request: Request<Incoming>) -> Reply {
        let path = request.uri().path();
        let answered = if path.ends_with("signed-url") {
            self.sign(&request)
        } else if path == CONVERSATION_PATH {
            self.converse(request)
        } else {
            None
        };
        answered.unwrap_or_else(|| status(StatusCode::BAD_REQUEST))
    }

    fn sign(&self, request: &Request<Incoming>) -> Option<Reply> {
        let host = request.headers().get(header::HOST)?.to_str().ok()?;
        let scheme = if self.has_tls { "wss" } else { "ws" };
        let url = format!(
            "{scheme}://{host}{CONVERSATION_PATH}?agent_id={AGENT_ID}&conversation_signature=x"
        );
        let body = serde_json::json!({ "signed_url": url }).to_string();
        let mut reply = Response::new(Full::from(body));
        let json = HeaderValue::from_static("application/json");
        reply.headers_mut().insert(header::CONTENT_TYPE, json);
        Some(reply)
    }

    fn converse(self, mut request: Request<Incoming>) -> Option<Reply> {
        let key = request.headers().get(header::SEC_WEBSOCKET_KEY)?;
        let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
        let upgrade = request.extensions_mut().remove::<OnUpgrade>()?;
        tokio::spawn(async move {
            if let Ok(upgraded) = upgrade.await {
                self.run(upgraded).await;
            }
        });
        let mut reply = status(StatusCode::SWITCHING_PROTOCOLS);
        let headers = reply.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        Some(reply)
    }

    async fn run(self, upgraded: Upgraded) {
        self.conversations.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = self.talk(upgraded).await {
            eprintln!("a conversation failed: {error:#}");
        }
        self.conversations.fetch_sub(1, Ordering::Relaxed);
    }

    async fn talk(&self, upgraded: Upgraded) -> Result<()> {
        let parts = upgraded.downcast::<TokioIo<Connection>>();
        let parts = parts.ok().context("another connection")?;
        let stream = parts.io.into_inner();
        let (read, config) = (parts.read_buf.to_vec(), Some(socket_config()));
        let socket = WebSocketStream::from_partially_read(stream, read, Role::Server, config).await;
        let shared = self.shared.clone();
        let conversation = Conversation::begin(shared, socket, self.manner).await?;
        conversation.run().await;
        Ok(())
    }
}

fn status(status: StatusCode) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    reply
}
