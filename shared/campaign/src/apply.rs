//! A campaign as a pure fold: old campaign + event + now gives new campaign + effects.
//!
//! One table for each state. Each names every event, so that a new one must be decided in every state.

use crate::{
    campaign::{Campaign, ROUNDS_MAX, Refusals, Rejection},
    decision::{Along, AuditLine, Decision, Effect},
    event::Event,
    plan::{InvalidPlan, LIFE_MAX, Plan},
    state::{PausedBy, State},
    tally::Tally,
};
use call::{
    dialling::{BURST, BURST_SPAN},
    time::Timestamp,
};

impl Campaign {
    /// Applies `event` at `now` and says what to store and what to do next.
    ///
    /// # Errors
    /// A [`Rejection`] says why the event changes nothing.
    pub fn apply(&self, event: &Event, now: Timestamp) -> Result<Decision, Rejection> {
        let change = Change {
            next: self.clone(),
            now,
            effects: Vec::new(),
            is_audited: true,
        };
        Ok(change.decide(event)?.into_decision(self, event))
    }
}

/// A campaign on its way to its next version.
struct Change {
    next: Campaign,
    now: Timestamp,
    effects: Vec<Effect>,
    is_audited: bool,
}

use Event as E;

type Decided = Result<Change, Rejection>;

impl Change {
    /// The tables of what happens when: one for each state.
    fn decide(self, event: &Event) -> Decided {
        match self.next.state {
            State::Draft | State::Importing => self.before_rows(event),
            State::Ready => self.ready(event),
            State::Running => self.running(event),
            State::Paused => self.paused(event),
            State::Completed => self.completed(event),
            State::Cancelled | State::Expired => self.over(event),
        }
    }

    fn before_rows(self, event: &Event) -> Decided {
        let state = self.next.state;
        let is_importing = state == State::Importing;
        match event {
            E::ImportBegun if is_importing => Err(Rejection::AlreadyApplied),
            E::ImportBegun => Ok(self.enter(State::Importing).then(Effect::Import)),
            E::Imported { tally } if is_importing => Ok(self.take_rows(tally)),
            E::ImportRefused if is_importing => Ok(self.enter(State::Draft)),
            E::PlanChanged { plan } => self.set_plan(plan),
            E::Cancelled => Ok(self.cancel()),
            E::DeadlinePassed => self.expire_if_due(),
            E::Started | E::Resumed | E::RetryFailed { .. } => Err(Rejection::NotImported(state)),
            E::Paused => Err(Rejection::NotStarted),
            E::Imported { .. }
            | E::ImportRefused
            | E::DialTaken
            | E::DialRefused
            | E::RoundBegun { .. }
            | E::Counted { .. }
            | E::RowsClosed => Err(Rejection::AlreadyApplied),
        }
    }

    fn ready(self, event: &Event) -> Decided {
        match event {
            E::Started => self.run(),
            E::PlanChanged { plan } => self.set_plan(plan),
            E::Cancelled => Ok(self.cancel()),
            E::DeadlinePassed => self.expire_if_due(),
            E::ImportBegun => Err(Rejection::HasRows),
            E::Paused | E::Resumed | E::RetryFailed { .. } => Err(Rejection::NotStarted),
            E::Imported { .. }
            | E::ImportRefused
            | E::DialTaken
            | E::DialRefused
            | E::RoundBegun { .. }
            | E::Counted { .. }
            | E::RowsClosed => Err(Rejection::AlreadyApplied),
        }
    }

    fn running(self, event: &Event) -> Decided {
        match event {
            E::Paused => Ok(self.pause(PausedBy::Person)),
            E::Cancelled => Ok(self.cancel()),
            E::RetryFailed { round, failed } => self.begin_round(*round, *failed),
            E::PlanChanged { plan } => self.set_plan(plan),
            E::DialTaken => self.forget_refusals(),
            E::DialRefused => Ok(self.count_refusal()),
            E::RoundBegun { round } => self.end_opening(*round),
            E::Counted { tally } => self.complete_if_done(tally),
            E::DeadlinePassed => self.expire_if_due(),
            E::ImportBegun => Err(Rejection::HasRows),
            E::Imported { .. } | E::ImportRefused | E::Started | E::Resumed | E::RowsClosed => {
                Err(Rejection::AlreadyApplied)
            }
        }
    }

