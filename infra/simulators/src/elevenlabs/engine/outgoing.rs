//! What leaves the conversation, and how it ends.

use serde_json::Value;

use super::super::behaviour::{Ending, Failure};
use super::super::record::{SentAudio, Stamped, keep};
use super::super::wire::{self, Invalid};
use super::{Conversation, Cx, Output, Phase};

impl Conversation {
    pub(super) fn send_audio(
        &mut self,
        pcm: Vec<i16>,
        event_id: u64,
        alignment: wire::Alignment,
        is_stale: bool,
        cx: &mut Cx<'_>,
    ) {
        if !self.is_wanted("audio") {
            return;
        }
        let format = &self.script.delivery.agent_format;
        let message = wire::agent_audio(&pcm, format, event_id, alignment);
        self.outputs.push_back(Output::Send(message));
        let pcm = if self.keeps_audio { pcm } else { Vec::new() };
        cx.record.agent_audio.push(SentAudio {
            at: cx.now - self.opened,
            event_id,
            pcm,
            is_stale,
        });
    }

    /// Sends a message of the protocol, unless the client has switched its type off.
    pub(super) fn send(&mut self, message: Value, cx: &mut Cx<'_>) {
        if self.is_wanted(message["type"].as_str().unwrap_or_default()) {
            self.send_as_it_stands(message, cx);
        }
    }

    pub(super) fn send_as_it_stands(&mut self, message: Value, cx: &mut Cx<'_>) {
        let at = cx.now - self.opened;
        keep(
            &mut cx.record.sent,
            Stamped {
                at,
                message: message.clone(),
            },
        );
        self.outputs.push_back(Output::Send(message));
    }

    pub(super) fn is_wanted(&self, kind: &str) -> bool {
        let chosen = self.client_events.as_ref();
        chosen.is_none_or(|events| events.iter().any(|event| event == kind))
    }

    pub(super) fn refuse(&mut self, error: Invalid, cx: &mut Cx<'_>) {
        cx.record.violations.push(error.reason.clone());
        let frame = wire::error(1008, error.error_type, &error.reason);
        let ending = Ending::Close {
            code: 1008,
            reason: error.error_type.to_owned(),
        };
        self.fail(
            Failure {
                frames: vec![frame],
                ending,
            },
            cx,
        );
    }

    pub(super) fn fail(&mut self, failure: Failure, cx: &mut Cx<'_>) {
        if self.is_mute() || matches!(self.phase, Phase::Over) {
            return;
        }
        for frame in failure.frames {
            self.send_as_it_stands(frame, cx);
        }
        self.end(failure.ending);
    }

    pub(super) fn end(&mut self, ending: Ending) {
        self.phase = Phase::Over;
        self.outputs.push_back(Output::End(ending));
    }
}
