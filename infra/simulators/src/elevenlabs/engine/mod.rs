//! One conversation without sockets or clocks: messages and times in, messages out.

mod outgoing;
mod start;
mod timers;
mod turns;

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use self::timers::Timers;
use super::behaviour::{Behaviour, Ending};
use super::mcp::McpCall;
use super::playback::Playback;
use super::record::{ConversationRecord, Stamped, keep};
use super::script::Script;
use super::wire::{self, ClientData, ClientMessage, Invalid};
use crate::speech::{Line, Segmenter};

/// The moment of an input, and where it is recorded.
pub(crate) struct Cx<'a> {
    pub(crate) now: Instant,
    pub(crate) record: &'a mut ConversationRecord,
}

/// What the shell must do, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    Send(Value),
    CallMcp(McpCall),
    End(Ending),
}

/// Chooses the script once the client data is known.
pub(crate) type ScriptChoice = Arc<dyn Fn(&ClientData) -> Arc<Script> + Send + Sync>;

/// One conversation.
pub(crate) struct Conversation {
    script: Arc<Script>,
    choice: ScriptChoice,
    behaviour: Behaviour,
    keeps_audio: bool,
    opened: Instant,
    phase: Phase,
    step: usize,
    next_event_id: u64,
    next_tool: u64,
    reprompts: u32,
    last_line: Option<Line>,
    client_events: Option<Vec<String>>,
    segmenter: Segmenter,
    timers: Timers,
    outputs: VecDeque<Output>,
}

/// What the agent is doing.
enum Phase {
    /// The client has not introduced itself.
    AwaitingClientData,
    /// The metadata is due.
    Starting {
        at: Instant,
    },
    Speaking(Playback),
    /// Waiting for the callee; after a reprompt the script goes on at step `again`.
    Listening {
        transcript: String,
        again: usize,
        until: Instant,
    },
    Waiting {
        until: Instant,
    },
    AwaitingTool {
        call_id: String,
        until: Instant,
    },
    /// The script is over; the line stays open.
    Idle,
    Over,
}

impl Conversation {
    /// From when on the socket is not read, if that comes.
    pub(crate) fn deaf_after(&self) -> Option<std::time::Duration> {
        if let Behaviour::DeafAfter(after) = self.behaviour {
            Some(after)
        } else {
            None
        }
    }

    pub(crate) fn new(
        script: Arc<Script>,
        choice: ScriptChoice,
        behaviour: Behaviour,
        keeps_audio: bool,
        now: Instant,
    ) -> Self {
        let waits = !matches!(behaviour, Behaviour::Mute);
        let client_data = waits.then(|| now + script.timing.client_data_within);
        Self {
            segmenter: Segmenter::new(script.listen),
            script,
            choice,
            behaviour,
            keeps_audio,
            opened: now,
            phase: Phase::AwaitingClientData,
            step: 0,
            next_event_id: 1,
            next_tool: 1,
            reprompts: 0,
            last_line: None,
            client_events: None,
            timers: Timers {
                client_data,
                ..Timers::default()
            },
            outputs: VecDeque::new(),
        }
    }

    /// The next thing to do, until there is none.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] must be called.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Starting { at } => Some(*at),
            Phase::Speaking(playback) => Some(playback.next_due()),
            Phase::Listening { until, .. }
            | Phase::Waiting { until }
            | Phase::AwaitingTool { until, .. } => Some(*until),
            Phase::Over => return None,
            Phase::AwaitingClientData | Phase::Idle => None,
        };
        self.timers
            .due(&self.script.timing)
            .into_iter()
            .chain(phase)
            .min()
    }

    /// Takes one text frame of the client.
    pub(crate) fn handle_text(&mut self, text: &str, cx: &mut Cx<'_>) {
        if matches!(self.phase, Phase::Over) {
            return;
        }
        let (message, value) = match wire::parse(text, &self.script.delivery.user_format) {
            Ok(parsed) => parsed,
            Err(error) => return self.refuse(error, cx),
        };
        if !matches!(message, ClientMessage::Audio(_)) {
            let at = cx.now - self.opened;
            keep(
                &mut cx.record.received,
                Stamped {
                    at,
                    message: value.clone(),
                },
            );
        }
        self.handle_message(message, value, cx);
    }

    /// Takes a frame that the protocol does not know, such as a binary one.
    pub(crate) fn handle_foreign(&mut self, cx: &mut Cx<'_>) {
        let reason = "only text frames are part of the protocol".to_owned();
        self.refuse(Invalid::message(reason), cx);
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeout(&mut self, cx: &mut Cx<'_>) {
        while self.poll_timeout().is_some_and(|due| due <= cx.now) {
            if !self.drive_timers(cx) {
                self.drive_phase(cx);
            }
        }
    }

    fn handle_message(&mut self, message: ClientMessage, value: Value, cx: &mut Cx<'_>) {
        let waits_for_data = matches!(self.phase, Phase::AwaitingClientData);
        match message {
            ClientMessage::ClientData(data) if waits_for_data => {
                cx.record.client_data = Some(value);
                self.begin(data, cx);
            }
            ClientMessage::ClientData(_) => {
                let reason = "client data was sent twice".to_owned();
                self.refuse(Invalid::message(reason), cx);
            }
            ClientMessage::Audio(_)
            | ClientMessage::Pong { .. }
            | ClientMessage::ToolResult { .. }
            | ClientMessage::Other
                if waits_for_data =>
            {
                let reason = "the first frame must be the client data".to_owned();
                self.refuse(Invalid::message(reason), cx);
            }
            ClientMessage::Audio(pcm) => self.hear(&pcm, cx),
            ClientMessage::Pong { event_id } => self.take_pong(event_id, cx),
            ClientMessage::ToolResult { tool_call_id } => {
                keep(&mut cx.record.tool_results, value);
                self.take_tool_result(&tool_call_id, cx);
            }
            ClientMessage::Other => {}
        }
    }

    fn drive_phase(&mut self, cx: &mut Cx<'_>) {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Starting { .. } => self.start(cx),
            Phase::Speaking(playback) => self.speak(playback, cx),
            Phase::Listening {
                transcript, again, ..
            } => {
                self.reprompt(transcript, again, cx);
            }
            Phase::Waiting { .. } | Phase::AwaitingTool { .. } => self.run_step(cx),
            kept @ (Phase::AwaitingClientData | Phase::Idle | Phase::Over) => self.phase = kept,
        }
    }

    fn is_mute(&self) -> bool {
        matches!(self.behaviour, Behaviour::Mute)
    }

    fn event_id(&mut self) -> u64 {
        self.next_event_id += 1;
        self.next_event_id - 1
    }

    fn tool_call_id(&mut self) -> String {
        self.next_tool += 1;
        format!("tool_{}", self.next_tool - 1)
    }
}
