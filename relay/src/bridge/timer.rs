//! The bridge's deadlines: one slot per reason.

use std::time::Instant;

/// Why the bridge wants to be called again. At most one deadline is set per reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The next chunk is due, or an incomplete one has waited long enough: it is played.
    Playout,
    /// The agent heard nothing for a while: a frame of silence is sent.
    Silence,
    /// All audio has been heard after the agent's goodbye: the bridge hangs up.
    Drained,
    /// The carrier announced a stop and no audio followed: the callee hung up.
    Stopped,
    /// The carrier sent no audio for too long: its stream is lost.
    StreamIdle,
    /// No agent became ready: it is unavailable.
    AgentReady,
    /// The callee pressed no more keys for a while: the agent is told what was typed.
    Keys,
    /// No agent spoke, and the callee heard nothing for a while: a line of our own is due.
    Hold,
    /// The callee said nothing for too long: the bridge hangs up.
    CalleeSilent,
    /// The lost stream did not come back: the call is over.
    Grace,
    /// The call lasts too long: the bridge hangs up.
    CallMax,
    /// The other side does not do its part of the ending: the call is over regardless.
    HardCap,
}

impl Timer {
    /// All reasons, in the order in which those that fall due together fire.
    pub(crate) const ALL: [Self; 12] = [
        Self::Playout,
        Self::Silence,
        Self::Drained,
        Self::Stopped,
        Self::StreamIdle,
        Self::AgentReady,
        Self::Keys,
        Self::Hold,
        Self::CalleeSilent,
        Self::Grace,
        Self::CallMax,
        Self::HardCap,
    ];
}

/// A table of deadlines.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    deadlines: [Option<Instant>; Timer::ALL.len()],
}

impl Timers {
    pub(crate) fn set(&mut self, timer: Timer, deadline: Instant) {
        self.deadlines[timer as usize] = Some(deadline);
    }

    /// Sets or stops a timer.
    pub(crate) fn put(&mut self, timer: Timer, deadline: Option<Instant>) {
        self.deadlines[timer as usize] = deadline;
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.deadlines[timer as usize] = None;
    }

    pub(crate) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn next(&self) -> Option<(Instant, Timer)> {
        Timer::ALL
            .into_iter()
            .filter_map(|timer| Some((self.deadlines[timer as usize]?, timer)))
            .min_by_key(|(deadline, _)| *deadline)
    }

    /// Takes one timer that is due, earliest first.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let (deadline, timer) = self.next()?;
        (deadline <= now).then(|| {
            self.stop(timer);
            timer
        })
    }
}
