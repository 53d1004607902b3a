//! From the client data to the first word.

use std::time::Duration;

use super::super::behaviour::Behaviour;
use super::super::wire::{self, ClientData, Invalid};
use super::{Conversation, Cx, Phase};
use crate::speech::Segmenter;

impl Conversation {
    pub(super) fn begin(&mut self, data: ClientData, cx: &mut Cx<'_>) {
        cx.record.dynamic_variables = data.dynamic_variables.clone();
        cx.record.user_id = data.user_id.clone();
        self.script = (self.choice)(&data);
        cx.record.collected = self.script.collected();
        self.segmenter = Segmenter::new(self.script.listen);
        self.client_events = data.client_events;
        self.timers.client_data = None;

        let has = |name: &String| data.dynamic_variables.contains_key(name);
        if let Some(name) = self
            .script
            .required_variables
            .iter()
            .find(|name| !has(name))
        {
            let reason = format!("missing required dynamic variable {name:?}");
            let error_type = "missing_dynamic_variable";
            return self.refuse(Invalid::new(error_type, reason), cx);
        }
        let allowed = &self.script.allowed_overrides;
        if let Some(path) = data.overrides.iter().find(|path| !allowed.contains(path)) {
            let reason = format!("override of {path:?} is not enabled for this agent");
            return self.refuse(Invalid::new("override_error", reason), cx);
        }
        if self.is_mute() {
            self.phase = Phase::Idle;
            return;
        }
        if let Behaviour::FailAtStart(failure) = self.behaviour.clone() {
            return self.fail(failure, cx);
        }
        if let Some(failure) = self.script.fails_at_start.clone() {
            return self.fail(failure, cx);
        }
        let delay = if let Behaviour::SlowMetadata(delay) = self.behaviour {
            delay
        } else {
            Duration::ZERO
        };
        self.phase = Phase::Starting { at: cx.now + delay };
        self.handle_timeout(cx);
    }

    /// Sends the metadata and starts the clocks.
    pub(super) fn start(&mut self, cx: &mut Cx<'_>) {
        let delivery = &self.script.delivery;
        let metadata = wire::metadata(
            &cx.record.conversation_id,
            &delivery.agent_format,
            &delivery.user_format,
        );
        self.send_as_it_stands(metadata, cx);
        cx.record.ready_at = Some(cx.now - self.opened);

        let timing = &self.script.timing;
        self.timers.no_input = Some(cx.now + timing.no_input_after);
        self.timers.max_duration = Some(cx.now + timing.max_duration);
        self.timers.ping = Some(cx.now + timing.ping_every);
        if let Behaviour::FailAfter(after, _) = self.behaviour {
            self.timers.failure = Some(cx.now + after);
        }
        self.run_step(cx);
    }
}
