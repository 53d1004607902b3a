//! The socket around one conversation.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::behaviour::Ending;
use super::engine::{Conversation, Cx, Output};
use super::mcp::McpClient;
use super::record::{Closed, ClosedBy, Ledger, SharedRecord, lock};
use crate::ws::{self, ServerSocket};

/// Time for the client to take one message; a client that reads nothing is cut off.
const WRITE_WITHIN: Duration = Duration::from_secs(10);

/// Time for the client to answer a close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// How often a loop without a deadline looks up; no deadline depends on it.
const IDLE_TICK: Duration = Duration::from_secs(3_600);

/// One conversation and its socket.
pub(crate) struct Session {
    pub(crate) socket: ServerSocket,
    pub(crate) conversation: Conversation,
    pub(crate) record: SharedRecord,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) opened: Instant,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) mcp: McpClient,
}

/// What the loop waits for.
enum Input {
    Message(Option<Result<Message, Error>>),
    McpResult(String, Value),
    Time,
}

/// What the loop does next.
enum Next {
    Go,
    End(Ending),
    Closed(ClosedBy, Option<u16>, String),
}

impl Session {
    /// Runs the conversation to its end.
    pub(crate) async fn run(mut self) {
        loop {
            match self.send_outputs().await {
                Next::Go => {}
                Next::End(ending) => return self.end(ending).await,
                Next::Closed(by, code, reason) => return self.closed(by, code, reason),
            }
            match self.take_input().await {
                Next::Go => self.ledger.changed(),
                Next::End(ending) => return self.end(ending).await,
                Next::Closed(by, code, reason) => {
                    self.closed(by, code, reason);
                    return self.drain().await;
                }
            }
        }
    }

    async fn send_outputs(&mut self) -> Next {
        while let Some(output) = self.conversation.poll_output() {
            let message = match output {
                Output::Send(value) => Message::text(value.to_string()),
                Output::CallMcp(call) => {
                    self.mcp.call(call);
                    continue;
                }
                Output::End(ending) => return Next::End(ending),
            };
            match timeout(WRITE_WITHIN, self.socket.send(message)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Next::Closed(ClosedBy::Lost, None, error.to_string()),
                Err(_) => {
                    let reason = "the client does not read".to_owned();
                    return Next::Closed(ClosedBy::Lost, None, reason);
                }
            }
        }
        Next::Go
    }

    async fn take_input(&mut self) -> Next {
        let due = self.conversation.poll_timeout();
        let wake = due.unwrap_or_else(|| Instant::now() + IDLE_TICK);
        let deaf_after = self.conversation.deaf_after();
        let is_deaf = deaf_after.is_some_and(|after| self.opened.elapsed() >= after);

        let input = tokio::select! {
            biased;
            _ = self.stop.wait_for(|stopped| *stopped) => {
                return Next::Closed(ClosedBy::Stopped, None, "simulator stopped".to_owned());
            }
            message = self.socket.next(), if !is_deaf => Input::Message(message),
            (call_id, result) = self.mcp.result() => Input::McpResult(call_id, result),
            () = sleep_until(wake) => Input::Time,
        };
        let next = match input {
            Input::Message(message) => self.take_message(message),
            Input::McpResult(call_id, result) => {
                let mut record = lock(&self.record);
                let (now, record) = (Instant::now(), &mut *record);
                let mut cx = Cx { now, record };
                self.conversation.take_mcp_result(&call_id, result, &mut cx);
                Next::Go
            }
            Input::Time => Next::Go,
        };
        // Also after a message, so that a flood of them does not hold up what is due.
        let mut record = lock(&self.record);
        self.conversation.handle_timeout(&mut Cx {
            now: Instant::now(),
            record: &mut record,
        });
        next
    }

    fn take_message(&mut self, message: Option<Result<Message, Error>>) -> Next {
        let now = Instant::now();
        match message {
            Some(Ok(Message::Text(text))) => {
                self.conversation.handle_text(
                    &text,
                    &mut Cx {
                        now,
                        record: &mut lock(&self.record),
                    },
                );
                Next::Go
            }
            Some(Ok(Message::Binary(_))) => {
                self.conversation.handle_foreign(&mut Cx {
                    now,
                    record: &mut lock(&self.record),
                });
                Next::Go
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Next::Go,
            Some(Ok(Message::Close(frame))) => {
                let code = frame.as_ref().map(|frame| frame.code.into());
                let reason = frame
                    .map(|frame| frame.reason.to_string())
                    .unwrap_or_default();
                Next::Closed(ClosedBy::Client, code, reason)
            }
            Some(Err(error)) => Next::Closed(ClosedBy::Lost, None, error.to_string()),
            None => Next::Closed(ClosedBy::Lost, None, "end of stream".to_owned()),
        }
    }

    async fn end(mut self, ending: Ending) {
        match ending {
            Ending::Close { code, reason } => {
                let frame = CloseFrame {
                    code: code.into(),
                    reason: reason.clone().into(),
                };
                // A client that is already gone still counts as closed by the agent.
                let _ = timeout(WRITE_WITHIN, self.socket.close(Some(frame))).await;
                self.closed(ClosedBy::Agent, Some(code), reason);
                self.drain().await;
            }
            Ending::Reset => {
                self.closed(ClosedBy::AgentReset, None, "reset".to_owned());
                ws::reset(self.socket);
            }
        }
    }

    /// Reads on until the client has closed too, so that nothing is cut off by a TCP reset.
    async fn drain(mut self) {
        let rest = async { while let Some(Ok(_)) = self.socket.next().await {} };
        let _ = timeout(CLOSE_WITHIN, rest).await;
    }

    fn closed(&self, by: ClosedBy, code: Option<u16>, reason: String) {
        let at = Instant::now() - self.opened;
        lock(&self.record).closed = Some(Closed {
            at,
            by,
            code,
            reason,
        });
        self.ledger.changed();
    }
}