    fn paused(self, event: &Event) -> Decided {
        match event {
            E::Resumed => self.run(),
            E::Cancelled => Ok(self.cancel()),
            E::RetryFailed { round, failed } => self.begin_round(*round, *failed),
            E::PlanChanged { plan } => self.set_plan(plan),
            E::RoundBegun { round } => self.end_opening(*round),
            E::Counted { tally } => self.complete_if_done(tally),
            E::DeadlinePassed => self.expire_if_due(),
            E::Started => Err(Rejection::IsPaused),
            E::ImportBegun => Err(Rejection::HasRows),
            // What was in flight when it was paused may still be refused.
            E::Imported { .. }
            | E::ImportRefused
            | E::Paused
            | E::DialTaken
            | E::DialRefused
            | E::RowsClosed => Err(Rejection::AlreadyApplied),
        }
    }

    fn completed(self, event: &Event) -> Decided {
        match event {
            E::RetryFailed { round, failed } => self.begin_round(*round, *failed)?.run(),
            // Failed rows may be wanted again, in other hours and until another day.
            E::PlanChanged { plan } => self.set_plan(plan),
            E::Started | E::Paused | E::Resumed | E::Cancelled | E::ImportBegun => {
                Err(Rejection::Over(State::Completed))
            }
            E::Imported { .. }
            | E::ImportRefused
            | E::DialTaken
            | E::DialRefused
            | E::RoundBegun { .. }
            | E::Counted { .. }
            | E::RowsClosed
            | E::DeadlinePassed => Err(Rejection::AlreadyApplied),
        }
    }

    fn over(self, event: &Event) -> Decided {
        let state = self.next.state;
        match event {
            E::Cancelled if state == State::Cancelled => Err(Rejection::AlreadyApplied),
            E::RowsClosed if self.next.closes_rows => Ok(self.end_closing()),
            E::ImportBegun
            | E::Started
            | E::Paused
            | E::Resumed
            | E::Cancelled
            | E::RetryFailed { .. }
            | E::PlanChanged { .. } => Err(Rejection::Over(state)),
            E::Imported { .. }
            | E::ImportRefused
            | E::DialTaken
            | E::DialRefused
            | E::RoundBegun { .. }
            | E::Counted { .. }
            | E::RowsClosed
            | E::DeadlinePassed => Err(Rejection::AlreadyApplied),
        }
    }

    /// A file without a row that can be called leaves the campaign as it was, for another file.
    fn take_rows(mut self, tally: &Tally) -> Self {
        if tally.pending == 0 {
            return self.enter(State::Draft);
        }
        self.next.rows = tally.rows();
        self.enter(State::Ready)
    }

    fn run(mut self) -> Decided {
        if self.now >= self.next.plan.expires_at {
            return Err(Rejection::PastEnd);
        }
        // It may have been made when every number was taken.
        let checked = self.next.plan.check_caller();
        checked.map_err(Rejection::InvalidCaller)?;
        self.next.paused_by = None;
        self.next.refusals = None;
        Ok(self.enter(State::Running).then(Effect::Dispatch))
    }

    fn pause(mut self, by: PausedBy) -> Self {
        self.next.paused_by = Some(by);
        self.next.refusals = None;
        self.enter(State::Paused)
    }

    fn cancel(mut self) -> Self {
        self.next.paused_by = None;
        self.next.closes_rows = self.next.state != State::Draft;
        self.enter(State::Cancelled).then(Effect::CancelRows)
    }

    fn expire_if_due(mut self) -> Decided {
        if self.now < self.next.plan.expires_at {
            return Err(Rejection::NotDue);
        }
        self.next.paused_by = None;
        self.next.closes_rows = self.next.state != State::Draft;
        Ok(self.enter(State::Expired).then(Effect::ExpireRows))
    }

