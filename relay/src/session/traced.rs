//! What a session tells of itself in the trace of its call.

use super::Session;
use crate::{
    bridge::End,
    metrics::{end_word, failure_word},
};
use call::{CallSession, time::Timestamp};
use elevenlabs::message::AgentFailure;
use traces::Span;

/// The spans of a session that have not ended.
pub(super) struct Spans {
    /// The carrier's stream, whatever became of its sockets.
    stream: Span,
    /// The agent's way to readiness.
    agent: Option<Span>,
}

impl Spans {
    pub(super) fn of(call: &CallSession, attempt: u8, stream: u32, began: Timestamp) -> Self {
        let span = Span::of_attempt(call, attempt, "stream", began).server();
        Self {
            stream: span.number("call.stream", stream),
            agent: None,
        }
    }

    /// The span of a stream that is left.
    pub(super) fn left(self, end: End) -> Span {
        self.stream.word("call.stream_end", end_word(end))
    }
}

impl Session<'_> {
    pub(super) fn agent_opens(&mut self) {
        let now = self.relay.calls.now();
        let span = self.spans.stream.within("agent connect", now).client();
        self.spans.agent = Some(span.number("call.conversation", self.opens));
    }

    pub(super) fn tell_agent_ready(&mut self) {
        if let Some(span) = self.spans.agent.take() {
            self.relay.calls.end(span);
        }
    }

    /// An agent is gone, which is told if it never got ready.
    pub(super) fn tell_agent_failed(&mut self, failure: AgentFailure) {
        if let Some(span) = self.spans.agent.take() {
            self.relay.calls.end(span.failed(failure_word(failure)));
        }
    }
}
