//! A WebSocket whose writer never waits: what the peer does not take yet is kept, up to a bound.

use crate::defaults::{WAITING_BYTES_MAX, WRITE_BUFFER_BYTES, WRITE_TIMEOUT};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

/// One open WebSocket. Who writes goes on at once; who reads writes out what waits.
pub(crate) struct Wire<S> {
    /// Boxed: its buffers make it large, and it is handed from task to task.
    socket: Box<WebSocketStream<S>>,
    /// Since when something waits that the peer does not take.
    behind: Option<Instant>,
    is_broken: bool,
}

/// Bounds on what is read and kept, as `config` has them otherwise.
pub(crate) fn bounded(config: WebSocketConfig, message_bytes_max: usize) -> WebSocketConfig {
    config
        .read_buffer_size(crate::defaults::READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WAITING_BYTES_MAX)
        .max_message_size(Some(message_bytes_max))
        .max_frame_size(Some(message_bytes_max))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(socket: WebSocketStream<S>) -> Self {
        Self {
            socket: Box::new(socket),
            behind: None,
            is_broken: false,
        }
    }

    /// Hands a message over. It leaves with the next [`Self::flush`].
    pub(crate) fn send(&mut self, message: Message) {
        // It takes messages also while earlier ones wait, up to the bound of its buffer.
        if self.socket.start_send_unpin(message).is_err() {
            self.is_broken = true;
        }
    }

    /// Writes out what the peer takes at once, in one piece. Not [`Ok`] if the socket is broken.
    pub(crate) fn flush(&mut self) -> Result<(), Broken> {
        // Who reads next is woken when there is room: this leaves no waker behind.
        match self.socket.flush().now_or_never() {
            Some(Ok(())) => self.behind = None,
            Some(Err(_)) => self.is_broken = true,
            None => {
                self.behind.get_or_insert_with(Instant::now);
            }
        }
        if self.is_broken { Err(Broken) } else { Ok(()) }
    }

    /// The next message, while what waits is written out beside it; `None` when the connection is
    /// gone. A peer that takes nothing for [`WRITE_TIMEOUT`] is an error. Safe to drop while it waits.
    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        loop {
            let Some(behind) = self.behind else {
                return self.socket.next().await;
            };
            let read = poll_fn(|cx| self.poll_both(cx));
            match timeout_at(behind + WRITE_TIMEOUT, read).await {
                Ok(Read::Message(message)) => return message,
                Ok(Read::CaughtUp) => {}
                Err(_) => return Some(Err(Error::Io(io::ErrorKind::TimedOut.into()))),
            }
        }
    }

    fn poll_both(&mut self, cx: &mut Context<'_>) -> Poll<Read> {
        if let Poll::Ready(flushed) = self.socket.poll_flush_unpin(cx) {
            self.behind = None;
            return Poll::Ready(match flushed {
                Ok(()) => Read::CaughtUp,
                Err(error) => Read::Message(Some(Err(error))),
            });
        }
        self.socket.poll_next_unpin(cx).map(Read::Message)
    }

    /// Writes out all that waits, in its last moments: nothing is read any more.
    pub(crate) async fn drain(&mut self) {
        let _ = timeout(WRITE_TIMEOUT, self.socket.flush()).await;
    }
}

/// Whether the peer took nothing for [`WRITE_TIMEOUT`].
pub(crate) fn is_stalled(read: &Option<Result<Message, Error>>) -> bool {
    matches!(read, Some(Err(Error::Io(error))) if error.kind() == io::ErrorKind::TimedOut)
}

enum Read {
    Message(Option<Result<Message, Error>>),
    /// The peer took all that waited.
    CaughtUp,
}

/// The socket takes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;
