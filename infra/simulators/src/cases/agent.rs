//! What the agent does.

use super::case::Case;
use crate::elevenlabs::{Failure, Say, Script, Step};
use crate::speech::line;
use serde_json::json;

impl Case {
    /// What the agent does, if it is not what it always does.
    #[must_use]
    pub fn script(self) -> Option<Script> {
        match self {
            Self::AgentUnreachable => Some(Script::new([]).failing_at_start(Failure::crash())),
            Self::AgentBreaksDown => Some(Script::new([greeting(), Step::Fail(Failure::crash())])),
            Self::AgentHangsUp => Some(Script::new([greeting(), Step::EndCall])),
            Self::NothingSaved => Some(Script::intake_hi().saving_nothing()),
            Self::OptsOut => Some(opting_out()),
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
    let goodbye = Say::from(line("agent_goodbye_hi")).without_waiting();
    Script::new([
        greeting(),
        Step::Listen {
            transcript: "मुझे दोबारा कॉल मत कीजिए।".to_owned(),
        },
        Step::CallTool {
            name: "opt_out".to_owned(),
            parameters: json!({}),
            expects_response: true,
        },
        Step::Say(goodbye),
        Step::EndCall,
    ])
}
