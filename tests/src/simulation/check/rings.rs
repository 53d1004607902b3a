//! How many phones really ring at the same time.

use super::{
    super::history::{Entry, Fact},
    Judged, Seen,
};
use call::{Outcome, Policy, ids::CallId, time::Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How far the clocks of machines may be apart whose time is synchronised, on a bad day.
const SYNCHRONISED: Duration = Duration::from_secs(1);

/// A ring: of which call, for which attempt.
type Ring = (CallId, u8);

/// The phones that ring, and whose channel is given back before they stop, as the residual risks say.
#[derive(Default)]
struct Ringing {
    since: BTreeMap<Ring, Timestamp>,
    answered: BTreeMap<Ring, Timestamp>,
    carried: BTreeSet<Ring>,
    /// Handed over to a person, or stopped by the CRM or the callee: nobody can end their ring.
    let_go: BTreeSet<Ring>,
}

impl Ringing {
    fn note(&mut self, entry: &Entry) {
        if let Fact::Rang(call, attempt) = entry.fact {
            self.since.insert((call, attempt), entry.at);
        }
        if let Fact::RangOut(call, attempt, _) = entry.fact {
            self.since.remove(&(call, attempt));
        }
        if let Fact::PickedUp(call, attempt) = entry.fact {
            self.answered.insert((call, attempt), entry.at);
        }
        if let Fact::Carried(call, attempt) = entry.fact {
            self.carried.insert((call, attempt));
        }
        if let Fact::HandedOver(call, attempt) = entry.fact {
            self.let_go.insert((call, attempt));
        }
        if let Fact::Session(version) = &entry.fact
            && let Some(attempt) = &version.attempt
            && attempt.outcome == Some(Outcome::Cancelled)
        {
            self.let_go.insert((version.call, attempt.number));
        }
    }

    /// Those that ring by the plan: carried, or not longer than a call waits for its stream.
    fn by_plan(&self, now: Timestamp, policy: &Policy, slack: Duration) -> Vec<Ring> {
        let is_awaited = |ring: &Ring, since: Timestamp| {
            let answered = self.answered.get(ring);
            let wait = policy.answer_margin.saturating_sub(slack);
            now.since(since) <= policy.ring_timeout + wait
                && answered.is_none_or(|answered| now.since(*answered) <= wait)
        };
        let is_by_plan = |(ring, since): &(&Ring, &Timestamp)| {
            let is_held = self.carried.contains(ring) || is_awaited(ring, **since);
            is_held && !self.let_go.contains(ring)
        };
        let by_plan = self.since.iter().filter(is_by_plan);
        by_plan.map(|(ring, _)| *ring).collect()
    }
}

/// Real rings stay within the plan, not only the counted ones. Where clocks are minutes apart, a call
/// is given up early that still rings; then the count alone holds.
pub(super) fn rings_within_plan(judged: &Judged) -> Seen {
    if judged.skew > SYNCHRONISED {
        return Ok(());
    }
    let mut ringing = Ringing::default();
    for entry in judged.entries {
        ringing.note(entry);
        if !matches!(entry.fact, Fact::Rang(..)) {
            continue;
        }
        let by_plan = ringing.by_plan(entry.at, judged.policy, 2 * judged.skew);
        if by_plan.len() > judged.policy.channels() as usize {
            return Err(format!("these ring at {}: {by_plan:?}", entry.at));
        }
    }
    Ok(())
}
