//! What must hold of every history, one check per promise.

mod answers;
mod calls;
mod campaigns;
mod delivered;
mod dials;
mod due;
mod erased;
mod rings;
mod truth;

pub(super) use delivered::undelivered;

use super::{
    history::{Asked, Dial, Entry, Fact, History, Version},
    promised::Promised,
};
use call::{Policy, ids::CallId, time::Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// A promise that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub promise: &'static str,
    /// What was seen.
    pub seen: String,
}

type Seen = Result<(), String>;

/// A promise and the check of it.
type Check = (&'static str, fn(&Judged) -> Seen);

/// Every promise that is checked.
const CHECKS: &[Check] = &[
    ("nothing happens that must not", delivered::nothing_wrong),
    ("an attempt is dialled once", dials::one_dial_per_attempt),
    (
        "nobody is dialled while talking",
        dials::no_dial_while_carried,
    ),
    ("a call has at most four attempts", calls::attempts_bounded),
    (
        "nobody is dialled after a goodbye",
        dials::no_dial_after_goodbye,
    ),
    ("an outcome is what happened", truth::outcomes_are_true),
    ("no number stays locked", calls::no_lock_is_left),
    ("a live call locks its number", calls::lock_is_held),
    ("a number has one live call", calls::one_call_per_phone),
    ("live calls stay within the plan", calls::live_within_limit),
    ("the counter equals the live calls", calls::counter_is_live),
    ("no update is lost", calls::versions_have_no_gaps),
    ("every call ends", calls::every_call_ends),
    ("a sweep leaves nothing overdue", due::no_deadline_is_left),
    ("a sweep leaves no dial behind", due::no_dial_is_left),
    (
        "a deadline that passes is heeded",
        due::deadlines_are_heeded,
    ),
    ("no dial outside its time", dials::dials_in_time),
    ("no dial to who opted out", dials::no_dial_after_opt_out),
    ("no dial of a cancelled call", dials::no_dial_after_cancel),
    ("the audit trail is whole", calls::audit_is_whole),
    (
        "every outcome is delivered",
        delivered::outcomes_are_delivered,
    ),
    ("a request key makes one call", delivered::one_call_per_key),
    ("an accepted call exists", delivered::accepted_calls_exist),
    ("what was saved stays", answers::what_was_saved_stays),
    ("a post-call report is read", answers::reports_are_read),
    (
        "who is erased is out of sight",
        erased::every_call_is_out_of_sight,
    ),
    (
        "nobody hears of who is erased",
        erased::nobody_hears_of_them,
    ),
    (
        "the platform forgets who is erased",
        erased::no_copy_is_left,
    ),
    ("real rings stay within the plan", rings::rings_within_plan),
    (
        "no dial leaves unless its campaign runs",
        campaigns::dials_leave_while_it_runs,
    ),
    (
        "nobody is dialled after a pause",
        campaigns::nobody_is_dialled_after_a_pause,
    ),
    (
        "a campaign keeps to its hours",
        campaigns::phones_ring_within_hours,
    ),
    (
        "a campaign's live calls stay within its plan",
        campaigns::live_calls_stay_within_its_plan,
    ),
    ("a row has one call in a round", campaigns::one_call_a_round),
    ("every row ends", campaigns::every_row_ends),
    ("a row is where its call is", campaigns::rows_are_true),
    ("the counts are the rows", campaigns::counts_are_the_rows),
    ("no place is left taken", campaigns::no_place_is_left),
];

/// A history, its policy, and what is read out of both more than once.
struct Judged<'a> {
    entries: &'a [Entry],
    policy: &'a Policy,
    /// How far a process's clock may be off.
    skew: Duration,
    asked: BTreeMap<CallId, &'a Asked>,
    calls: BTreeMap<CallId, &'a Version>,
}

/// Judges a history; empty if every promise was kept.
#[must_use]
pub(super) fn violations(history: &History, promised: &Promised) -> Vec<Violation> {
    let asked = history.entries.iter().filter_map(|entry| {
        let Fact::Asked(asked) = &entry.fact else {
            return None;
        };
        Some((asked.call, asked))
    });
    let judged = Judged {
        entries: &history.entries,
        policy: &promised.policy,
        skew: promised.skew,
        asked: asked.collect(),
        calls: history.latest().map(|call| (call.call, call)).collect(),
    };
    let broken = CHECKS.iter().filter_map(|(promise, check)| {
        let seen = check(&judged).err()?;
        Some(Violation { promise, seen })
    });
    broken.collect()
}

impl<'a> Judged<'a> {
    /// Every dial request, with its moment.
    fn dials(&self) -> impl Iterator<Item = (Timestamp, &'a Dial)> {
        self.entries.iter().filter_map(|entry| {
            let Fact::Dial(dial) = &entry.fact else {
                return None;
            };
            Some((entry.at, dial))
        })
    }

    /// Every session that was stored, with its moment.
    fn versions(&self) -> impl Iterator<Item = (Timestamp, &'a Version)> {
        self.entries.iter().filter_map(|entry| {
            let Fact::Session(version) = &entry.fact else {
                return None;
            };
            Some((entry.at, version))
        })
    }
}
