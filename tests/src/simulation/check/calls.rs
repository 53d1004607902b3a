//! What was stored: one live call per number, no more than the plan allows, each to its end, with
//! every step written down.

use super::{
    super::history::{Fact, Line, Version},
    Judged, Seen,
};
use call::{CallState, Policy, ids::CallId, policy::LOOK_UP_TIMEOUT};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Four for the call, and four more for each callback that was agreed.
pub(super) fn attempts_bounded(judged: &Judged) -> Seen {
    let mut rounds: BTreeMap<CallId, u8> = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Agreed(call, _) = &entry.fact {
            *rounds.entry(*call).or_insert(1) += 1;
        }
        let Fact::Session(version) = &entry.fact else {
            continue;
        };
        let rounds = rounds.get(&version.call).copied().unwrap_or(1);
        let most = match version.of {
            Some((_, _, dials_max)) => dials_max,
            None => judged.policy.attempts_max().saturating_mul(rounds),
        };
        let attempt = version.attempt.as_ref();
        if attempt.is_some_and(|attempt| attempt.number > most) {
            let (call, at) = (version.call, entry.at);
            return Err(format!("{call} has attempt {attempt:?} at {at}"));
        }
    }
    Ok(())
}

/// A number is free again once its call is over.
pub(super) fn no_lock_is_left(judged: &Judged) -> Seen {
    let unfinished = judged.calls.values().filter(|call| !call.state.is_final());
    let expected = unfinished.count();
    let locks = judged.entries.iter().rev().find_map(|entry| {
        let Fact::Locks(locks) = entry.fact else {
            return None;
        };
        Some(locks)
    });
    if locks == Some(expected) {
        return Ok(());
    }
    Err(format!(
        "{locks:?} numbers are locked, {expected} calls unfinished"
    ))
}

/// A number is locked for its call from the first moment to the last, and for no call that is over.
pub(super) fn lock_is_held(judged: &Judged) -> Seen {
    let mut live: BTreeMap<&str, CallId> = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Session(version) = &entry.fact {
            if !version.state.is_final() {
                live.insert(&version.phone, version.call);
            } else if live.get(version.phone.as_str()) == Some(&version.call) {
                live.remove(version.phone.as_str());
            }
        }
        if let Fact::Lock(phone, held) = &entry.fact
            && live.get(phone.as_str()) != held.as_ref()
        {
            let expected = live.get(phone.as_str());
            return Err(format!(
                "a number is locked for {held:?}, not {expected:?}, at {}",
                entry.at
            ));
        }
    }
    Ok(())
}

pub(super) fn one_call_per_phone(judged: &Judged) -> Seen {
    let mut live: BTreeMap<&str, CallId> = BTreeMap::new();
    for (at, version) in judged.versions() {
        let phone = version.phone.as_str();
        match live.get(phone) {
            Some(other) if *other != version.call && !version.state.is_final() => {
                return Err(format!(
                    "{other} and {} are both live at {at}",
                    version.call
                ));
            }
            Some(own) if *own == version.call && version.state.is_final() => {
                live.remove(phone);
            }
            None if !version.state.is_final() => {
                live.insert(phone, version.call);
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

pub(super) fn live_within_limit(judged: &Judged) -> Seen {
    let mut live = BTreeSet::new();
    for (at, version) in judged.versions() {
        if version.state.holds_channel() {
            live.insert(version.call);
        } else {
            live.remove(&version.call);
        }
        if live.len() > judged.policy.channels() as usize {
            return Err(format!("{} calls are live at {at}", live.len()));
        }
    }
    Ok(())
}

pub(super) fn counter_is_live(judged: &Judged) -> Seen {
    let mut live = BTreeSet::new();
    for entry in judged.entries {
        if let Fact::Session(version) = &entry.fact {
            if version.state.holds_channel() {
                live.insert(version.call);
            } else {
                live.remove(&version.call);
            }
        }
        if let Fact::Counter(counter) = &entry.fact
            && usize::try_from(*counter) != Ok(live.len())
        {
            let live = live.len();
            return Err(format!("{counter} counted, {live} live at {}", entry.at));
        }
    }
    Ok(())
}

pub(super) fn versions_have_no_gaps(judged: &Judged) -> Seen {
    let mut latest: BTreeMap<CallId, &Version> = BTreeMap::new();
    for (at, version) in judged.versions() {
        let before = latest.insert(version.call, version);
        if version.version != before.map_or(0, |before| before.version) + 1 {
            return Err(format!(
                "{} is stored as {} at {at}",
                version.call, version.version
            ));
        }
        // What comes after the end makes the record longer, or puts it out of sight.
        let end = before.filter(|before| before.state.is_final());
        if end.is_some_and(|end| (end.state, &end.attempt) != (version.state, &version.attempt)) {
            return Err(format!("{} changed after its end at {at}", version.call));
        }
    }
    Ok(())
}

/// Longest that a call may outlive its expiry: an attempt that is dialled in the last moment and
/// goes through every stage to the end of its time, and a minute for a sweep that is down.
fn afterlife(policy: &Policy) -> Duration {
    [
        policy.ring_timeout,
        policy.answer_margin,
        policy.reconcile_margin,
        LOOK_UP_TIMEOUT,
        policy.agent_ready_timeout,
        policy.max_call_duration,
        policy.heartbeat_timeout,
        policy.disconnect_grace,
        Duration::from_secs(60),
    ]
    .iter()
    .sum()
}

pub(super) fn every_call_ends(judged: &Judged) -> Seen {
    let afterlife = afterlife(judged.policy) + judged.skew;
    let mut ended = BTreeSet::new();
    for (at, version) in judged.versions() {
        if at > version.expires_at + afterlife && !ended.contains(&version.call) {
            return Err(format!("{} is still changed at {at}", version.call));
        }
        if version.state.is_final() {
            ended.insert(version.call);
        }
    }
    let unfinished = judged.calls.values().find(|call| !call.state.is_final());
    unfinished.map_or(Ok(()), |call| {
        Err(format!("{} is still {} at the end", call.call, call.state))
    })
}

pub(super) fn audit_is_whole(judged: &Judged) -> Seen {
    let mut trails: BTreeMap<CallId, Vec<&Line>> = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Audit(line) = &entry.fact {
            trails.entry(line.call).or_default().push(line);
        }
    }
    for (call, version) in &judged.calls {
        let trail = trails.remove(call).unwrap_or_default();
        let mut state: Option<CallState> = None;
        for (line, expected) in trail.iter().zip(1..) {
            if line.seq != expected {
                return Err(format!("{call} has line {} for line {expected}", line.seq));
            }
            if line.from != state {
                return Err(format!(
                    "{call}: line {expected} does not follow the one before"
                ));
            }
            state = Some(line.to);
        }
        if trail.len() as u64 != version.audit_seq {
            let lines = trail.len();
            return Err(format!("{call} has {lines} lines of {}", version.audit_seq));
        }
        if state != Some(version.state) {
            return Err(format!(
                "{call} is {}, its trail ends {state:?}",
                version.state
            ));
        }
    }
    Ok(())
}
