//! The agent's socket: opening it, reading what it says, writing what the bridge puts out.

use crate::{
    defaults::{
        AGENT_CONNECT_TIMEOUT, AGENT_MESSAGE_MAX_BYTES, AGENT_SILENCE_MAX, SEND_BUFFER_BYTES,
    },
    relay::Relay,
    spares::Connection,
    unknown::Unknowns,
    wire::{self, Broken, Wire},
};
use elevenlabs::message::{self, AgentFailure, AgentMessage};
use elevenlabs::{AgentError, ConversationStart, ElevenLabs};
use logging::unknown::UnknownKind;
use socket2::SockRef;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{Bytes, Error, Message, http::StatusCode, protocol::WebSocketConfig},
};

/// One conversation with the agent.
pub(crate) struct AgentSocket {
    wire: Wire<Connection>,
    /// When anything came of it last.
    heard: Instant,
    text: String,
    unknowns: Unknowns,
}

pub(crate) enum AgentNews {
    Message(AgentMessage),
    /// It takes nothing any more.
    Stalled,
    Closed(AgentFailure),
}

/// Opens a conversation and tells it what it starts from.
pub(crate) async fn open(
    relay: &Relay,
    agent: &ElevenLabs,
    agent_id: &str,
    start: &ConversationStart,
    unknowns: Unknowns,
) -> Result<AgentSocket, AgentFailure> {
    let spares = &relay.spares;
    let url = spares.url(agent, agent_id).await.map_err(of_signed_url)?;
    let config = wire::bounded(WebSocketConfig::default(), AGENT_MESSAGE_MAX_BYTES);
    let upgrading = spares.upgrade(&relay.tasks, &url, config);
    let upgraded = timeout(AGENT_CONNECT_TIMEOUT, upgrading).await;
    let socket = upgraded.map_err(|_| too_late())?.map_err(of_upgrade)?;
    bound_send_buffer(socket.get_ref());
    let mut socket = AgentSocket {
        wire: Wire::new(socket),
        heard: Instant::now(),
        text: String::new(),
        unknowns,
    };
    socket.wire.send(Message::text(start.to_json()));
    let sent = socket.flush();
    sent.map(|()| socket).map_err(|_| AgentFailure::Transient)
}

/// So that an agent that does not read is known as one, as [`SEND_BUFFER_BYTES`] tells.
fn bound_send_buffer(socket: &Connection) {
    let tcp = match socket {
        MaybeTlsStream::Plain(tcp) => tcp,
        MaybeTlsStream::Rustls(tls) => tls.get_ref().0,
        _ => return,
    };
    if let Err(error) = SockRef::from(tcp).set_send_buffer_size(SEND_BUFFER_BYTES) {
        tracing::debug!(%error, "the send buffer is as the system has it");
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
        let news = self.wire.next().await;
        self.heard = Instant::now();
        if wire::is_stalled(&news) {
            return AgentNews::Stalled;
        }
        match news {
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
    pub(crate) fn hear(&mut self, audio: &[u8]) {
        message::user_audio(audio, &mut self.text);
        let text = std::mem::take(&mut self.text);
        self.wire.send(Message::text(text));
    }

    /// Tells what the callee typed on the telephone's keys. Flushed by [`Self::flush`].
    pub(crate) fn tell_keys(&mut self, keys: &str) {
        self.wire.send(Message::text(message::typed(keys)));
    }

    /// Answers a ping. Flushed by [`Self::flush`].
    pub(crate) fn pong(&mut self, event_id: u64) {
        self.wire.send(Message::text(message::pong(event_id)));
    }

    /// Asks whether it is there. Flushed by [`Self::flush`].
    pub(crate) fn ping(&mut self) {
        self.wire.send(Message::Ping(Bytes::new()));
    }

    /// Whether it has not even answered pings for too long.
    pub(crate) fn is_gone(&self) -> bool {
        self.heard.elapsed() > AGENT_SILENCE_MAX
    }

    /// It is not read at this moment, and cannot be held to say anything.
    pub(crate) fn excuse(&mut self) {
        self.heard = Instant::now();
    }

    /// Tells the agent what a tool said, or why it did nothing. Flushed by [`Self::flush`].
    pub(crate) fn answer_tool(&mut self, id: &str, said: &str, is_error: bool) {
        let result = message::tool_result(id, said, is_error);
        self.wire.send(Message::text(result));
    }

    /// Writes out what was sent since the last flush, in one piece, as far as the agent takes it.
    pub(crate) fn flush(&mut self) -> Result<(), Broken> {
        self.wire.flush()
    }

    /// Closes as finished.
    pub(crate) async fn close(mut self) {
        self.wire.send(Message::Close(None));
        self.wire.drain().await;
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
