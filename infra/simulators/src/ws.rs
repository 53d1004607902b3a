//! The server side of a WebSocket on an axum route.
//!
//! The simulators use the WebSocket implementation that the relay uses as a client, and reach the
//! TCP stream below it, because a simulator must also be able to reset a connection.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// A WebSocket whose handshake this process has answered.
pub type ServerSocket = WebSocketStream<TcpStream>;

/// Largest message a simulator accepts, as the vendors' SDKs do (16 MB).
pub const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// Answers an upgrade request and hands the open socket to `serve`, on a task of its own.
///
/// Answers 400 when the request is no WebSocket handshake (RFC 6455, section 4.2.1), and 426 when
/// it asks for another version than 13. `serve` is not called when the client goes away first.
/// The server must run under [`axum::serve()`] on a [`tokio::net::TcpListener`].
pub fn upgrade<F, Fut>(mut request: Request, serve: F) -> Response
where
    F: FnOnce(ServerSocket) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let Some(accept) = accept_key(request.headers()) else {
        return empty(StatusCode::BAD_REQUEST);
    };
    if request.headers().get(header::SEC_WEBSOCKET_VERSION) != Some(&HeaderValue::from_static("13"))
    {
        return empty(StatusCode::UPGRADE_REQUIRED);
    }
    let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return empty(StatusCode::BAD_REQUEST);
    };

    tokio::spawn(async move {
        if let Some(socket) = open(on_upgrade).await {
            serve(socket).await;
        }
    });
    switching(accept)
}

/// Ends a connection by a TCP reset, as a crashed or unplugged peer does.
pub fn reset(socket: ServerSocket) {
    // A socket that is already gone needs no reset.
    let _ = socket.get_ref().set_zero_linger();
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let asks_for_websocket = has_token(headers, header::UPGRADE, "websocket")
        && has_token(headers, header::CONNECTION, "upgrade");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;

    asks_for_websocket
        .then(|| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok())
        .flatten()
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

async fn open(on_upgrade: OnUpgrade) -> Option<ServerSocket> {
    let upgraded = on_upgrade.await.ok()?;
    let parts = downcast::<TokioIo<TcpStream>>(upgraded).ok()?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));

    let stream = parts.io.into_inner();
    Some(
        WebSocketStream::from_partially_read(
            stream,
            parts.read_buf.to_vec(),
            Role::Server,
            Some(config),
        )
        .await,
    )
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if status == StatusCode::UPGRADE_REQUIRED {
        let version = HeaderValue::from_static("13");
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_VERSION, version);
    }
    response
}

fn switching(accept: HeaderValue) -> Response {
    let mut response = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    response
}
