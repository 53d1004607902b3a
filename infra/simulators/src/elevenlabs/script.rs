//! What the simulated agent says and does in one conversation, as data.

mod ready;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::behaviour::Failure;
use super::timing::Timing;
use crate::speech::{Line, ListenSettings, line};

/// The plan of one conversation: steps in order, and how the agent behaves throughout.
#[derive(Debug, Clone)]
pub struct Script {
    /// What happens, in order. After the last step the agent stays on the line and listens.
    pub steps: Vec<Step>,
    /// Dynamic variables without which the conversation is refused (close 1008).
    pub required_variables: Vec<String>,
    /// Settings the client may override, as `section.field`; any other is refused (close 1008).
    pub allowed_overrides: Vec<String>,
    /// When sound counts as speech, and when a turn is over.
    pub listen: ListenSettings,
    /// Deadlines and delays.
    pub timing: Timing,
    /// How speech is cut and sent.
    pub delivery: Delivery,
    /// Transcript of a barge-in that no [`Step::Listen`] follows.
    pub barge_in_transcript: String,
    /// How often the agent repeats itself to a silent callee before it ends the call.
    pub reprompts_max: u32,
    /// What the platform reads out of the conversation afterwards, beside what its tools saved.
    pub collects: Map<String, Value>,
    /// Whether the platform reads anything out of it at all, as it does if the script is gone through.
    pub is_read_out: bool,
    /// How the conversation fails before it begins, if it does.
    pub fails_at_start: Option<Failure>,
}

/// One thing that the agent does.
#[derive(Debug, Clone)]
pub enum Step {
    /// Speaks a line.
    Say(Say),
    /// Waits until the callee has spoken and is silent again, then reports `transcript`.
    Listen {
        /// Text that the recogniser is pretended to have understood.
        transcript: String,
    },
    /// Calls a tool of the client, and waits for its result when one is expected.
    CallTool {
        /// Tool name.
        name: String,
        /// JSON object of parameters.
        parameters: Value,
        /// Whether the agent waits for `client_tool_result`.
        expects_response: bool,
    },
    /// Calls a tool of the MCP server at [`super::Settings::mcp_url`], as the platform does: with the
    /// conversation's secret token, and waiting for the result. Without a server it is skipped.
    McpTool {
        /// Tool name.
        name: String,
        /// JSON object of arguments.
        arguments: Value,
    },
    /// Does nothing for a while; still listens, pings and records.
    Pause(Duration),
    /// Sends one message as it stands, known or not.
    Send(Value),
    /// Sends `end_call` and closes with 1000, with audio still queued at the client if the line
    /// before it was [`Say::without_waiting`].
    EndCall,
    /// Fails as described, in the middle of the conversation.
    Fail(Failure),
}

/// One line to speak.
#[derive(Debug, Clone)]
pub struct Say {
    /// What is said.
    pub line: Line,
    /// Whether the next step waits until the line has been played in real time.
    pub waits: bool,
    /// Whether the callee may barge in.
    pub interruptible: bool,
}

/// How speech travels: in bursts faster than real time, in pieces of uneven size.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Seconds of audio sent in each second of real time. The live service is well above 1.
    pub burst_factor: u32,
    /// Bytes of the `audio` messages in turn, repeated; every size is even.
    pub chunk_bytes: Vec<usize>,
    /// `audio` messages with the old event id that still follow an `interruption`.
    pub stale_chunks: usize,
    /// Whether a reply ends with an `audio` message without sound that says `is_final`.
    pub final_marker: bool,
    /// Audio format that the metadata announces for the agent's speech. The samples of its lines are
    /// sent in that coding, as if they had its rate.
    pub agent_format: String,
    /// Audio format that the metadata announces for the callee's speech. What comes is recorded as
    /// samples of its rate.
    pub user_format: String,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            burst_factor: 8,
            chunk_bytes: vec![170, 8_000, 1_366, 4_096, 642, 6_400, 2_730],
            stale_chunks: 2,
            final_marker: true,
            agent_format: "pcm_16000".to_owned(),
            user_format: "pcm_16000".to_owned(),
        }
    }
}

