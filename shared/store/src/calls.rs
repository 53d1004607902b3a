//! Load, decide, commit: the one way in which anything changes a call.

mod channels;
mod dialling;
mod dnd;
mod measured;
mod of_campaign;
mod traced;

pub use channels::{ReconcileError, Reconciled};

use crate::clock::Clock;
use crate::{
    call_store::CallStore,
    commit::Commit,
    create::{Created, Turn},
    error::StoreError,
    request_key::RequestKey,
};
use call::{
    CallEvent, CallRequest, CallSession, CallState, Decision, Effect, Outcome, Policy, Rejection,
    ids::CallId, time::Timestamp,
};
use campaign::Wait;
use std::{borrow::Cow, sync::Arc, time::Duration};
use traces::{Span, Traces};

/// Rounds of deciding again after a lost race. Few writers race for one call (a function, the
/// relay, the sweep), each for milliseconds.
pub(crate) const COMMIT_ROUNDS_MAX: u32 = 8;

/// Longest pause after the first lost race; it doubles each round, 1.3 s in all at most.
///
/// A racer pauses for a part of it that chance decides ("full jitter"): two that lost to each other
/// and paused the same would meet again.
const RACE_PAUSE: Duration = Duration::from_millis(5);

/// The calls of one table under one policy. Cheap to clone.
#[derive(Clone)]
pub struct Calls {
    /// Where calls are kept.
    pub store: CallStore,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long calls may wait.
    pub policy: Arc<Policy>,
    /// Draws any number, each as likely: what the pauses of racers differ by. A simulation brings
    /// draws that a seed repeats.
    pub chance: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Where it is told what happens in them; nowhere, unless that is set.
    pub traces: Traces,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It changed the call; the effects are the caller's to run.
    Changed {
        /// The call as stored.
        session: CallSession,
        /// What to do next.
        effects: Vec<Effect>,
    },
    /// It changed nothing, for this reason.
    Unchanged {
        /// The call as loaded.
        session: CallSession,
        /// Why the event does not count.
        reason: Rejection,
    },
    /// A dial is due but every channel is in use; the call waits on.
    NoChannel,
    /// A dial is due but this second has had all of its own; the call waits on.
    Paced,
    /// A dial is due but its campaign does not let it begin, for this reason; the call waits on.
    Held(Wait),
    /// There is no such call.
    NoSuchCall,
}

impl Applied {
    /// The call as it stands, where that is known.
    #[must_use]
    pub fn session(&self) -> Option<&CallSession> {
        match self {
            Self::Changed { session, .. } | Self::Unchanged { session, .. } => Some(session),
            Self::NoChannel | Self::Paced | Self::Held(_) | Self::NoSuchCall => None,
        }
    }
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The store failed; the event may have been stored all the same and can be applied again.
    #[error("the call could not be changed")]
    Store(#[from] StoreError),
    /// Other writers won every round; the event was not stored and can be applied again.
    #[error("other writers kept changing the call")]
    Contended,
}

impl From<ApplyError> for StoreError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => error,
            ApplyError::Contended => Self::contended(),
        }
    }
}

impl Calls {
    /// Joins a store, a clock and a policy.
    #[must_use]
    pub fn new(store: CallStore, clock: Arc<dyn Clock>, policy: Policy) -> Self {
        Self {
            store,
            clock,
            policy: Arc::new(policy),
            chance: Arc::new(drawn),
            traces: Traces::default(),
        }
    }

    /// Tells what happens in them there.
    #[must_use]
    pub fn told_to(self, traces: Traces) -> Self {
        Self { traces, ..self }
    }

    /// Tells a span that ends at this moment.
    pub fn end(&self, span: Span) {
        self.traces.end(span, self.now());
    }

