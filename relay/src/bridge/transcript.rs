//! What was said, numbered, and corrected when an interruption cut it short.

use super::barge_in::Utterance;
use call::private::Private;
use std::collections::VecDeque;

/// Agent turns that can still be corrected. Corrections follow within one or two turns.
const CORRECTABLE_MAX: usize = 16;

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The person dialled.
    Callee,
    /// The agent.
    Agent,
}

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Counts the turns of this bridge, from 1. A correction has the number of its original.
    pub seq: u32,
    /// Who spoke.
    pub speaker: Speaker,
    /// The words.
    pub text: Private,
    /// The agent's number for the event, if it gave one.
    pub event_id: Option<u64>,
    /// Whether the callee cut the turn short, so that `text` is what was really spoken.
    pub interrupted: bool,
}

/// Numbers the turns and remembers the agent's last ones.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    turns: u32,
    correctable: VecDeque<(u32, Option<Utterance>)>,
}

impl Transcript {
    pub(crate) fn said(
        &mut self,
        speaker: Speaker,
        text: Private,
        event_id: Option<u64>,
        utterance: Option<Utterance>,
    ) -> Turn {
        self.turns = self.turns.saturating_add(1);
        if speaker == Speaker::Agent {
            self.correctable.truncate(CORRECTABLE_MAX - 1);
            self.correctable.push_front((self.turns, utterance));
        }
        Turn {
            seq: self.turns,
            speaker,
            text,
            event_id,
            interrupted: false,
        }
    }

    /// Corrects the agent's turn of `utterance`, or its last one if the correction names none.
    /// A correction of an unknown turn becomes a turn of its own.
    pub(crate) fn corrected(
        &mut self,
        text: Private,
        event_id: Option<u64>,
        utterance: Option<Utterance>,
    ) -> Turn {
        let original = self
            .correctable
            .iter()
            .find(|(_, known)| utterance.is_none() || *known == utterance)
            .map(|(seq, _)| *seq);
        let seq = original.unwrap_or_else(|| {
            self.said(Speaker::Agent, Private::default(), event_id, utterance)
                .seq
        });
        Turn {
            seq,
            speaker: Speaker::Agent,
            text,
            event_id,
            interrupted: true,
        }
    }
}
