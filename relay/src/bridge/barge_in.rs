//! What an interruption drops.

/// One utterance of an agent; later ones compare greater.
///
/// The agent numbers its events within one conversation, and a re-opened agent leg is a new
/// conversation that counts from the start, so the leg comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Utterance {
    leg: u32,
    event_id: u64,
}

impl Utterance {
    /// A line said by the relay itself while no agent is there.
    pub(crate) const HOLD: Self = Self {
        leg: u32::MAX,
        event_id: 0,
    };

    /// The last line of a call, said by the relay itself, which no agent can interrupt.
    pub(crate) const OWN: Self = Self {
        leg: u32::MAX,
        event_id: 1,
    };
}

/// Remembers what was interrupted, so that audio of it is recognised however late it comes.
#[derive(Debug, Default)]
pub(crate) struct BargeIn {
    leg: u32,
    newest_event_id: u64,
    interrupted: Option<Utterance>,
}

impl BargeIn {
    /// The utterance to which audio with `event_id` belongs. Audio without an id belongs to the
    /// newest utterance that was not interrupted.
    pub(crate) fn utterance(&mut self, event_id: Option<u64>) -> Utterance {
        let unnumbered = match self.interrupted {
            Some(last) if last.leg == self.leg => {
                self.newest_event_id.max(last.event_id.saturating_add(1))
            }
            Some(_) | None => self.newest_event_id,
        };
        let event_id = event_id.unwrap_or(unnumbered);
        self.newest_event_id = self.newest_event_id.max(event_id);
        Utterance {
            leg: self.leg,
            event_id,
        }
    }

    /// Whether audio of `utterance` was interrupted.
    pub(crate) fn is_stale(&self, utterance: Utterance) -> bool {
        self.interrupted.is_some_and(|last| utterance <= last)
    }

    /// Notes an interruption and returns the last utterance it covers; nothing if it was known.
    /// Without an id it covers all audio that arrived so far.
    pub(crate) fn interrupt(&mut self, event_id: Option<u64>) -> Option<Utterance> {
        let event_id = event_id.unwrap_or(self.newest_event_id);
        let last = Utterance {
            leg: self.leg,
            event_id,
        };
        if self.is_stale(last) {
            return None;
        }
        self.interrupted = Some(last);
        Some(last)
    }

    /// A new conversation follows, with ids of its own.
    pub(crate) fn start_leg(&mut self) {
        self.leg = self.leg.saturating_add(1).min(u32::MAX - 1);
        self.newest_event_id = 0;
    }

    /// The utterance of a transcript line with `event_id`.
    pub(crate) fn line(&self, event_id: u64) -> Utterance {
        Utterance {
            leg: self.leg,
            event_id,
        }
    }
}
