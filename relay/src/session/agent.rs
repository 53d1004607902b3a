//! The agent's part of a session: opening conversations, heeding them, doing without.

use super::{Session, lines::Line, tools::ToolCall};
use crate::{
    agent_leg,
    audio::{Format, Resampler},
    bridge::Input,
    defaults::{AGENT_OPENS_MAX, AGENT_REOPEN_PAUSE, CONVERSATIONS_PER_STREAM},
    relay::Relay,
};
use access::Talk;
use call::{CallEvent, ids::ConversationId};
use elevenlabs::ConversationStart;
use elevenlabs::message::{AgentFailure, AgentMessage, AudioFormat};
use std::time::Duration;
use tokio::time::sleep;

impl Session<'_> {
    /// The conversation that was opened last. Numbers rise from stream to stream, also in another
    /// process, and within a session from conversation to conversation.
    pub(super) fn talk(&self) -> Talk {
        Talk {
            call: self.request.id,
            attempt: self.attempt,
            conversation: self.stream * CONVERSATIONS_PER_STREAM + self.opens,
        }
    }

    pub(super) fn open_agent(&mut self) {
        self.opens += 1;
        self.agent_opens();
        let earlier = (!self.said.is_empty()).then_some(self.said.as_str());
        let token = self.relay.answer_token(self.talk());
        let start = ConversationStart::new(&self.request, self.attempt, earlier)
            .with_answer_token(token)
            .recorded(self.recording.is_some());
        let agent = self.relay.agent.get();
        let unknowns = self.relay.unknowns.clone();
        let agent_id = self
            .request
            .agent_id
            .clone()
            .unwrap_or_else(|| agent.default_agent().to_owned());
        let pause = if self.opens > 1 {
            AGENT_REOPEN_PAUSE
        } else {
            Duration::ZERO
        };
        let relay = self.relay;
        self.opening = Some(Box::pin(async move {
            sleep(pause).await;
            agent_leg::open(relay, &agent, &agent_id, &start, unknowns).await
        }));
    }

    pub(super) fn agent_closed(&mut self, failure: AgentFailure) {
        self.agent = None;
        self.failure = failure;
        self.relay.metrics.call.agent_closed(failure);
        self.tell_agent_failed(failure);
        if failure == AgentFailure::Refused {
            self.relay.doubt.raise();
        }
        match failure {
            AgentFailure::Ended => self.feed(Input::AgentEnded),
            AgentFailure::Refused
            | AgentFailure::OutOfQuota
            | AgentFailure::Busy
            | AgentFailure::Transient => self.feed(Input::AgentLost),
        }
    }

    pub(super) async fn heed_agent(&mut self, message: AgentMessage) {
        use AgentMessage as M;
        match message {
            M::Ready {
                conversation_id,
                input: Some(input),
                output: Some(output),
            } => {
                self.agent_ready(conversation_id, input, output).await;
            }
            M::Ready { .. } => {
                tracing::error!(call_id = %self.request.id, "the agent's audio format is not known");
                self.agent_closed(AgentFailure::Refused);
            }
            M::Audio { event_id, audio } => self.feed(Input::AgentAudio { event_id, audio }),
            M::Interruption { event_id } => {
                self.moments.interrupted();
                self.feed(Input::AgentInterrupted { event_id });
            }
            M::Ping { event_id } => self.feed(Input::AgentPing { event_id }),
            M::CalleeSaid { text, event_id } => {
                let text = text.into();
                self.feed(Input::CalleeSaid { text, event_id });
            }
            M::AgentSaid { text, event_id } => {
                let text = text.into();
                self.feed(Input::AgentSaid { text, event_id });
            }
            M::AgentCorrected { text, event_id } => {
                let text = text.into();
                self.feed(Input::AgentCorrected { text, event_id });
            }
            M::Ending => self.feed(Input::AgentEnding),
            M::ToolCall {
                name,
                tool_call_id,
                parameters,
                event_id,
                expects_response,
            } => {
                let call = ToolCall {
                    id: tool_call_id,
                    name,
                    arguments: parameters,
                    turn: event_id,
                    expects_response,
                };
                self.call_tool(call);
            }
            M::Error(failure) => self.agent_closed(failure),
            M::Ignored | M::Unknown | M::Unreadable => {}
        }
    }

    async fn agent_ready(
        &mut self,
        conversation_id: String,
        input: AudioFormat,
        output: AudioFormat,
    ) {
        let (attempt, stream) = (self.attempt, self.recorder.stream());
        let ready = CallEvent::AgentReady {
            attempt,
            stream,
            conversation_id: ConversationId::new(&conversation_id),
        };
        self.is_asked_to_wait = false;
        let (hears, speaks) = (format(input), format(output));
        prepare(self.relay, hears, speaks).await;
        self.measure_ready();
        self.tell_agent_ready();
        self.recorder.record(ready);
        self.recorder.beat(self.carrier.is_some());
        self.feed(Input::AgentReady { hears, speaks });
    }

    /// Asks both sides whether they are there. An agent that does not even answer that is lost.
    pub(super) fn ping(&mut self) {
        if let Some(carrier) = &mut self.carrier {
            carrier.ping();
        }
        let is_read = self.bridge.has_room();
        let Some(agent) = &mut self.agent else {
            return;
        };
        if !is_read {
            agent.excuse();
        }
        if agent.is_gone() {
            tracing::warn!(call_id = %self.request.id, "the agent's socket is silent");
            return self.agent_closed(AgentFailure::Transient);
        }
        agent.ping();
    }

    /// Opens another conversation if that may help, else says sorry and hangs up.
    pub(super) fn replace_agent(&mut self) {
        let may_pass = matches!(self.failure, AgentFailure::Transient | AgentFailure::Busy);
        let may_help = may_pass && self.opens < AGENT_OPENS_MAX;
        tracing::warn!(call_id = %self.request.id, opens = self.opens, may_help, failure = ?self.failure, "agent lost");
        if may_help {
            self.open_agent();
        } else {
            self.say_sorry();
        }
    }

    pub(super) fn say_sorry(&mut self) {
        self.say(Line::SORRY);
    }

    /// Has the callee wait: with words at first, then with a tone.
    pub(super) fn hold(&mut self) {
        let line = if self.is_asked_to_wait {
            Line::TONE
        } else {
            Line::ONE_MOMENT
        };
        self.is_asked_to_wait = true;
        let pcm = line.pcm(self.carrier_hz());
        self.feed(Input::Hold(pcm));
    }

    /// Plays a line of our own, then hangs up.
    pub(super) fn say(&mut self, line: Line) {
        let pcm = line.pcm(self.relay.config.bridge.carrier_out_hz);
        self.feed(Input::Say(pcm));
    }
}

fn format(of: AudioFormat) -> Format {
    match of {
        AudioFormat::Pcm { hz } => Format::Pcm { hz },
        AudioFormat::Ulaw => Format::Ulaw,
    }
}

/// Has the tables made, once in a process, that a change of rate needs. They take up to 0.1 s, in
/// which other calls are not to wait.
async fn prepare(relay: &Relay, hears: Format, speaks: Format) {
    let carrier = relay.config.bridge;
    let pairs = [
        (carrier.carrier_in_hz, hears.hz()),
        (speaks.hz(), carrier.carrier_out_hz),
    ];
    for (from, to) in pairs.into_iter().filter(|(from, to)| from != to) {
        let make = move || drop(Resampler::new(from, to));
        relay.tasks.work_out(make).await;
    }
}
