//! The script: speaking, listening, tools, and who has the turn.

use serde_json::Value;
use tokio::time::Instant;

use super::super::playback::Playback;
use super::super::record::{CALLEE_SAMPLES_MAX, Interruption, Speaker, Turn, keep};
use super::super::script::{Say, Step};
use super::super::{behaviour::Ending, wire};
use super::{Conversation, Cx, Output, Phase};
use crate::elevenlabs::mcp::McpCall;
use crate::speech::Heard;

/// The dynamic variable that the agents' MCP server is configured to get as `Authorization`.
const TOKEN_VARIABLE: &str = "secret__answer_token";

impl Conversation {
    /// Starts the step that is next.
    pub(super) fn run_step(&mut self, cx: &mut Cx<'_>) {
        let Some(step) = self.script.steps.get(self.step).cloned() else {
            self.phase = Phase::Idle;
            return;
        };
        self.step += 1;
        match step {
            Step::Say(say) => self.say(say, cx),
            Step::Listen { transcript } => self.listen(transcript, self.step - 1, cx.now),
            Step::CallTool {
                name,
                parameters,
                expects_response,
            } => {
                self.call_tool(&name, &parameters, expects_response, cx);
            }
            Step::McpTool { name, arguments } => {
                let call_id = self.tool_call_id();
                let variables = &cx.record.dynamic_variables;
                let token = variables.get(TOKEN_VARIABLE).and_then(Value::as_str);
                self.outputs.push_back(Output::CallMcp(McpCall {
                    call_id: call_id.clone(),
                    name,
                    arguments,
                    token: token.unwrap_or_default().to_owned(),
                }));
                self.phase = Phase::AwaitingTool {
                    call_id,
                    until: cx.now + self.script.timing.tool_within,
                };
            }
            Step::Pause(pause) => {
                self.phase = Phase::Waiting {
                    until: cx.now + pause,
                }
            }
            Step::Send(message) => {
                self.send_as_it_stands(message, cx);
                self.phase = Phase::Waiting { until: cx.now };
            }
            Step::EndCall => self.end_call(cx),
            Step::Fail(failure) => self.fail(failure, cx),
        }
    }

    fn say(&mut self, say: Say, cx: &mut Cx<'_>) {
        let event_id = self.event_id();
        self.last_line = Some(say.line.clone());
        let playback = Playback::new(say, event_id, &self.script.delivery, cx.now);
        self.speak(playback, cx);
    }

    /// Sends what is due of a line, and goes on when it has been played.
    pub(super) fn speak(&mut self, mut playback: Playback, cx: &mut Cx<'_>) {
        while let Some((pcm, alignment)) = playback.pop_due(cx.now) {
            self.send_audio(pcm, playback.event_id, alignment, false, cx);
        }
        if playback.is_burst_over() && !playback.is_reported {
            playback.is_reported = true;
            if self.script.delivery.final_marker {
                self.send(wire::final_marker(playback.event_id), cx);
            }
            self.report_line(&playback, cx);
        }
        if playback.is_over(cx.now) {
            self.phase = Phase::Waiting { until: cx.now };
        } else {
            self.phase = Phase::Speaking(playback);
        }
    }

    fn report_line(&mut self, playback: &Playback, cx: &mut Cx<'_>) {
        let (text, event_id) = (playback.text().to_owned(), playback.event_id);
        self.send(wire::agent_response(&text, event_id), cx);
        let at = cx.now - self.opened;
        let speaker = Speaker::Agent;
        cx.record.transcript.push(Turn {
            at,
            speaker,
            text,
            original: None,
            event_id,
        });
    }

    fn listen(&mut self, transcript: String, again: usize, now: Instant) {
        let until = now + self.script.timing.turn_timeout;
        self.phase = Phase::Listening {
            transcript,
            again,
            until,
        };
    }

    /// The callee has been silent for too long: say the last line again, or give up.
    pub(super) fn reprompt(&mut self, transcript: String, again: usize, cx: &mut Cx<'_>) {
        if self.segmenter.is_speech() {
            return self.listen(transcript, again, cx.now);
        }
        self.reprompts += 1;
        match self.last_line.clone() {
            Some(line) if self.reprompts <= self.script.reprompts_max => {
                self.step = again;
                self.say(line.into(), cx);
            }
            Some(_) | None => self.end_call(cx),
        }
    }

