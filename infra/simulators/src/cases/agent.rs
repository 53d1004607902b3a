//! What the agent does.

use super::case::Case;
use crate::elevenlabs::{Failure, Say, Script, Step};
use crate::speech::line;
use serde_json::{Value, json};
use std::time::Duration;

/// Counted from the beginning of the conversation, which takes less.
const CALL_BACK_AFTER: Duration = Duration::from_secs(15);

impl Case {
    /// What the agent does after that many dials to the number, if it is not what it always does.
    #[must_use]
    pub fn script(self, dials: usize) -> Option<Script> {
        match self {
            Self::AgentUnreachable => Some(Script::new([]).failing_at_start(Failure::crash())),
            Self::AgentBreaksDown => Some(Script::new([greeting(), Step::Fail(Failure::crash())])),
            Self::AgentHangsUp => Some(Script::new([greeting(), Step::EndCall])),
            Self::NothingSaved => Some(Script::intake_hi().saving_nothing()),
            Self::OptsOut => Some(opting_out()),
            Self::CallsBack if dials.is_multiple_of(2) => None,
            Self::CallsBack => Some(calling_back()),
            Self::HangsUp | Self::SaysNothing | Self::LineBreaks | Self::LineDead => {
                Some(Script::intake_hi().cut_short())
            }
            Self::Answer
            | Self::Busy
            | Self::NoAnswer
            | Self::SwitchedOff
            | Self::Rejected
            | Self::InvalidNumber
            | Self::NeverReports
            | Self::KeyRefused
            | Self::NeverReplies
            | Self::BusyOnce
            | Self::LineReturns => None,
        }
    }
}

fn greeting() -> Step {
    Step::say("agent_greeting_hi")
}

/// The patient's first words are understood as the wish for no more calls.
fn opting_out() -> Script {
    granting("मुझे दोबारा कॉल मत कीजिए।", "opt_out", json!({}))
}

/// They are understood as the wish for another call soon.
fn calling_back() -> Script {
    let at = jiff::Timestamp::now() + CALL_BACK_AFTER;
    let time = json!({ "time": at.to_string() });
    granting("अभी नहीं, थोड़ी देर में कॉल कीजिए।", "schedule_callback", time)
}

/// A wish is heard and granted with a tool, and that is all.
fn granting(wish: &str, tool: &str, parameters: Value) -> Script {
    let goodbye = Say::from(line("agent_goodbye_hi")).without_waiting();
    let steps = [
        greeting(),
        Step::Listen {
            transcript: wish.to_owned(),
        },
        Step::CallTool {
            name: tool.to_owned(),
            parameters,
            expects_response: true,
        },
        Step::Say(goodbye),
        Step::EndCall,
    ];
    Script::new(steps).cut_short()
}
