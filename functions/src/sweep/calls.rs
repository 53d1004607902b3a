//! Deadlines that passed, and dials whose time has come.

use super::{Sweep, SweepReport, work::Work};
use crate::{app::App, dial};
use call::{CallEvent, CallSession, Effect, dialling::Permit, ids::CallId};
use std::sync::Arc;
use store::{
    StoreError,
    calls::{Applied, ApplyError},
    item::SHARDS,
};

/// Deadlines read at once from one shard. A page is applied in about a second.
const DEADLINES_PER_PAGE: usize = 50;

/// Pages of one shard in one tick, so that a burst in one shard delays the others by seconds at
/// most. The rest is still overdue at the next tick.
const PAGES_PER_TICK_MAX: usize = 4;

/// Events applied at the same time: enough to hide the store's latency, few enough for a small Lambda.
const APPLIED_AT_ONCE_MAX: usize = 16;

/// Due dials read per shard beyond the free channels, for rows that turn out to be stale.
const SPARE_DIALS: usize = 10;

/// Dial requests on their way at the same time. Each holds a channel, so the carrier's plan
/// normally binds first; this bounds sockets when a plan is large and the carrier slow.
pub(super) const DIALS_AT_ONCE_MAX: usize = 64;

impl Sweep {
    /// Tells the overdue calls of one shard, oldest first, page by page.
    pub(super) async fn deliver_deadlines(
        &mut self,
        shard: u8,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        for _ in 0..PAGES_PER_TICK_MAX {
            let (store, now) = (&self.app.calls.store, self.app.calls.now());
            let overdue = store.overdue(shard, now, DEADLINES_PER_PAGE).await?;
            let is_last = overdue.len() < DEADLINES_PER_PAGE;
            overdue
                .iter()
                .for_each(|(_, at)| self.seen.late(now.since(*at)));
            let overdue = overdue.into_iter().map(|(id, _)| id).collect();
            let changed = self
                .apply_all(overdue, &CallEvent::DeadlinePassed, report)
                .await;
            report.deadlines += changed as u64;
            // A whole page without a change is a stale index: it will have caught up next time.
            if is_last || changed == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Gives the free channels to the calls whose dial is due, a share of each shard in turn. Gives back
    /// how many dials more could begin: none while any of these waits.
    pub(super) async fn deliver_dials(
        &mut self,
        report: &mut SweepReport,
    ) -> Result<usize, StoreError> {
        let in_use = self.app.calls.store.channels_in_use().await?;
        let free = self.app.calls.policy.channels().saturating_sub(in_use);
        let mut room = self
            .dials
            .room()
            .min(usize::try_from(free).unwrap_or(usize::MAX));
        if room == 0 {
            return Ok(0);
        }
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            let (store, now) = (&self.app.calls.store, self.app.calls.now());
            due.push(store.due_dials(shard, now, room + SPARE_DIALS).await?);
        }
        let mut due = in_turn(&due);
        if due.is_empty() {
            return Ok(room);
        }
        room = match self.app.calls.permit_dials().await? {
            Permit::All => room,
            Permit::One => {
                self.begin_with_any(&mut due);
                1
            }
            Permit::None => {
                self.say_paused().await?;
                return Ok(0);
            }
        };
        let mut due = due.into_iter();
        while room > 0 && report.no_channel + report.paced == 0 {
            let batch: Vec<CallId> = due.by_ref().take(room).collect();
            if batch.is_empty() {
                break;
            }
            let begun = self.apply_all(batch, &CallEvent::DialDue, report).await;
            report.dials += begun as u64;
            room -= begun;
        }
        let waits = due.next().is_some() || report.no_channel + report.paced > 0;
        Ok(if waits { 0 } else { room })
    }

    /// Not with the first: a call whose own fault opened the breaker would be all that is ever tried.
    fn begin_with_any(&self, due: &mut [CallId]) {
        let first = (self.app.calls.chance)() % due.len() as u64;
        due.rotate_left(usize::try_from(first).unwrap_or_default());
    }

    /// Tells calls of an event, some at a time, and starts the effects; how many changed.
    async fn apply_all(
        &mut self,
        ids: Vec<CallId>,
        event: &CallEvent,
        report: &mut SweepReport,
    ) -> usize {
        let mut changed = 0;
        let (mut applying, app) = (Work::<APPLIED_AT_ONCE_MAX, _>::default(), self.app.clone());
        let ids = ids.into_iter();
        let mut waiting = ids.map(|id| apply(app.clone(), id, event.clone()));
        while let Some(applied) = applying.next_of(&mut waiting).await {
            match applied {
                Ok(Ok(Applied::Changed { session, effects })) => {
                    changed += 1;
                    self.start(session, effects).await;
                }
                Ok(Ok(Applied::Unchanged { .. } | Applied::NoSuchCall)) => {}
                Ok(Ok(Applied::NoChannel)) => report.no_channel += 1,
                Ok(Ok(Applied::Paced)) => report.paced += 1,
                Ok(Ok(Applied::Held(_))) => {}
                Ok(Err(_)) | Err(_) => report.errors += 1,
            }
        }
        changed
    }

    pub(super) async fn start(&mut self, session: CallSession, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        let app = self.app.clone();
        let dial = async move {
            dial::run(&app, &session, &effects).await;
        };
        self.dials.begin(dial).await;
    }
}

async fn apply(app: Arc<App>, id: CallId, event: CallEvent) -> Result<Applied, ApplyError> {
    app.calls.apply(id, &event).await.inspect_err(|error| {
        tracing::warn!(call_id = %id, %error, event = event.label(), "call left to the next tick");
    })
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
