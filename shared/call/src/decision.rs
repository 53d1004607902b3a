//! What the fold says is to be stored, all of it in one transaction, and what is to be done next.

use super::{
    attempt::{Attempt, AttemptState, Outcome},
    audit::AuditEvent,
    delivery::Target,
    fault::RefusalReason,
    policy::Policy,
    rung::Rung,
    session::CallSession,
    state::{CallState, EndCause},
};
use crate::{
    ids::{CarrierCallId, ConversationId},
    time::Timestamp,
};
use std::time::Duration;

/// What to store and what to do next. The store writes what it is told and finds out nothing by
/// itself; effects run only after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The version it was made on, which must still be the stored one; `None` for a new call.
    pub made_on: Option<u64>,
    /// The session as it is to be stored.
    pub next: CallSession,
    /// The line for the audit trail; absent for changes that repeat all the time.
    pub audit: Option<AuditEvent>,
    /// What is stored beside the session.
    pub along: Along,
    /// What to do once it is stored.
    pub effects: Vec<Effect>,
}

/// Something to be done in the world, repeatable by `sweep` if its process dies first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Take the right to dial this attempt ([`CallEvent::DialDispatched`](super::CallEvent)).
    Dial {
        /// The attempt whose intent is stored.
        attempt: u8,
    },
    /// Send the dial request of this attempt, once, if [`CallSession::may_send`] still agrees.
    Send {
        /// The attempt whose right was taken.
        attempt: u8,
    },
    /// Ask the carrier's call log what became of this attempt.
    LookUp {
        /// The attempt whose reply was lost.
        attempt: u8,
    },
}

/// What changes beside the session, with it or not at all. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Along {
    /// The attempt as it is to be shown.
    pub attempt: Option<Attempt>,
    /// The states between which the call moves, for the counts; from `None` if it is new.
    pub moved: Option<(Option<CallState>, CallState)>,
    /// What becomes of the due dial.
    pub dial: DueDial,
    /// What becomes of the carrier's channel.
    pub channel: Channel,
    /// Whether nothing may be stored if the number is on the list of those who want no calls.
    pub unless_opted_out: bool,
    /// Whether the carrier has said just now that the number is not to be disturbed, which holds for every
    /// promotional call from now on.
    pub is_not_to_be_disturbed: bool,
    /// The carrier's id by which reports will name this attempt.
    pub carrier_call: Option<(CarrierCallId, u8)>,
    /// The conversation that began, of which the platform will tell.
    pub conversation: Option<Awaited>,
    /// How the call ended.
    pub result: Option<CallResult>,
    /// Whether the call leaves the reports, because its patient's data is to be erased.
    pub hides: bool,
    /// Who is told of the audit line.
    pub notify: Vec<Target>,
    /// Whether the number may have another call from now on.
    pub frees_number: bool,
}

/// What becomes of the due dial that `sweep` finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DueDial {
    /// It stays as it is.
    #[default]
    Kept,
    /// It is due then.
    At(Timestamp),
    /// There is none any more.
    Gone,
}

/// What becomes of the carrier's channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    /// Nothing.
    #[default]
    Unchanged,
    /// One is taken, if fewer than `limit` are in use and the second has a dial left.
    Taken {
        /// Channels in all.
        limit: u32,
        /// Dials that one second of the clock may have; any number without it.
        per_second: Option<u32>,
    },
    /// It is given back.
    GivenBack,
}

/// A conversation of which the platform will tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The platform's id.
    pub conversation_id: ConversationId,
    /// The attempt in which it is held.
    pub attempt: u8,
    /// From when on it is asked for, if it was not told.
    pub ask_from: Timestamp,
}

/// How a call ended, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallResult {
    /// Completed or failed.
    pub state: CallState,
    /// Why it ended; present exactly in final states.
    pub cause: Option<EndCause>,
    /// Attempts in all, those before a callback included; 0 if none was begun.
    pub attempts: u8,
    /// How long somebody was on the line in the attempt that ended now, if anybody was.
    pub talk: Option<Duration>,
    /// Its rings that say when people answer.
    pub rung: Vec<Rung>,
}

