//! What the outside received: outcomes to their receivers, answers to the CRM.

use super::{
    super::history::{Entry, Fact},
    Judged, Seen,
};
use call::ids::CallId;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn nothing_wrong(judged: &Judged) -> Seen {
    for entry in judged.entries {
        if let Fact::Wrong(what) = &entry.fact {
            return Err(what.clone());
        }
    }
    Ok(())
}

/// Outcomes that a receiver wants and never took: the call, the line of its trail, the receiver.
pub(in super::super) fn undelivered(
    entries: &[Entry],
) -> impl Iterator<Item = (CallId, u64, &'static str)> {
    let mut delivered = BTreeSet::new();
    let mut wanted = BTreeSet::new();
    let mut has_callback = BTreeSet::new();
    for entry in entries {
        if let Fact::Delivered { call, seq, target } = &entry.fact {
            delivered.insert((*call, *seq, *target));
        }
        if let Fact::Asked(asked) = &entry.fact
            && asked.has_callback
        {
            has_callback.insert(asked.call);
        }
        if let Fact::Audit(line) = &entry.fact {
            if line.is_outcome {
                wanted.insert((line.call, line.seq, "monitoring"));
            }
            if line.is_outcome || line.is_update {
                wanted.insert((line.call, line.seq, "callback"));
            }
        }
    }
    wanted.into_iter().filter(move |(call, seq, target)| {
        let is_wanted = *target == "monitoring" || has_callback.contains(call);
        is_wanted && !delivered.contains(&(*call, *seq, *target))
    })
}

pub(super) fn outcomes_are_delivered(judged: &Judged) -> Seen {
    match undelivered(judged.entries).next() {
        Some((call, seq, target)) => Err(format!("{call} line {seq} never reached {target}")),
        None => Ok(()),
    }
}

pub(super) fn one_call_per_key(judged: &Judged) -> Seen {
    let mut calls: BTreeMap<&str, CallId> = BTreeMap::new();
    // A key that is forgotten is used under another name.
    for entry in judged.entries {
        let Fact::Accepted(call, key) = &entry.fact else {
            continue;
        };
        let first = calls.entry(key).or_insert(*call);
        if first != call {
            return Err(format!("{key} made {first} and {call}"));
        }
    }
    Ok(())
}

pub(super) fn accepted_calls_exist(judged: &Judged) -> Seen {
    for entry in judged.entries {
        if let Fact::Accepted(call, _) = &entry.fact
            && !judged.calls.contains_key(call)
        {
            return Err(format!("{call} was accepted and is nowhere"));
        }
    }
    Ok(())
}
