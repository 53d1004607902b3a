//! Who wants to be forgotten is.

use super::{super::history::Fact, Judged, Seen};
use call::{ids::CallId, time::Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Longest that an outcome may be on its way to its receiver when its patient's data is put out of
/// sight: one request to the database at its slowest, each way, and the receiver's own time.
const ON_THE_WAY_MAX: Duration = Duration::from_secs(30);

/// Every call that was accepted before the erasure was asked for is out of sight once that is answered.
pub(super) fn every_call_is_out_of_sight(judged: &Judged) -> Seen {
    let (mut accepted, mut meant) = (BTreeSet::new(), BTreeMap::new());
    for entry in judged.entries {
        if let Fact::Asked(asked) = &entry.fact {
            accepted.insert((asked.patient.clone(), asked.call));
        }
        if let Fact::Erasing(patient) = &entry.fact {
            meant.insert(patient, accepted.clone());
        }
        if let Fact::Erased(patient) = &entry.fact {
            let calls = meant.get(patient).into_iter().flatten();
            let mut calls = calls.filter(|(of, _)| of == patient);
            if let Some((_, call)) = calls.find(|(_, call)| !judged.calls[call].is_restricted) {
                return Err(format!("{call} is still to be read"));
            }
        }
    }
    Ok(())
}

/// No receiver learns anything of a patient who is to be erased, but for what was on its way.
pub(super) fn nobody_hears_of_them(judged: &Judged) -> Seen {
    let mut since: BTreeMap<CallId, Timestamp> = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Session(version) = &entry.fact
            && version.is_restricted
        {
            since.entry(version.call).or_insert(entry.at);
        }
        if let Fact::Disclosed(call) = &entry.fact
            && since
                .get(call)
                .is_some_and(|since| entry.at > *since + ON_THE_WAY_MAX)
        {
            return Err(format!("{call} is told of at {}", entry.at));
        }
    }
    Ok(())
}

/// The platform's own copies are deleted, as far as anybody knows of them.
pub(super) fn no_copy_is_left(judged: &Judged) -> Seen {
    let known = judged.entries.iter().filter_map(|entry| {
        let Fact::Conversation { call, id, .. } = &entry.fact else {
            return None;
        };
        Some((*call, id.as_str()))
    });
    let known: BTreeSet<(CallId, &str)> = known.collect();
    for entry in judged.entries {
        let Fact::Kept(call, id) = &entry.fact else {
            continue;
        };
        let is_restricted = judged
            .calls
            .get(call)
            .is_some_and(|call| call.is_restricted);
        if is_restricted && known.contains(&(*call, id.as_str())) {
            return Err(format!("the platform keeps {id} of {call}"));
        }
    }
    Ok(())
}
