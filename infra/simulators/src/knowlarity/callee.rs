//! The person on the phone: what is said when, judged by what is really heard.

use std::{sync::Arc, time::Duration};

/// Silence of the agent after which a callee takes the turn.
const AGENT_DONE: Duration = Duration::from_millis(400);

/// Amplitude below which a sample counts as silence: the pauses of recorded speech.
const QUIET: i16 = 500;

/// A person with a script.
#[derive(Clone, Debug, Default)]
pub struct Callee {
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Whether the callee hangs up when the script is over, instead of staying on the line.
    pub hangs_up: bool,
}

impl Callee {
    /// Never says a word.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// Follows the steps, then stays on the line.
    #[must_use]
    pub fn speaking(steps: Vec<Step>) -> Self {
        Self {
            steps,
            hangs_up: false,
        }
    }
}

/// One thing a callee does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Waits until the agent has spoken and been quiet for 400 ms, then says this (16 kHz).
    Reply(Arc<[i16]>),
    /// Says this that long after the stream opened.
    SayAt(Duration, Arc<[i16]>),
    /// Says this once the agent has been heard that long without a pause: a barge-in.
    BargeIn(Duration, Arc<[i16]>),
    /// Hangs up.
    HangUp,
    /// The network breaks: the socket is reset without a close frame.
    DropSocket,
    /// After a [`Step::DropSocket`]: the carrier opens the stream again that long afterwards.
    Reconnect(Duration),
    /// Presses a key.
    Dtmf(char),
}

/// What a callee does at one moment.
#[derive(Debug)]
pub(super) enum Act {
    Nothing,
    Say(Arc<[i16]>),
    HangUp,
    Drop { reconnect: Option<Duration> },
    Dtmf(char),
}

/// Follows one script through one call.
pub(super) struct Acting {
    steps: std::vec::IntoIter<Step>,
    current: Option<Step>,
    hangs_up: bool,
    on_air: Duration,
    heard_for: Duration,
    quiet_for: Duration,
    has_heard: bool,
}

impl Acting {
    pub(super) fn new(callee: Callee) -> Self {
        let mut steps = callee.steps.into_iter();
        let current = steps.next();
        Self {
            steps,
            current,
            hangs_up: callee.hangs_up,
            on_air: Duration::ZERO,
            heard_for: Duration::ZERO,
            quiet_for: Duration::ZERO,
            has_heard: false,
        }
    }

    /// Listens to one frame; `is_speaking` while the callee's own words are not out yet.
    pub(super) fn listen(&mut self, heard: &[i16], frame: Duration, is_speaking: bool) -> Act {
        self.on_air += frame;
        if heard
            .iter()
            .any(|sample| sample.unsigned_abs() > QUIET.unsigned_abs())
        {
            self.has_heard = true;
            self.quiet_for = Duration::ZERO;
        } else {
            self.quiet_for += frame;
        }
        let is_utterance = self.has_heard && self.quiet_for < AGENT_DONE;
        self.heard_for = if is_utterance {
            self.heard_for + frame
        } else {
            Duration::ZERO
        };
        if is_speaking {
            Act::Nothing
        } else {
            self.act()
        }
    }

    fn act(&mut self) -> Act {
        let is_due = match &self.current {
            Some(Step::Reply(_)) => self.has_heard && self.quiet_for >= AGENT_DONE,
            Some(Step::SayAt(at, _)) => self.on_air >= *at,
            Some(Step::BargeIn(after, _)) => self.heard_for >= *after,
            Some(Step::HangUp | Step::DropSocket | Step::Reconnect(_) | Step::Dtmf(_)) => true,
            None if self.hangs_up => return Act::HangUp,
            None => false,
        };
        if !is_due {
            return Act::Nothing;
        }
        let step = std::mem::replace(&mut self.current, self.steps.next());
        match step {
            Some(Step::Reply(pcm) | Step::SayAt(_, pcm) | Step::BargeIn(_, pcm)) => {
                self.has_heard = false;
                self.heard_for = Duration::ZERO;
                Act::Say(pcm)
            }
            Some(Step::HangUp) => Act::HangUp,
            Some(Step::DropSocket) => Act::Drop {
                reconnect: self.take_reconnect(),
            },
            Some(Step::Dtmf(digit)) => Act::Dtmf(digit),
            Some(Step::Reconnect(_)) | None => Act::Nothing,
        }
    }

    fn take_reconnect(&mut self) -> Option<Duration> {
        let Some(Step::Reconnect(after)) = &self.current else {
            return None;
        };
        let after = *after;
        self.current = self.steps.next();
        Some(after)
    }
}