    fn complete_if_done(mut self, tally: &Tally) -> Decided {
        if tally.open() > 0 || self.next.opens_round {
            return Err(Rejection::NotDue);
        }
        self.next.paused_by = None;
        Ok(self.enter(State::Completed))
    }

    fn begin_round(mut self, round: u8, failed: u32) -> Decided {
        if round <= self.next.round {
            return Err(Rejection::AlreadyApplied);
        }
        if round > self.next.round + 1 {
            return Err(Rejection::NoSuchRound);
        }
        if failed == 0 {
            return Err(Rejection::NothingFailed);
        }
        if self.next.round >= ROUNDS_MAX {
            return Err(Rejection::RoundsSpent);
        }
        self.next.round = round;
        self.next.opens_round = true;
        self.next.generation += 1;
        Ok(self.then(Effect::BeginRound { round }))
    }

    fn end_opening(mut self, round: u8) -> Decided {
        if !self.next.opens_round || round != self.next.round {
            return Err(Rejection::AlreadyApplied);
        }
        self.next.opens_round = false;
        Ok(self.then(Effect::Dispatch))
    }

    fn end_closing(mut self) -> Self {
        self.next.closes_rows = false;
        self
    }

    fn set_plan(mut self, plan: &Plan) -> Decided {
        if self.next.plan == *plan {
            return Err(Rejection::AlreadyApplied);
        }
        let has_rows = self.next.rows > 0 || self.next.state == State::Importing;
        if has_rows && plan.class != self.next.plan.class {
            return Err(Rejection::ClassFixed);
        }
        let checked = plan
            .check(self.now, None)
            .and_then(|()| plan.check_caller());
        checked.map_err(Rejection::InvalidPlan)?;
        if plan.expires_at > self.next.created_at + LIFE_MAX {
            return Err(Rejection::InvalidPlan(InvalidPlan::Expiry));
        }
        self.next.plan = plan.clone();
        self.next.generation += 1;
        let runs = self.next.state == State::Running;
        Ok(if runs {
            self.then(Effect::Dispatch)
        } else {
            self
        })
    }

    fn forget_refusals(mut self) -> Decided {
        if self.next.refusals.take().is_none() {
            return Err(Rejection::AlreadyApplied);
        }
        self.is_audited = false;
        Ok(self)
    }

    /// A burst of refusals pauses the campaign: whatever the reason is, a person must see it before
    /// the next thousand are refused.
    fn count_refusal(mut self) -> Self {
        let now = self.now;
        let recent = self
            .next
            .refusals
            .filter(|known| now.since(known.since) <= BURST_SPAN);
        let known = recent.unwrap_or(Refusals {
            count: 0,
            since: now,
        });
        let count = known.count + 1;
        if count >= BURST {
            return self.pause(PausedBy::Refusals);
        }
        self.next.refusals = Some(Refusals { count, ..known });
        self.is_audited = false;
        self
    }

    fn enter(mut self, state: State) -> Self {
        self.next.state = state;
        self.next.generation += 1;
        self
    }

    fn then(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    fn into_decision(mut self, before: &Campaign, event: &Event) -> Decision {
        self.next.version += 1;
        self.next.updated_at = self.now;
        let (from, to) = (before.state, self.next.state);
        let is_new_plan = before.plan != self.next.plan;
        let audit = self.is_audited.then(|| {
            self.next.audit_seq += 1;
            AuditLine {
                seq: self.next.audit_seq,
                at: self.now,
                by: event.actor(),
                event: event.label().to_owned(),
                from: Some(from),
                to,
                generation: self.next.generation,
                plan_before: is_new_plan.then(|| Box::new(before.plan.clone())),
            }
        });
        Decision {
            made_on: Some(before.version),
            along: Along {
                moved: (from != to).then_some((Some(from), to)),
            },
            next: self.next,
            audit,
            effects: self.effects,
        }
    }
}