    /// Logs how many calls each live state holds: what a process that starts finds at work.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_live(&self) -> Result<(), StoreError> {
        let stats = self.store.stats().await?;
        let count = |state| stats.0.get(&state).copied().unwrap_or(0);
        tracing::info!(
            initiating = count(CallState::Initiating),
            dialing = count(CallState::Dialing),
            connected = count(CallState::Connected),
            active = count(CallState::Active),
            disconnected = count(CallState::Disconnected),
            "live calls found at start"
        );
        Ok(())
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stores a new call, unless its number has a live one or wants none, or the client's key
    /// was used before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create(
        &self,
        request: &CallRequest,
        key: Option<&RequestKey>,
    ) -> Result<(Created, CallSession), StoreError> {
        let decision = CallSession::create(request, self.now(), &self.policy);
        let created = self.store.create(request, &decision, key).await?;
        if created == Created::Stored {
            note_created(&decision.next);
        }
        Ok((created, decision.next))
    }

    /// Stores the call of a row whose turn it is, unless its number has a live call or wants none, or the
    /// turn is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_of_row(
        &self,
        request: &CallRequest,
        turn: &Turn,
    ) -> Result<(Created, CallSession), StoreError> {
        let decision = CallSession::create(request, self.now(), &self.policy);
        let created = self.store.create_of_row(request, &decision, turn).await?;
        if created == Created::Stored {
            note_created(&decision.next);
        }
        Ok((created, decision.next))
    }

    /// Applies an event to a call. Safe to repeat: what was applied before changes nothing.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub async fn apply(&self, id: CallId, event: &CallEvent) -> Result<Applied, ApplyError> {
        let mut event = Cow::Borrowed(event);
        for round in 0..COMMIT_ROUNDS_MAX {
            let Some(session) = self.store.load(id).await? else {
                return Ok(Applied::NoSuchCall);
            };
            let decision = match session.apply(&event, self.now(), &self.policy) {
                Ok(decision) => decision,
                Err(reason) => return Ok(Applied::Unchanged { session, reason }),
            };
            let part = match self.part_of(&decision).await? {
                Ok(part) => part,
                Err(wait) => match of_campaign::held(&decision) {
                    Some(held) => {
                        event = Cow::Owned(held);
                        continue;
                    }
                    None => return Ok(Applied::Held(wait)),
                },
            };
            match self.store.commit_with(&decision, &part).await? {
                Commit::Applied => {
                    log_change(&session, &event, &decision);
                    measured::note_change(&session, &decision);
                    traced::tell_change(&self.traces, &session, &decision);
                    let Decision {
                        next: session,
                        effects,
                        ..
                    } = decision;
                    return Ok(Applied::Changed { session, effects });
                }
                Commit::NoChannel => return Ok(Applied::NoChannel),
                Commit::Paced => return Ok(Applied::Paced),
                // Not what was to be applied, but what was learnt over it.
                Commit::OptedOut => event = Cow::Owned(CallEvent::OptedOut),
                Commit::Listed => event = Cow::Owned(CallEvent::Listed),
                Commit::Stale => tokio::time::sleep(self.pause(round)).await,
            }
        }
        Err(ApplyError::Contended)
    }

    fn pause(&self, round: u32) -> Duration {
        pause_of(round, (self.chance)())
    }
}

/// The pause after a race lost in this round, from 0, by a number that chance has drawn.
pub(crate) fn pause_of(round: u32, drawn: u64) -> Duration {
    let longest = u64::try_from((RACE_PAUSE * (1 << round)).as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(drawn % longest.saturating_add(1))
}

/// A number by the machine's own randomness.
fn drawn() -> u64 {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).expect("the machine has a source of randomness");
    u64::from_ne_bytes(bytes)
}

fn note_created(session: &CallSession) {
    let (call_id, trace_id) = (session.id, session.trace());
    match session.campaign {
        Some(of) => {
            tracing::info!(%call_id, %trace_id, campaign_id = %of.id, row = of.row, to = "initiating", event = "created");
        }
        None => tracing::info!(%call_id, %trace_id, to = "initiating", event = "created"),
    }
    measured::note_created();
}

