//! What is due is done: a sweep that can see everything leaves nothing behind that it should have
//! done, and no call waits for long after its moment.

use super::{
    super::history::{Fact, Tick, Version},
    Judged, Seen,
};
use call::{ids::CallId, time::Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// Longest that a call's deadline may have passed without any change while nothing fails: the
/// longer pause of a sweep (45 s), a tick that waits for the slowest answers of the carrier (20 s to a
/// dial, 3 s to a question), and one that was still under way when the faults ended (12 s a request).
const LATE_MAX: Duration = Duration::from_secs(90);

/// The calls as they stood at one entry of the history, and when each was stored.
type Standing<'a> = BTreeMap<CallId, (Timestamp, &'a Version)>;

/// What was overdue when a tick began has changed by its end.
pub(super) fn no_deadline_is_left(judged: &Judged) -> Seen {
    let mut calls = Standing::new();
    for entry in judged.entries {
        if let Fact::Session(version) = &entry.fact {
            calls.insert(version.call, (entry.at, version));
        }
        if let Fact::Swept(tick) = &entry.fact
            && tick.saw_all
            && let Some(left) = left_by(judged, tick, &calls, |version| version.deadline)
        {
            let at = entry.at;
            return Err(format!("{left} is overdue when a sweep ends at {at}"));
        }
    }
    Ok(())
}

/// Whose dial was due when a tick began has been dialled by its end, or moved, if there was a
/// channel all the time, no breaker was open, and the tick dialled nobody else.
pub(super) fn no_dial_is_left(judged: &Judged) -> Seen {
    let mut calls = Standing::new();
    let mut held = Held::default();
    for entry in judged.entries {
        held.note(entry.at);
        if let Fact::Session(version) = &entry.fact {
            calls.insert(version.call, (entry.at, version));
            let live = calls.values().filter(|(_, v)| v.state.holds_channel());
            held.is_full = live.count() >= judged.policy.channels() as usize;
        }
        if let Fact::Paused(is_paused) = entry.fact {
            held.is_paused = is_paused;
        }
        let Fact::Swept(tick) = &entry.fact else {
            continue;
        };
        let might_have = tick.saw_all && tick.dials + tick.held_back == 0;
        if might_have
            && held.until.is_none_or(|until| until < tick.began)
            && let Some(left) = left_by(judged, tick, &calls, own_dial)
        {
            let at = entry.at;
            return Err(format!("{left} waits on when a sweep ends at {at}"));
        }
    }
    Ok(())
}

/// When a call's dial is due, if no campaign has a word in it.
fn own_dial(version: &Version) -> Option<Timestamp> {
    version.dial_at.filter(|_| version.of.is_none())
}

/// What holds dials back, and until when something did.
#[derive(Default)]
struct Held {
    is_full: bool,
    is_paused: bool,
    until: Option<Timestamp>,
}

impl Held {
    fn note(&mut self, at: Timestamp) {
        if self.is_full || self.is_paused {
            self.until = Some(at);
        }
    }
}

/// A call that was due when a tick began, by any clock, and that nobody changed since.
fn left_by(
    judged: &Judged,
    tick: &Tick,
    calls: &Standing,
    due: impl Fn(&Version) -> Option<Timestamp>,
) -> Option<CallId> {
    let is_left = |(stored, version): &(Timestamp, &Version)| {
        let is_due = due(version).is_some_and(|due| due + judged.skew <= tick.began);
        is_due && *stored <= tick.began
    };
    let left = calls.values().find(|standing| is_left(standing))?;
    Some(left.1.call)
}

/// Each state of a call has its own deadline, and its passing changes the call.
pub(super) fn deadlines_are_heeded(judged: &Judged) -> Seen {
    let calm = judged.entries.iter().find(|e| e.fact == Fact::Calm);
    let Some(calm) = calm else { return Ok(()) };
    let mut due: BTreeMap<CallId, Timestamp> = BTreeMap::new();
    for (at, version) in judged.versions() {
        if let Some(due) = due.get(&version.call)
            && at > (*due).max(calm.at) + LATE_MAX + judged.skew
        {
            return Err(format!("{} is changed at {at}, due {due}", version.call));
        }
        match version.deadline {
            Some(deadline) => due.insert(version.call, deadline),
            None => due.remove(&version.call),
        };
    }
    Ok(())
}
