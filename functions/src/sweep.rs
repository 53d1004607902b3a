//! Delivers what is due: deadlines that passed, and dials whose time has come.
//!
//! A Lambda has no timers and no memory, so every call's next deadline is stored with it, and this
//! is what keeps time. Any number of sweeps may run at once: the domain decides who was first.
//!
//! Cost of an idle tick: one query per shard for deadlines, one read of the channel counter, and
//! one query per shard for dials, 9 small reads in all.

use crate::{App, dial};
use lambda_http::BoxFuture;
use shared::{
    call::{CallEvent, CallSession, Effect},
    calls::Told,
    ids::CallId,
    store::{StoreError, item::SHARDS},
    time::Timestamp,
};
use std::{ops::AddAssign, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

/// From the start of one tick to the start of the next.
const TICK: Duration = Duration::from_secs(1);

/// Deadlines read at once from one shard. A page is told in about a second.
const DEADLINES_PER_PAGE: usize = 50;

/// Pages of one shard in one tick, so that a burst in one shard delays the others by seconds at
/// most. The rest is still overdue at the next tick.
const PAGES_PER_TICK_MAX: usize = 4;

/// Calls told at the same time: enough to hide the store's latency, few enough for a small Lambda.
const TELLS_AT_ONCE_MAX: usize = 16;

/// Due dials read per shard beyond the free channels, for rows that turn out to be stale.
const SPARE_DIALS: usize = 10;

/// Dial requests on their way at the same time. Each holds a channel, so the carrier's plan
/// normally binds first; this bounds sockets when a plan is large and the carrier slow.
const DIALS_AT_ONCE_MAX: usize = 64;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SweepReport {
    /// Ticks that were run.
    pub ticks: u64,
    /// Calls whose deadline changed them. Others were found by a stale index or another sweep.
    pub deadlines: u64,
    /// Due calls that got a channel, so that their dial was begun.
    pub dials: u64,
    /// Due calls left waiting because every channel was taken, as seen by a refused commit.
    pub no_channel: u64,
    /// Requests to the store that failed; what they were for is still due.
    pub errors: u64,
}

impl AddAssign for SweepReport {
    fn add_assign(&mut self, other: Self) {
        self.ticks += other.ticks;
        self.deadlines += other.deadlines;
        self.dials += other.dials;
        self.no_channel += other.no_channel;
        self.errors += other.errors;
    }
}

/// Kept free before a Lambda's deadline (45 s): for the tick that is running, and for a dial that
/// takes all of `DIAL_TIMEOUT` (30 s by default) and 10 s more until its result is stored.
const STOP_MARGIN: Duration = Duration::from_secs(45);

/// How long a sweep may tick when its process is ended at `deadline`.
///
/// A deadline that has passed is none: the emulator of `cargo lambda watch` sends a moment in 1970.
#[must_use]
pub fn time_to_tick(wanted: Duration, deadline: Timestamp, now: Timestamp) -> Duration {
    if deadline <= now {
        return wanted;
    }
    wanted.min(deadline.since(now).saturating_sub(STOP_MARGIN))
}

/// Runs one tick and waits for the dials it began.
pub async fn tick(app: &Arc<App>) -> SweepReport {
    let mut sweep = Sweep::new(app.clone());
    let report = sweep.tick().await;
    sweep.finish().await;
    report
}

/// Ticks each second until `duration` is over, at least once, then waits for the dials on their way.
pub async fn run_for(app: &Arc<App>, duration: Duration) -> SweepReport {
    run_until(app, tokio::time::sleep(duration)).await
}

/// Ticks each second until `stop`, at least once, then waits for the dials on their way. A tick
/// that has begun is finished first.
pub async fn run_until(app: &Arc<App>, stop: impl Future<Output = ()>) -> SweepReport {
    let mut sweep = Sweep::new(app.clone());
    let mut total = SweepReport::default();
    let mut next = interval(TICK);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop, if total.ticks > 0 => break,
            _ = next.tick() => total += sweep.tick().await,
        }
    }
    sweep.finish().await;
    tracing::info!(
        sweep_ticks = total.ticks,
        sweep_deadlines = total.deadlines,
        sweep_dials = total.dials,
        sweep_no_channel = total.no_channel,
        sweep_errors = total.errors,
        "sweep over"
    );
    total
}

/// The ticks of one process. Dials run beside them, because a carrier may take many seconds to
/// answer and deadlines must not wait for that.
struct Sweep {
    app: Arc<App>,
    dials: JoinSet<()>,
}

/// What became of one call in a tick.
enum Step {
    Changed(Box<CallSession>, Vec<Effect>),
    Same,
    NoChannel,
    Failed,
}

impl Sweep {
    fn new(app: Arc<App>) -> Self {
        Self {
            app,
            dials: JoinSet::new(),
        }
    }

    async fn tick(&mut self) -> SweepReport {
        let mut report = SweepReport {
            ticks: 1,
            ..SweepReport::default()
        };
        // Boxed, because the nested futures of the store's client are too deep a type otherwise.
        let delivery: BoxFuture<'_, _> = Box::pin(self.deliver(&mut report));
        if let Err(error) = delivery.await {
            // The next tick asks again; asking on now would spend the store's time-outs in a row.
            tracing::warn!(%error, "sweep could not read what is due");
            report.errors += 1;
        }
        report
    }

