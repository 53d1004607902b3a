//! Delivers what is due: deadlines that passed, dials whose time has come, outcomes to be delivered,
//! conversations whose post-call report is to be read or asked for, recordings that are to be erased.
//!
//! A Lambda has no timers and no memory, so every call's next deadline is stored with it, and this
//! is what keeps time. Any number of sweeps may run at once: the domain decides who was first.
//!
//! Cost of an idle tick: one query per shard for deadlines, dials, outcomes and conversations, one for
//! campaigns, and one read of the channel counter, 18 small reads in all; each minute 4 queries more to audit it,
//! each hour one for the holds.

mod calls;
mod campaigns;
mod channels;
mod conversations;
mod erasure;
mod holds;
mod import;
mod lanes;
mod outbox;
mod paused;
mod queue;
mod recordings;
mod seen;
mod work;

pub(crate) use outbox::Event;

use crate::{app::App, needs::Need};
use call::time::Timestamp;
use calls::DIALS_AT_ONCE_MAX;
use campaigns::Remembered;
use channels::Audit;
use conversations::LOOKS_AT_ONCE_MAX;
use futures_util::future::BoxFuture;
use import::IMPORTS_AT_ONCE_MAX;
use lanes::Lanes;
use seen::Seen;
use std::{ops::AddAssign, sync::Arc, time::Duration};
use store::{StoreError, item::SHARDS};
use tokio::time::{MissedTickBehavior, interval};
use traces::FLUSH_MAX;
use work::Work;

/// What it works with.
pub const NEEDS: &[Need] = &[
    Need::Tokens,
    Need::Carrier,
    Need::Outcomes,
    Need::Conversations,
    Need::Questions,
    Need::Sweeps,
    Need::Recordings,
];

/// From the start of one tick to the start of the next.
const TICK: Duration = Duration::from_secs(1);

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
    /// Due calls left waiting because this second had all of its dials.
    pub paced: u64,
    /// Outcomes that were due to be delivered.
    pub outcomes: u64,
    /// Conversations that were due to be looked after.
    pub conversations: u64,
    /// Channels by which the counter was found to differ from the live calls, last time.
    pub channel_drift: i64,
    /// Requests to the store that failed; what they were for is still due.
    pub errors: u64,
}

impl AddAssign for SweepReport {
    fn add_assign(&mut self, other: Self) {
        self.ticks += other.ticks;
        self.deadlines += other.deadlines;
        self.dials += other.dials;
        self.no_channel += other.no_channel;
        self.paced += other.paced;
        self.outcomes += other.outcomes;
        self.conversations += other.conversations;
        self.channel_drift = other.channel_drift;
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

/// Runs one tick and waits for the dials and the deliveries it began.
pub async fn tick(app: &Arc<App>) -> SweepReport {
    let mut sweep = Sweep::new(app.clone());
    let report = sweep.tick().await;
    sweep.finish().await;
    report
}

/// Ticks each second until `duration` is over, at least once, then waits for what is on its way.
pub async fn run_for(app: &Arc<App>, duration: Duration) -> SweepReport {
    run_until(app, tokio::time::sleep(duration)).await
}

/// Ticks each second until `stop`, at least once, then waits for what is on its way. A tick that
/// has begun is finished first.
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
    sweep.posts.close();
    sweep.finish().await;
    app.calls.traces.flush(FLUSH_MAX).await;
    tracing::info!(
        sweep_ticks = total.ticks,
        sweep_deadlines = total.deadlines,
        sweep_dials = total.dials,
        sweep_no_channel = total.no_channel,
        sweep_paced = total.paced,
        sweep_outcomes = total.outcomes,
        sweep_conversations = total.conversations,
        sweep_errors = total.errors,
        "sweep over"
    );
    total
}

/// The ticks of one process. Dials, deliveries, looks at conversations and imports run beside them, because a
/// carrier, a CRM or the agent's platform may take many seconds to answer, and a file many to read, and
/// deadlines must not wait for that.
struct Sweep {
    app: Arc<App>,
    dials: Work<DIALS_AT_ONCE_MAX>,
    posts: Lanes,
    looks: Work<LOOKS_AT_ONCE_MAX>,
    imports: Work<IMPORTS_AT_ONCE_MAX>,
    audit: Audit,
    /// What it knows of campaigns from tick to tick.
    remembered: Remembered,
    /// The hour since 1970 in which holds were repeated last.
    held_in: Option<i64>,
    /// The hour since 1970 in which old recordings were looked for last.
    expired_in: Option<i64>,
    /// The minute since 1970 in which it was last said that calls wait because no phone may ring.
    paused_in: Option<i64>,
    /// What its metrics say at the end.
    seen: Seen,
}

impl Sweep {
    fn new(app: Arc<App>) -> Self {
        Self {
            app,
            dials: Work::default(),
            posts: Lanes::default(),
            looks: Work::default(),
            imports: Work::default(),
            audit: Audit::default(),
            remembered: Remembered::default(),
            held_in: None,
            expired_in: None,
            paused_in: None,
            seen: Seen::default(),
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
        self.seen.errors += report.errors;
        report
    }

    async fn deliver(&mut self, report: &mut SweepReport) -> Result<(), StoreError> {
        for shard in 0..SHARDS {
            self.deliver_deadlines(shard, report).await?;
        }
        let room = self.deliver_dials(report).await?;
        self.carry_out(room, report).await?;
        self.deliver_outcomes(report).await?;
        self.complete_records(report).await?;
        self.audit_channels(report).await?;
        self.expire_recordings().await;
        self.repeat_holds().await
    }

    async fn finish(mut self) {
        self.dials.finish().await;
        self.posts.finish().await;
        self.looks.finish().await;
        self.imports.finish().await;
        self.seen.note();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