fn log_change(before: &CallSession, event: &CallEvent, decision: &Decision) {
    let next = &decision.next;
    if decision.audit.is_none() {
        tracing::debug!(call_id = %next.id, state = %next.state, event = event.label());
        return;
    }
    let audit = decision.audit.as_ref();
    tracing::info!(
        call_id = %next.id,
        trace_id = %next.trace(),
        attempt = next.attempt.as_ref().map(|attempt| attempt.number),
        from = %before.state,
        to = %next.state,
        event = event.label(),
        outcome = audit.and_then(|line| line.outcome).map(Outcome::label),
        cause = next.cause.map(tracing::field::debug),
        next_dial = next.dial_at.map(tracing::field::display),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use call::{CarrierStatus, Patient};
    use logging::Lines;

    fn calls() -> Calls {
        let store = CallStore::local("http://127.0.0.1:1", "calls");
        Calls::new(store, Arc::new(SystemClock), Policy::default())
    }

    fn pauses(calls: &Calls) -> Vec<Duration> {
        let rounds = 0..COMMIT_ROUNDS_MAX;
        rounds.map(|round| calls.pause(round)).collect()
    }

    #[test]
    fn two_who_race_for_a_call_do_not_pause_the_same() {
        let (one, other) = (pauses(&calls()), pauses(&calls()));
        assert_ne!(one, other);
        for (round, pause) in (0..).zip(one.iter().chain(&other)) {
            assert!(*pause <= RACE_PAUSE * (1 << (round % COMMIT_ROUNDS_MAX)));
        }
    }

    #[test]
    fn a_pause_after_a_lost_race_is_any_part_of_the_longest() {
        let of = |drawn| {
            let chance = Arc::new(move || drawn);
            Calls { chance, ..calls() }
        };
        let whole = |round: u32| RACE_PAUSE * (1 << round);
        for (drawn, first, last) in [
            (0, Duration::ZERO, Duration::ZERO),
            (5_000, whole(0), Duration::from_millis(5)),
            (5_001, Duration::ZERO, Duration::from_micros(5_001)),
            (640_000, Duration::from_micros(640_000 % 5_001), whole(7)),
        ] {
            let found = pauses(&of(drawn));
            assert_eq!((found[0], found[7]), (first, last), "{drawn}");
        }
    }

    #[test]
    fn a_transition_is_logged_with_its_outcome_its_cause_and_the_next_dial() {
        let patient = Patient::new("राहुल शर्मा", "+911234567890".parse().unwrap());
        let request = CallRequest::new(CallId::from_bytes([7; 16]), patient);
        let policy = Policy {
            retries_max: 1,
            ..Policy::default()
        };
        let now: Timestamp = "2026-11-24T04:35:12Z".parse().unwrap();
        let mut session = CallSession::create(&request, now, &policy).next;
        let said = Lines::of(|| {
            for attempt in 1..=2 {
                let status = CarrierStatus::Busy;
                for event in [
                    CallEvent::DialDue,
                    CallEvent::DialDispatched { attempt },
                    CallEvent::Carrier { attempt, status },
                ] {
                    let now = session.dial_at.unwrap_or(now);
                    let decision = session.apply(&event, now, &policy).unwrap();
                    log_change(&session, &event, &decision);
                    session = decision.next;
                }
            }
        });
        let lines: Vec<&str> = said.lines().filter(|line| line.contains("busy")).collect();
        let [again, last] = lines[..] else {
            panic!("{said}")
        };
        let next = "next_dial=2026-11-24T04:40:12.000Z";
        let trace = format!("trace_id={}", session.trace());
        assert!(again.contains(&trace) && last.contains(&trace), "{said}");
        for (line, expected) in [
            (again, &["outcome=\"busy\"", "to=initiating", next][..]),
            (last, &["outcome=\"busy\"", "to=failed", "cause=Busy"][..]),
        ] {
            let missing = expected.iter().find(|part| !line.contains(*part));
            assert_eq!(missing, None, "{line}");
        }
        assert!(!last.contains("next_dial"), "{last}");
    }
}
