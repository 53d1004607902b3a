//! Who is on the phone.

use super::case::Case;
use crate::{
    knowlarity::{Callee, Step},
    speech::line,
};
use std::time::Duration;

/// Until the carrier opens a stream again that broke.
const LINE_BACK: Duration = Duration::from_secs(3);

/// What a patient answers to the agent's questions in Hindi, in their order.
const REPLIES: [&str; 4] = [
    "callee_haan_hi",
    "callee_age_hi",
    "callee_complaint_hi",
    "callee_city_hi",
];

/// Somebody who answers everything.
#[must_use]
pub fn willing() -> Callee {
    Callee::speaking(REPLIES.map(reply).to_vec())
}

fn reply(id: &str) -> Step {
    Step::Reply(line(id).pcm)
}

/// Somebody who does this after one answer.
fn then(step: impl IntoIterator<Item = Step>) -> Callee {
    let steps = [reply(REPLIES[0])].into_iter().chain(step);
    Callee::speaking(steps.collect())
}

impl Case {
    /// Who picks up, if it is not whoever always does.
    pub(crate) fn callee(self) -> Option<Callee> {
        match self {
            Self::HangsUp => Some(then([Step::HangUp])),
            Self::SaysNothing => Some(Callee::silent()),
            Self::LineBreaks => Some(then([Step::DropSocket])),
            Self::LineReturns => {
                let broken = [Step::DropSocket, Step::Reconnect(LINE_BACK)];
                Some(then(
                    broken
                        .into_iter()
                        .chain(REPLIES[1..].iter().map(|id| reply(id))),
                ))
            }
            Self::LineDead => Some(Callee::speaking(vec![Step::DropSocket])),
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
            | Self::AgentUnreachable
            | Self::AgentBreaksDown
            | Self::AgentHangsUp
            | Self::NothingSaved
            | Self::OptsOut
            | Self::CallsBack => None,
        }
    }
}
