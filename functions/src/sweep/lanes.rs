//! The deliveries of one process on their way: found where they are due, sent side by side.

use super::{
    outbox::deliver,
    queue::{HOST_LANES_MAX, Host, Queue, Turn},
    work::Work,
};
use crate::app::App;
use call::{delivery::Target, ids::CallId};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use store::{DeliveryKey, DueCursor, StoreError, item::SHARDS};
use webhooks::{Notifier, host_of};

/// Deliveries on their way at the same time, each with a socket of its own. So many receivers may
/// hang before a quick one waits for one of them to time out.
const LANES_MAX: usize = 256;

/// Deliveries looked at in one shard in one tick.
const READ_MAX: usize = 128;

/// Hosts of calls that are remembered; beyond it they are all read again.
const HOSTS_KNOWN_MAX: usize = 16_384;

/// The host of deliveries whose host was not looked up, because there are too few to delay another.
const ANY_HOST: &str = "";

/// The deliveries of one process.
#[derive(Default)]
pub(super) struct Lanes {
    queue: Arc<Mutex<Queue>>,
    running: Work<LANES_MAX>,
    /// Where the next tick reads on in each shard, past those that found no place.
    cursors: [Option<DueCursor>; SHARDS as usize],
    /// Where the callbacks of calls lead.
    hosts: BTreeMap<CallId, Host>,
    /// Due deliveries that found no place in the last tick.
    left_out: usize,
}

impl Lanes {
    /// Lets what is due in each shard wait for its turn; how many were found a place.
    pub(super) async fn fill(&mut self, app: &App) -> Result<u64, StoreError> {
        let mut found = 0;
        self.left_out = 0;
        for shard in 0..SHARDS {
            let cursor = self.cursors[usize::from(shard)].take();
            let (store, now) = (&app.calls.store, app.calls.now());
            let page = store.due_deliveries(shard, now, READ_MAX, cursor).await?;
            self.cursors[usize::from(shard)] = page.next;
            let keys: Vec<_> = {
                let queue = lock(&self.queue);
                let keys = page.keys.into_iter().filter(|key| !queue.knows(*key));
                keys.collect()
            };
            let hosts = self.hosts_of(app, &keys).await?;
            let mut queue = lock(&self.queue);
            for (key, host) in keys.into_iter().zip(hosts) {
                let has_place = queue.add(host, key);
                found += u64::from(has_place);
                self.left_out += usize::from(!has_place);
            }
        }
        Ok(found)
    }

    /// Sends as many as may leave.
    pub(super) async fn start(&mut self, app: &Arc<App>, notifier: &Arc<dyn Notifier>) {
        while self.running.room() > 0
            && let Some(place) = Place::next(&self.queue)
        {
            let lane = run(app.clone(), notifier.clone(), place);
            self.running.begin(lane).await;
        }
    }

    /// Deliveries that were due in the last tick and are not over: those that wait for their turn or are
    /// on their way, and those seen that found no place.
    pub(super) fn backlog(&self) -> usize {
        lock(&self.queue).len() + self.left_out
    }

    /// Lets nothing leave any more.
    pub(super) fn close(&self) {
        lock(&self.queue).close();
    }

    /// Waits for those on their way, and those that wait for their turn unless it is closed.
    pub(super) async fn finish(&mut self) {
        self.running.finish().await;
    }

    /// The hosts of these deliveries, looked up if there are enough of them to delay one another.
    async fn hosts_of(&mut self, app: &App, keys: &[DeliveryKey]) -> Result<Vec<Host>, StoreError> {
        let any: Host = ANY_HOST.into();
        if lock(&self.queue).len() + keys.len() <= HOST_LANES_MAX {
            return Ok(vec![any; keys.len()]);
        }
        let unknown: Vec<_> = keys
            .iter()
            .filter(|key| key.target == Target::Callback)
            .map(|key| key.call_id)
            .filter(|id| !self.hosts.contains_key(id))
            .collect();
        if self.hosts.len() + unknown.len() > HOSTS_KNOWN_MAX {
            self.hosts.clear();
        }
        for (id, url) in app.calls.store.callback_urls(&unknown).await? {
            self.hosts
                .insert(id, host_of(&url).unwrap_or_default().into());
        }
        let monitoring = app.monitoring_url.as_deref().and_then(host_of);
        let monitoring: Host = monitoring.unwrap_or_default().into();
        let host = |key: &DeliveryKey| match key.target {
            Target::Callback => self.hosts.get(&key.call_id).unwrap_or(&any).clone(),
            Target::Monitoring => monitoring.clone(),
        };
        Ok(keys.iter().map(host).collect())
    }
}

/// Sends one delivery after another, while any may leave.
async fn run(app: Arc<App>, notifier: Arc<dyn Notifier>, first: Place) {
    let mut next = Some(first);
    while let Some(mut place) = next {
        place.has_answered = deliver(&app, &*notifier, place.turn.key).await;
        let queue = place.queue.clone();
        drop(place);
        next = Place::next(&queue);
    }
}

/// One delivery's place among those on their way; given back however it ends.
struct Place {
    queue: Arc<Mutex<Queue>>,
    turn: Turn,
    has_answered: Option<bool>,
}

impl Place {
    fn next(queue: &Arc<Mutex<Queue>>) -> Option<Self> {
        let turn = lock(queue).take()?;
        Some(Self {
            queue: queue.clone(),
            turn,
            has_answered: None,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let has_answered = self.has_answered.filter(|_| *self.turn.host != *ANY_HOST);
        lock(&self.queue).done(&self.turn, has_answered);
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().expect("nobody panics with the lock")
}
