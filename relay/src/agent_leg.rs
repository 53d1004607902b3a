//! The agent's socket: opening it, reading what it says, writing what the bridge puts out.

use crate::{
    defaults::{AGENT_CONNECT_TIMEOUT, AGENT_MESSAGE_MAX_BYTES, READ_BUFFER_BYTES, WRITE_TIMEOUT},
    unknown::Unknowns,
};
use elevenlabs::message::{self, AgentFailure, AgentMessage};
use elevenlabs::{AgentError, ConversationStart, ElevenLabs};
use futures_util::{SinkExt, StreamExt};
use logging::unknown::UnknownKind;
use secrecy::ExposeSecret;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message, http::StatusCode, protocol::WebSocketConfig},
};

/// One conversation with the agent.
pub(crate) struct AgentSocket {
    socket: Box<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    text: String,
    unknowns: Unknowns,
}

pub(crate) enum AgentNews {
    Message(AgentMessage),
    Closed(AgentFailure),
}

/// Opens a conversation and tells it what it starts from.
pub(crate) async fn open(
    agent: &ElevenLabs,
    agent_id: &str,
    start: &ConversationStart,
    unknowns: Unknowns,
) -> Result<AgentSocket, AgentFailure> {
    let url = agent.signed_url(agent_id).await.map_err(of_signed_url)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(AGENT_MESSAGE_MAX_BYTES))
        .max_frame_size(Some(AGENT_MESSAGE_MAX_BYTES));
    let connecting = connect_async_with_config(url.expose_secret(), Some(config), true);
    let connected = timeout(AGENT_CONNECT_TIMEOUT, connecting).await;
    let (socket, _) = connected.map_err(|_| too_late())?.map_err(of_upgrade)?;
    let mut socket = AgentSocket {
        socket: Box::new(socket),
        text: String::new(),
        unknowns,
    };
    let is_sent = socket.write(Message::text(start.to_json())).await && socket.flush().await;
    if is_sent {
        Ok(socket)
    } else {
        Err(AgentFailure::Transient)
    }
}

fn of_signed_url(error: AgentError) -> AgentFailure {
    match error {
        AgentError::Refused(status) => {
            tracing::error!(status, "the agent platform refuses us");
            AgentFailure::Refused
        }
        AgentError::Busy => {
            tracing::warn!(%error, "no signed address");
            AgentFailure::Busy
        }
        AgentError::Unavailable => {
            tracing::warn!(%error, "no signed address");
            AgentFailure::Transient
        }
    }
}

fn too_late() -> AgentFailure {
    let within_secs = AGENT_CONNECT_TIMEOUT.as_secs();
    tracing::warn!(within_secs, "the agent's socket did not open in time");
    AgentFailure::Transient
}

/// Says no more of an error than its kind: the address in it lets whoever has it talk to the agent.
fn of_upgrade(error: Error) -> AgentFailure {
    let Error::Http(response) = error else {
        let kind = if let Error::Io(error) = error {
            error.kind().to_string()
        } else {
            "no TLS or no WebSocket there".to_owned()
        };
        tracing::warn!(kind, "the agent's socket did not open");
        return AgentFailure::Transient;
    };
    let status = response.status();
    tracing::warn!(
        status = status.as_u16(),
        "the agent's socket did not open: refused"
    );
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            AgentFailure::Refused
        }
        StatusCode::TOO_MANY_REQUESTS => AgentFailure::Busy,
        _ => AgentFailure::Transient,
    }
}

impl AgentSocket {
    /// The next thing it says; a closed socket says so once.
    pub(crate) async fn next(&mut self) -> AgentNews {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let message = message::parse(&text);
                self.note(&message, &text);
                AgentNews::Message(message)
            }
            Some(Ok(Message::Close(frame))) => {
                AgentNews::Closed(message::of_close(frame.map(|frame| frame.code.into())))
            }
            Some(Ok(
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
            )) => AgentNews::Message(AgentMessage::Ignored),
            Some(Err(_)) | None => AgentNews::Closed(AgentFailure::Transient),
        }
    }

    fn note(&self, message: &AgentMessage, text: &str) {
        if *message == AgentMessage::Unknown {
            self.unknowns.note(UnknownKind::AgentType, text);
        } else if *message == AgentMessage::Unreadable {
            self.unknowns.note(UnknownKind::AgentMessage, text);
        }
    }

    /// Sends caller audio. Flushed by [`Self::flush`].
    pub(crate) async fn hear(&mut self, audio: &[u8]) -> bool {
        message::user_audio(audio, &mut self.text);
        let text = self.text.clone();
        self.write(Message::text(text)).await
    }

    /// Answers a ping at once.
    pub(crate) async fn pong(&mut self, event_id: u64) -> bool {
        self.write(Message::text(message::pong(event_id))).await && self.flush().await
    }

    /// Tells the agent what a tool said, or why it did nothing.
    pub(crate) async fn answer_tool(&mut self, id: &str, said: &str, is_error: bool) -> bool {
        let result = message::tool_result(id, said, is_error);
        self.write(Message::text(result)).await && self.flush().await
    }

    /// Writes out what was sent since the last flush, in one piece.
    pub(crate) async fn flush(&mut self) -> bool {
        matches!(
            timeout(WRITE_TIMEOUT, self.socket.flush()).await,
            Ok(Ok(()))
        )
    }

    /// Closes as finished.
    pub(crate) async fn close(mut self) {
        let _ = timeout(WRITE_TIMEOUT, self.socket.as_mut().close(None)).await;
    }

    async fn write(&mut self, message: Message) -> bool {
        matches!(
            timeout(WRITE_TIMEOUT, self.socket.feed(message)).await,
            Ok(Ok(()))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use logging::Lines;
    use std::io;
    use tokio_tungstenite::tungstenite::http::Response;

    #[test]
    fn the_log_says_why_no_agent_could_be_had() {
        let refused = |status: u16| {
            let response = Response::builder().status(status).body(None).unwrap();
            Error::Http(Box::new(response))
        };
        let said = Lines::of(|| {
            assert_eq!(
                of_signed_url(AgentError::Unavailable),
                AgentFailure::Transient
            );
            assert_eq!(of_signed_url(AgentError::Busy), AgentFailure::Busy);
            assert_eq!(
                of_upgrade(Error::Io(io::ErrorKind::ConnectionRefused.into())),
                AgentFailure::Transient
            );
            assert_eq!(of_upgrade(refused(503)), AgentFailure::Transient);
            assert_eq!(of_upgrade(refused(403)), AgentFailure::Refused);
            assert_eq!(of_upgrade(refused(429)), AgentFailure::Busy);
            assert_eq!(too_late(), AgentFailure::Transient);
        });
        for reason in [
            "platform is unavailable",
            "at its limit",
            "connection refused",
            "status=503",
            "in time",
        ] {
            assert!(said.contains(reason), "{reason}: {said}");
        }
    }
}
