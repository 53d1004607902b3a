//! Tools that the agent calls over the conversation's own socket: run beside the audio, answered once.

use super::Session;
use crate::{
    bridge::Input,
    defaults::{TOOL_CALLS_KEPT, TOOL_TIMEOUT, TOOLS_AT_ONCE_MAX},
};
use agent_tools::{ToolUse, live};
use call::{
    CallRequest,
    answers::{Questionnaire, Source},
};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use store::calls::Calls;
use tokio::{task::JoinSet, time::timeout};

/// A call of a tool, as the agent made it.
pub(super) struct ToolCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) turn: Option<u64>,
    pub(super) expects_response: bool,
}

#[derive(Clone)]
struct Said {
    text: String,
    is_error: bool,
}

/// A tool that has run.
pub(super) struct Done {
    /// The conversation that called it, counted from 1; a later one knows nothing of it.
    conversation: u32,
    id: String,
    said: Said,
    expects_response: bool,
}

/// The tools of one session: those that run, and what the latest ones said.
#[derive(Default)]
pub(super) struct Tools {
    running: JoinSet<Done>,
    /// Ids with what was said, or nothing while it runs.
    latest: VecDeque<(String, Option<Said>)>,
}

impl Tools {
    pub(super) async fn done(&mut self) -> Option<Done> {
        match self.running.join_next().await? {
            Ok(done) => Some(done),
            Err(error) => {
                tracing::error!(%error, "a tool stopped short");
                None
            }
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Lets what runs come to its end, so that nothing is half saved.
    pub(super) async fn finish(mut self) {
        while self.running.join_next().await.is_some() {}
    }

    fn remember(&mut self, id: &str, said: Option<Said>) {
        if let Some(known) = self.latest.iter_mut().find(|(known, _)| known == id) {
            known.1 = said;
            return;
        }
        if self.latest.len() == TOOL_CALLS_KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back((id.to_owned(), said));
    }
}

impl Session<'_> {
    /// Runs a tool, or repeats what it said if this call was delivered before.
    pub(super) fn call_tool(&mut self, call: ToolCall) {
        let known = self.tools.latest.iter().find(|(id, _)| *id == call.id);
        if let Some((id, said)) = known.cloned() {
            if let Some(said) = said {
                self.answer_tool(&id, &said);
            }
            return;
        }
        tracing::info!(call_id = %self.request.id, attempt = self.attempt, tool_calls = 1, "tool called");
        if call.name == live::TRANSFER_CALL {
            return self.transfer(call);
        }
        if self.tools.running.len() >= TOOLS_AT_ONCE_MAX {
            let busy = refusal("too many tools at once, try again");
            return self.answer_tool(&call.id, &busy);
        }
        self.tools.remember(&call.id, None);
        let tool_use = ToolUse {
            talk: self.talk(),
            source: Source::ClientTool,
            turn: call.turn.and_then(|turn| u32::try_from(turn).ok()),
        };
        let (calls, request) = (self.relay.calls.clone(), self.request.clone());
        let questionnaire = self.relay.config.questionnaire.clone();
        let conversation = self.opens;
        self.tools.running.spawn(async move {
            let ToolCall {
                id,
                name,
                arguments,
                expects_response,
                ..
            } = call;
            let run = run(&calls, &questionnaire, &request, tool_use, &name, arguments);
            let said = timeout(TOOL_TIMEOUT, run).await;
            Done {
                conversation,
                id,
                said: said.unwrap_or_else(|_| refusal("no answer in time, try again")),
                expects_response,
            }
        });
    }

    /// Tells the agent what a tool said, if it is still the one that called it and waits for that.
    pub(super) fn tool_done(&mut self, done: Done) {
        let Done { id, said, .. } = done;
        if done.conversation == self.opens && done.expects_response {
            self.answer_tool(&id, &said);
        }
        self.tools.remember(&id, Some(said));
    }

    fn transfer(&mut self, call: ToolCall) {
        if self.relay.config.transfer_number.is_none() {
            let refused = refusal("nobody to hand over to is known");
            return self.answer_tool(&call.id, &refused);
        }
        let said = Said {
            text: json!({ "transferring": true }).to_string(),
            is_error: false,
        };
        self.answer_tool(&call.id, &said);
        self.tools.remember(&call.id, Some(said));
        self.feed(Input::Transfer);
    }

    fn answer_tool(&mut self, id: &str, said: &Said) {
        if let Some(agent) = &mut self.agent {
            agent.answer_tool(id, &said.text, said.is_error);
        }
    }
}

fn refusal(text: &str) -> Said {
    Said {
        text: text.to_owned(),
        is_error: true,
    }
}

async fn run(
    calls: &Calls,
    questionnaire: &Questionnaire,
    request: &CallRequest,
    tool_use: ToolUse,
    name: &str,
    arguments: Map<String, Value>,
) -> Said {
    let result = match live::run(calls, request, tool_use, name, &arguments).await {
        Some(result) => result,
        None => agent_tools::run(calls, questionnaire, tool_use, name, arguments).await,
    };
    match result {
        Ok(said) => Said {
            text: said.to_string(),
            is_error: false,
        },
        Err(error) => {
            if let agent_tools::ToolError::Store(error) = &error {
                tracing::warn!(call_id = %tool_use.talk.call, %error, "a tool could not save");
            }
            refusal(&error.to_string())
        }
    }
}