    async fn deliver(&mut self, report: &mut SweepReport) -> Result<(), StoreError> {
        for shard in 0..SHARDS {
            self.deliver_deadlines(shard, report).await?;
        }
        self.deliver_dials(report).await
    }

    async fn finish(mut self) {
        while self.dials.join_next().await.is_some() {}
    }

    /// Tells the overdue calls of one shard, oldest first, page by page.
    async fn deliver_deadlines(
        &mut self,
        shard: u8,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        for _ in 0..PAGES_PER_TICK_MAX {
            let (store, now) = (&self.app.calls.store, self.app.calls.now());
            let overdue = store.overdue(shard, now, DEADLINES_PER_PAGE).await?;
            let is_last = overdue.len() < DEADLINES_PER_PAGE;
            let changed = self
                .tell_all(overdue, &CallEvent::DeadlinePassed, report)
                .await;
            report.deadlines += changed as u64;
            // A whole page without a change is a stale index: it will have caught up next time.
            if is_last || changed == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Gives the free channels to the calls whose dial is due, a share of each shard in turn.
    async fn deliver_dials(&mut self, report: &mut SweepReport) -> Result<(), StoreError> {
        while self.dials.try_join_next().is_some() {}
        let in_use = self.app.calls.store.channels_in_use().await?;
        let free = self
            .app
            .calls
            .policy
            .max_concurrent_calls
            .saturating_sub(in_use);
        let at_once = DIALS_AT_ONCE_MAX.saturating_sub(self.dials.len());
        let mut room = at_once.min(usize::try_from(free).unwrap_or(usize::MAX));
        if room == 0 {
            return Ok(());
        }
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            let (store, now) = (&self.app.calls.store, self.app.calls.now());
            due.push(store.due_dials(shard, now, room + SPARE_DIALS).await?);
        }
        let mut due = in_turn(&due).into_iter();
        while room > 0 && report.no_channel == 0 {
            let batch: Vec<CallId> = due.by_ref().take(room).collect();
            if batch.is_empty() {
                break;
            }
            let begun = self.tell_all(batch, &CallEvent::DialDue, report).await;
            report.dials += begun as u64;
            room -= begun;
        }
        Ok(())
    }

    /// Tells calls of an event, some at a time, and starts the effects; how many changed.
    async fn tell_all(
        &mut self,
        ids: Vec<CallId>,
        event: &CallEvent,
        report: &mut SweepReport,
    ) -> usize {
        let mut changed = 0;
        let mut waiting = ids.into_iter();
        let mut told = JoinSet::new();
        loop {
            while told.len() < TELLS_AT_ONCE_MAX
                && let Some(id) = waiting.next()
            {
                told.spawn(tell(self.app.clone(), id, event.clone()));
            }
            match told.join_next().await {
                None => return changed,
                Some(Ok(Step::Changed(session, effects))) => {
                    changed += 1;
                    self.start(*session, effects).await;
                }
                Some(Ok(Step::Same)) => {}
                Some(Ok(Step::NoChannel)) => report.no_channel += 1,
                Some(Ok(Step::Failed)) => report.errors += 1,
                Some(Err(error)) => {
                    tracing::error!(%error, "telling a call stopped short");
                    report.errors += 1;
                }
            }
        }
    }

    async fn start(&mut self, session: CallSession, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        if self.dials.len() >= DIALS_AT_ONCE_MAX {
            self.dials.join_next().await;
        }
        let app = self.app.clone();
        self.dials.spawn(async move {
            dial::run(&app, &session, &effects).await;
        });
    }
}

async fn tell(app: Arc<App>, id: CallId, event: CallEvent) -> Step {
    match app.calls.tell(id, &event).await {
        Ok(Told::Changed { session, effects }) => Step::Changed(Box::new(session), effects),
        Ok(Told::Unchanged { .. } | Told::NoSuchCall) => Step::Same,
        Ok(Told::NoChannel) => Step::NoChannel,
        Err(error) => {
            tracing::warn!(call_id = %id, %error, event = event.label(), "call left to the next tick");
            Step::Failed
        }
    }
}

/// The first of each shard, then the second of each, and so on: no shard starves another.
fn in_turn(shards: &[Vec<CallId>]) -> Vec<CallId> {
    let longest = shards.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|i| shards.iter().filter_map(move |shard| shard.get(i).copied()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> CallId {
        CallId::from_bytes([byte; 16])
    }

    #[test]
    fn ticking_ends_well_before_the_deadline() {
        let now = Timestamp::from_millis(1_793_400_000_000);
        let wanted = Duration::from_secs(55);
        let with_left = |secs| time_to_tick(wanted, now + Duration::from_secs(secs), now);
        assert_eq!(with_left(120), wanted);
        assert_eq!(with_left(90), Duration::from_secs(45));
        assert_eq!(with_left(10), Duration::ZERO);
        assert_eq!(
            time_to_tick(wanted, Timestamp::from_millis(600_000), now),
            wanted
        );
    }

    #[test]
    fn shards_take_turns() {
        let shards = vec![
            vec![id(1), id(2), id(3)],
            vec![],
            vec![id(4)],
            vec![id(5), id(6)],
        ];
        assert_eq!(in_turn(&shards), [id(1), id(4), id(5), id(2), id(6), id(3)]);
        assert_eq!(in_turn(&[]), []);
    }
}
