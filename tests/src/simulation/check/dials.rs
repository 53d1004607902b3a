//! What the carrier was asked for: once, in time, and nothing that nobody wants any more.

use super::{
    super::history::{Dial, Entry, Fact},
    Judged, Seen,
};
use call::{CallingWindow, policy::SEND_TIMEOUT};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn one_dial_per_attempt(judged: &Judged) -> Seen {
    let mut unproven = BTreeSet::new();
    for (at, dial) in judged.dials() {
        let attempt = (dial.call, dial.attempt);
        if unproven.contains(&attempt) {
            return Err(format!("{attempt:?} was dialled again at {at}"));
        }
        if !dial.is_disproved {
            unproven.insert(attempt);
        }
    }
    let mut rung = BTreeSet::new();
    for entry in judged.entries {
        if let Fact::Rang(call, attempt) = &entry.fact
            && !rung.insert((*call, *attempt))
        {
            return Err(format!("{call} attempt {attempt} rang twice"));
        }
    }
    Ok(())
}

/// A dial leaves right after its process looked at its own clock, so only the skew is allowed for.
pub(super) fn dials_in_time(judged: &Judged) -> Seen {
    for (at, dial) in judged.dials() {
        let (early, late) = (at - judged.skew, at + judged.skew);
        let asked = judged.asked.get(&dial.call);
        let window = asked.and_then(|asked| asked.window.as_ref());
        // Who never heard of its call named no window that the check could know.
        let windows = [window, judged.policy.calling_window.as_ref()];
        let is_shut = |window: &CallingWindow| !window.admits(early) && !window.admits(late);
        if asked.is_some() && windows.into_iter().flatten().any(is_shut) {
            return Err(format!("{} is dialled at {}", dial.call, at));
        }
        let not_before = asked.and_then(|asked| asked.not_before);
        if not_before.is_some_and(|begin| late < begin) {
            return Err(format!("{} is dialled at {}, too early", dial.call, at));
        }
        let expires_at = judged.calls.get(&dial.call).map(|call| call.expires_at);
        if expires_at.is_some_and(|end| early >= end) {
            return Err(format!("{} is dialled at {}, too late", dial.call, at));
        }
    }
    Ok(())
}

/// Who is still talking is not rung again.
pub(super) fn no_dial_while_carried(judged: &Judged) -> Seen {
    let mut carried = BTreeSet::new();
    for Entry { at, fact } in judged.entries {
        if let Fact::Carried(call, attempt) = fact {
            carried.insert((*call, *attempt));
        }
        if let Fact::Left(call, attempt) = fact {
            carried.remove(&(*call, *attempt));
        }
        let Fact::Dial(dial) = fact else { continue };
        let talking = carried.iter().find(|(call, _)| *call == dial.call);
        if let Some((call, attempt)) = talking {
            return Err(format!(
                "{call} is dialled at {at}, attempt {attempt} talks"
            ));
        }
    }
    Ok(())
}

/// Who said goodbye is called again only if that was agreed, and not before.
pub(super) fn no_dial_after_goodbye(judged: &Judged) -> Seen {
    let (mut agreed, mut parted) = (BTreeMap::new(), BTreeMap::new());
    for Entry { at, fact } in judged.entries {
        if let Fact::Agreed(call, due) = fact {
            let first = agreed.entry(*call).or_insert(*due);
            *first = (*first).min(*due);
        }
        if let Fact::Goodbye(call, attempt) = fact {
            parted.insert(*call, *attempt);
        }
        if let Fact::Dial(dial) = fact
            && parted.get(&dial.call).is_some_and(|n| *n < dial.attempt)
        {
            let due = agreed.get(&dial.call);
            if due.is_none_or(|due| *at + judged.skew < *due) {
                return Err(format!("{} is dialled at {at}", dial.call));
            }
        }
    }
    Ok(())
}

/// Whoever took the right to send before the word came may use it for a moment.
fn no_dial_after(entries: &[Entry], is_stopped_by: impl Fn(&Fact, &Dial) -> bool) -> Seen {
    for (nth, entry) in entries.iter().enumerate() {
        let Fact::Dial(dial) = &entry.fact else {
            continue;
        };
        let stop = entries[..nth].iter().find(|e| is_stopped_by(&e.fact, dial));
        if stop.is_some_and(|stop| entry.at > stop.at + SEND_TIMEOUT) {
            return Err(format!("{} is dialled at {}", dial.call, entry.at));
        }
    }
    Ok(())
}

pub(super) fn no_dial_after_opt_out(judged: &Judged) -> Seen {
    no_dial_after(
        judged.entries,
        |fact, dial| matches!(fact, Fact::OptedOut(phone) if *phone == dial.phone),
    )
}

pub(super) fn no_dial_after_cancel(judged: &Judged) -> Seen {
    no_dial_after(
        judged.entries,
        |fact, dial| matches!(fact, Fact::Cancelled(call) if *call == dial.call),
    )
}
