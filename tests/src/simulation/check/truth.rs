//! What is stored of a ring is what the carrier knows to have happened.

use super::{
    super::history::{Attempt, Fact, Version},
    Judged, Seen,
};
use call::{CarrierStatus, Outcome, RefusalReason, ids::CallId};
use std::collections::{BTreeMap, BTreeSet};

/// A ring: of which call, for which attempt.
type Ring = (CallId, u8);

/// What really happened.
#[derive(Default)]
struct Truth {
    rang: BTreeSet<Ring>,
    ended: BTreeMap<Ring, CarrierStatus>,
    conversed: BTreeSet<Ring>,
    left_early: BTreeSet<Ring>,
}

impl Truth {
    fn of(judged: &Judged) -> Self {
        let mut truth = Self::default();
        for entry in judged.entries {
            if let Fact::Rang(call, attempt) = entry.fact {
                truth.rang.insert((call, attempt));
            }
            if let Fact::RangOut(call, attempt, status) = entry.fact {
                truth.ended.insert((call, attempt), status);
            }
            if let Fact::Conversed(call, attempt) = entry.fact {
                truth.conversed.insert((call, attempt));
            }
            if let Fact::LeftEarly(call, attempt) = entry.fact {
                truth.left_early.insert((call, attempt));
            }
        }
        truth
    }

    /// Whether this outcome of a ring can be, after what really happened to it.
    fn allows(&self, ring: Ring, attempt: &Attempt, outcome: Outcome) -> bool {
        let has_conversed = self.conversed.contains(&ring);
        match outcome {
            Outcome::Answered => has_conversed || self.left_early.contains(&ring),
            Outcome::CallbackAgreed => has_conversed,
            Outcome::NoAnswer if attempt.presumed => !has_conversed,
            Outcome::Refused(reason) => {
                !self.rang.contains(&ring) || self.ended.get(&ring) == Some(&refused(reason))
            }
            Outcome::NotDialled => !self.rang.contains(&ring),
            Outcome::Cancelled => true,
            Outcome::NoAnswer
            | Outcome::Busy
            | Outcome::Unreachable
            | Outcome::CarrierError
            | Outcome::AgentUnavailable
            | Outcome::ConnectionLost => self.ended.get(&ring).copied() == reported(outcome),
        }
    }

    /// Whether a report of another ring of the number can have been taken for one of this ring:
    /// one that came under an id which nothing that came before had told.
    fn mistakes(&self, ring: Ring, version: &Version, outcome: Outcome, all: &Latest) -> bool {
        let is_other = |(other, stored): (&Ring, &&Version)| {
            let is_unnamed = stored.attempt.as_ref().is_some_and(|a| !a.is_named);
            let fits = self.ended.get(other).copied() == reported(outcome);
            *other != ring && stored.phone == version.phone && is_unnamed && fits
        };
        !self.conversed.contains(&ring) && reported(outcome).is_some() && all.iter().any(is_other)
    }
}

/// The last version of each attempt.
type Latest<'a> = BTreeMap<Ring, &'a Version>;

/// What the carrier reports of a ring that has this outcome.
const fn reported(outcome: Outcome) -> Option<CarrierStatus> {
    match outcome {
        Outcome::Busy => Some(CarrierStatus::Busy),
        Outcome::NoAnswer => Some(CarrierStatus::NoAnswer),
        Outcome::Unreachable => Some(CarrierStatus::Unreachable),
        Outcome::CarrierError => Some(CarrierStatus::Failed),
        // Somebody picked up. Whether an agent was heard, a relay that is cut off cannot tell.
        Outcome::AgentUnavailable | Outcome::ConnectionLost => Some(CarrierStatus::Ended),
        Outcome::Answered
        | Outcome::CallbackAgreed
        | Outcome::Refused(_)
        | Outcome::Cancelled
        | Outcome::NotDialled => None,
    }
}

/// What the carrier reports of a ring that is refused.
const fn refused(reason: RefusalReason) -> CarrierStatus {
    match reason {
        RefusalReason::InvalidNumber => CarrierStatus::InvalidNumber,
        RefusalReason::DoNotDisturb => CarrierStatus::DoNotDisturb,
        RefusalReason::Rejected => CarrierStatus::Rejected,
    }
}

/// Nobody is said to have answered whom no agent talked to and who did not hang up first, nobody to
/// have been busy whose line was not, and so on. What was stored last counts: a ring presumed unanswered may be answered late.
pub(super) fn outcomes_are_true(judged: &Judged) -> Seen {
    let truth = Truth::of(judged);
    let mut latest = Latest::new();
    for (_, version) in judged.versions() {
        if let Some(attempt) = &version.attempt {
            latest.insert((version.call, attempt.number), version);
        }
    }
    for (ring, version) in &latest {
        if let Some(attempt) = &version.attempt
            && let Some(outcome) = attempt.outcome
            && !truth.allows(*ring, attempt, outcome)
            && !truth.mistakes(*ring, version, outcome, &latest)
        {
            let ended = truth.ended.get(ring);
            let conversed = truth.conversed.contains(ring);
            return Err(format!(
                "{} attempt {} is {outcome:?}; it ended {ended:?}, talked: {conversed}",
                ring.0, ring.1
            ));
        }
    }
    Ok(())
}