impl Along {
    /// What follows from the step between two sessions, the one before absent for a new call.
    pub(super) fn between(
        before: Option<&CallSession>,
        next: &CallSession,
        audit: Option<&AuditEvent>,
        policy: &Policy,
    ) -> Self {
        let was_final = before.is_some_and(|before| before.state.is_final());
        let ends = next.state.is_final() && !was_final;
        let was_hidden = before.is_some_and(|before| before.restricted_at.is_some());
        Self {
            attempt: attempt(before, next),
            moved: moved(before, next),
            dial: due_dial(before, next),
            channel: channel(before, next, policy),
            unless_opted_out: takes_right_to_send(before, next),
            is_not_to_be_disturbed: is_refused_as_listed(Some(next))
                && !is_refused_as_listed(before),
            carrier_call: carrier_call(before, next),
            conversation: conversation(before, next, policy),
            result: ends.then(|| result(next, audit)),
            hides: next.restricted_at.is_some() && !was_hidden,
            notify: audit.map_or_else(Vec::new, |audit| receivers(next, audit, policy)),
            frees_number: ends,
        }
    }
}

fn latest(session: Option<&CallSession>) -> Option<&Attempt> {
    session?.attempt.as_ref()
}

fn attempt(before: Option<&CallSession>, next: &CallSession) -> Option<Attempt> {
    let changed = next.attempt.as_ref();
    changed.filter(|now| latest(before) != Some(now)).cloned()
}

fn moved(
    before: Option<&CallSession>,
    next: &CallSession,
) -> Option<(Option<CallState>, CallState)> {
    let from = before.map(|before| before.state);
    (from != Some(next.state)).then_some((from, next.state))
}

fn due_dial(before: Option<&CallSession>, next: &CallSession) -> DueDial {
    let was = before.and_then(|before| before.dial_at);
    match next.dial_at {
        Some(at) if was != Some(at) => DueDial::At(at),
        None if was.is_some() => DueDial::Gone,
        Some(_) | None => DueDial::Kept,
    }
}

fn channel(before: Option<&CallSession>, next: &CallSession, policy: &Policy) -> Channel {
    let held = before.is_some_and(|before| before.state.holds_channel());
    match (held, next.state.holds_channel()) {
        (false, true) => Channel::Taken {
            limit: policy.channels(),
            per_second: policy.dials_per_second,
        },
        (true, false) => Channel::GivenBack,
        (true, true) | (false, false) => Channel::Unchanged,
    }
}

fn takes_right_to_send(before: Option<&CallSession>, next: &CallSession) -> bool {
    let is_dispatched =
        |session| latest(session).is_some_and(|attempt| attempt.state == AttemptState::Dispatched);
    is_dispatched(Some(next)) && !is_dispatched(before)
}

fn is_refused_as_listed(session: Option<&CallSession>) -> bool {
    let outcome = latest(session).and_then(|attempt| attempt.outcome);
    outcome == Some(Outcome::Refused(RefusalReason::DoNotDisturb))
}

fn carrier_call(before: Option<&CallSession>, next: &CallSession) -> Option<(CarrierCallId, u8)> {
    let attempt = next.attempt.as_ref()?;
    let id = attempt.carrier_call_id.as_ref()?;
    let known = latest(before).and_then(|attempt| attempt.carrier_call_id.as_ref());
    (known != Some(id)).then(|| (id.clone(), attempt.number))
}

fn conversation(
    before: Option<&CallSession>,
    next: &CallSession,
    policy: &Policy,
) -> Option<Awaited> {
    let of = |attempt: &Attempt| Some((attempt.number, attempt.conversation_id.clone()?));
    let (attempt, conversation_id) = of(next.attempt.as_ref()?)?;
    let known = latest(before).and_then(of);
    let ask_from = next.updated_at + policy.post_call_wait;
    (known != Some((attempt, conversation_id.clone()))).then_some(Awaited {
        conversation_id,
        attempt,
        ask_from,
    })
}

fn result(next: &CallSession, audit: Option<&AuditEvent>) -> CallResult {
    CallResult {
        state: next.state,
        cause: next.cause,
        attempts: next.attempt.as_ref().map_or(0, |attempt| attempt.number),
        talk: talk(next, audit),
        rung: next.rung.clone(),
    }
}

/// How long somebody was on the line in the attempt that this line of the trail ended.
fn talk(next: &CallSession, audit: Option<&AuditEvent>) -> Option<Duration> {
    let outcome = audit?.outcome?;
    if !matches!(outcome, Outcome::Answered | Outcome::CallbackAgreed) {
        return None;
    }
    let attempt = next.attempt.as_ref()?;
    Some(attempt.ended_at?.since(attempt.answered_at?))
}

fn receivers(next: &CallSession, audit: &AuditEvent, policy: &Policy) -> Vec<Target> {
    let is_outcome = audit.is_outcome();
    let for_client = next.has_callback && (is_outcome || audit.is_update());
    let for_operator = policy.reports_outcomes && is_outcome;
    [
        (for_client, Target::Callback),
        (for_operator, Target::Monitoring),
    ]
    .into_iter()
    .filter_map(|(is_wanted, target)| is_wanted.then_some(target))
    .collect()
}