impl Say {
    /// Speaks the line without waiting for its end: the next step follows the burst at once.
    #[must_use]
    pub fn without_waiting(mut self) -> Self {
        self.waits = false;
        self
    }

    /// Speaks the line to its end even if the callee talks.
    #[must_use]
    pub fn uninterruptible(mut self) -> Self {
        self.interruptible = false;
        self
    }
}

impl From<Line> for Say {
    fn from(line: Line) -> Self {
        Self {
            line,
            waits: true,
            interruptible: true,
        }
    }
}

impl Step {
    /// Speaks an embedded line, see [`line()`].
    pub fn say(id: &str) -> Self {
        Self::Say(line(id).into())
    }

    /// Saves one answer over MCP.
    pub fn saves(field: &str, value: &str) -> Self {
        Self::McpTool {
            name: "save_patient_response".to_owned(),
            arguments: json!({ "field": field, "value": value }),
        }
    }

    /// Listens for an embedded line, see [`line()`]; only its text is used.
    pub fn listen(id: &str) -> Self {
        Self::Listen {
            transcript: line(id).text,
        }
    }
}

impl Script {
    /// A script with default behaviour around the given steps.
    pub fn new(steps: impl Into<Vec<Step>>) -> Self {
        let allowed = [
            "agent.language",
            "agent.first_message",
            "conversation.client_events",
        ];
        Self {
            steps: steps.into(),
            required_variables: Vec::new(),
            allowed_overrides: allowed.map(str::to_owned).to_vec(),
            listen: ListenSettings::default(),
            timing: Timing::default(),
            delivery: Delivery::default(),
            barge_in_transcript: line("callee_barge_in_hi").text,
            reprompts_max: 2,
            collects: Map::new(),
            is_read_out: true,
            fails_at_start: None,
        }
    }

    /// What the platform reads out of the conversation afterwards, by field.
    pub(crate) fn collected(&self) -> Map<String, Value> {
        if !self.is_read_out {
            return Map::new();
        }
        let saved = self.steps.iter().filter_map(|step| match step {
            Step::McpTool { name, arguments }
            | Step::CallTool {
                name,
                parameters: arguments,
                ..
            } if name == "save_patient_response" => {
                let field = arguments["field"].as_str()?.to_owned();
                Some((field, arguments["value"].clone()))
            }
            Step::Say(_)
            | Step::Listen { .. }
            | Step::CallTool { .. }
            | Step::McpTool { .. }
            | Step::Pause(_)
            | Step::Send(_)
            | Step::EndCall
            | Step::Fail(_) => None,
        });
        saved.chain(self.collects.clone()).collect()
    }

    /// Refuses conversations that do not bring these dynamic variables.
    #[must_use]
    pub fn requiring(mut self, names: &[&str]) -> Self {
        self.required_variables = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Uses other deadlines and delays.
    #[must_use]
    pub fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Fails as described, before the metadata.
    #[must_use]
    pub fn failing_at_start(mut self, failure: Failure) -> Self {
        self.fails_at_start = Some(failure);
        self
    }

    /// Is not gone through: the platform reads nothing out of it.
    #[must_use]
    pub fn cut_short(mut self) -> Self {
        self.is_read_out = false;
        self
    }

    /// Calls no tool, and the platform reads nothing out of the conversation.
    #[must_use]
    pub fn saving_nothing(mut self) -> Self {
        let is_tool = |step: &Step| matches!(step, Step::McpTool { .. } | Step::CallTool { .. });
        self.steps.retain(|step| !is_tool(step));
        self.cut_short()
    }

    /// Cuts every line after `duration`, to keep a test short.
    #[must_use]
    pub fn shortened(mut self, duration: Duration) -> Self {
        for step in &mut self.steps {
            if let Step::Say(say) = step {
                say.line = say.line.clone().shortened(duration);
            }
        }
        self
    }
}