    fn call_tool(
        &mut self,
        name: &str,
        parameters: &Value,
        expects_response: bool,
        cx: &mut Cx<'_>,
    ) {
        let (call_id, event_id) = (self.tool_call_id(), self.event_id());
        let call = wire::client_tool_call(name, &call_id, parameters, event_id, expects_response);
        self.send(call, cx);
        self.phase = if expects_response {
            Phase::AwaitingTool {
                call_id,
                until: cx.now + self.script.timing.tool_within,
            }
        } else {
            Phase::Waiting { until: cx.now }
        };
    }

    pub(super) fn take_tool_result(&mut self, id: &str, cx: &mut Cx<'_>) {
        if matches!(&self.phase, Phase::AwaitingTool { call_id, .. } if call_id == id) {
            self.run_step(cx);
        }
    }

    /// Takes what the MCP server answered.
    pub(crate) fn take_mcp_result(&mut self, call_id: &str, result: Value, cx: &mut Cx<'_>) {
        keep(&mut cx.record.mcp_results, result);
        self.take_tool_result(call_id, cx);
    }

    fn end_call(&mut self, cx: &mut Cx<'_>) {
        let (call_id, event_id) = (self.tool_call_id(), self.event_id());
        self.send(wire::end_call(&call_id, event_id), cx);
        self.end(Ending::Close {
            code: 1000,
            reason: String::new(),
        });
    }

    pub(super) fn hear(&mut self, pcm: &[i16], cx: &mut Cx<'_>) {
        cx.record.audio_frames += 1;
        cx.record.callee_samples += pcm.len();
        if self.keeps_audio && cx.record.callee_pcm.len() < CALLEE_SAMPLES_MAX {
            cx.record.callee_pcm.extend_from_slice(pcm);
        }
        if self.timers.no_input.is_some() {
            self.timers.no_input = Some(cx.now + self.script.timing.no_input_after);
        }
        for heard in self.segmenter.push(pcm) {
            match heard {
                Heard::Began { .. } => self.callee_began(cx),
                Heard::Ended(segment) => {
                    keep(&mut cx.record.speech, segment);
                    self.callee_ended(cx);
                }
            }
        }
    }

    fn callee_began(&mut self, cx: &mut Cx<'_>) {
        if !matches!(&self.phase, Phase::Speaking(playback) if playback.is_interruptible()) {
            return;
        }
        if let Phase::Speaking(playback) = std::mem::replace(&mut self.phase, Phase::Idle) {
            self.interrupt(playback, cx);
        }
    }

    fn callee_ended(&mut self, cx: &mut Cx<'_>) {
        let Phase::Listening { transcript, .. } = &mut self.phase else {
            return;
        };
        let text = std::mem::take(transcript);
        let event_id = self.event_id();
        self.send(wire::tentative_user_transcript(&text, event_id), cx);
        self.send(wire::user_transcript(&text, event_id), cx);
        let at = cx.now - self.opened;
        let speaker = Speaker::Callee;
        cx.record.transcript.push(Turn {
            at,
            speaker,
            text,
            original: None,
            event_id,
        });

        self.reprompts = 0;
        self.phase = Phase::Waiting {
            until: cx.now + self.script.timing.think,
        };
    }

    /// The callee barged in: stop, say what was really spoken, and take their turn.
    fn interrupt(&mut self, mut cut: Playback, cx: &mut Cx<'_>) {
        let event_id = cut.event_id;
        if !cut.is_reported {
            self.report_line(&cut, cx);
        }
        self.send(wire::interruption(event_id), cx);
        let at = cx.now - self.opened;
        let callee_samples = cx.record.callee_samples;
        cx.record.interruptions.push(Interruption {
            at,
            event_id,
            callee_samples,
        });

        for (pcm, alignment) in cut.take_stale(self.script.delivery.stale_chunks) {
            self.send_audio(pcm, event_id, alignment, true, cx);
        }
        let spoken = cut.spoken_text(cx.now);
        self.send(
            wire::agent_response_correction(cut.text(), &spoken, event_id),
            cx,
        );
        if let Some(turn) = cx
            .record
            .transcript
            .iter_mut()
            .rfind(|turn| turn.event_id == event_id)
        {
            turn.original = Some(std::mem::replace(&mut turn.text, spoken));
        }

        // The turn now belongs to the callee, whether the script expected that or not.
        let again = self.step;
        let transcript = match self.script.steps.get(self.step) {
            Some(Step::Listen { transcript }) => {
                self.step += 1;
                transcript.clone()
            }
            Some(_) | None => self.script.barge_in_transcript.clone(),
        };
        self.listen(transcript, again, cx.now);
    }
}
