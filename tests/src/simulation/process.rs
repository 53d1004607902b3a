//! A process of the system: a function's instance, a sweep, a relay. It has its own clock and its
//! own connection to the database, and it may die between any two of its requests.

use super::{
    carrier::SimCarrier,
    database,
    history::Fact,
    platform::{self, SimPlatform},
    receiver::SimNotifier,
    world::World,
};
use axum::Router;
use call::time::Timestamp;
use functions::App;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use store::clock::Clock;
use store::{CallStore, calls::Calls};
use tokio::{sync::watch, time::Instant};

pub(super) struct Process {
    pub(super) world: Arc<World>,
    pub(super) name: String,
    skew: i64,
    dead: watch::Sender<bool>,
    /// Until when the database alone is out of its reach.
    cut_off: Mutex<Option<Instant>>,
    /// Answers of an index that was behind, so far.
    old_pages: AtomicU64,
    app: Mutex<Option<Arc<App>>>,
}

impl Process {
    pub(super) fn start(world: &Arc<World>, kind: &str) -> Arc<Self> {
        let bound = world.skew_max.as_millis() as i64;
        let skew = world.dice.below(2 * world.skew_max.as_millis() as u64 + 1);
        let process = Arc::new(Self {
            world: world.clone(),
            name: format!("{kind}-{}", world.next_process()),
            skew: i64::try_from(skew).unwrap_or(0) - bound,
            dead: watch::Sender::new(false),
            cut_off: Mutex::default(),
            old_pages: AtomicU64::new(0),
            app: Mutex::default(),
        });
        let store = CallStore::new(database::client(&process), super::world::TABLE);
        let clock = Arc::new(ProcessClock(world.clone(), process.skew));
        let mut calls = Calls::new(store, clock, world.policy.clone());
        let chance = world.clone();
        calls.chance = Arc::new(move || chance.dice.next());
        let carrier = Arc::new(SimCarrier(process.clone()));
        let mut app = App::new(calls, carrier, world.api_config());
        app.notifier = Some(Arc::new(SimNotifier(process.clone())));
        app.monitoring_url = Some("https://monitoring.example.com/".to_owned());
        app.post_call_secrets = vec![platform::SECRET.into()];
        app.conversations = Some(Arc::new(SimPlatform(process.clone())));
        let ids = world.clone();
        app.new_id = Arc::new(move || ids.new_id());
        *process.app.lock().expect("nobody panics with the lock") = Some(Arc::new(app));
        world.keep(&process);
        process
    }

    pub(super) fn app(&self) -> Arc<App> {
        let app = self.app.lock().expect("nobody panics with the lock");
        app.clone().expect("set from the start to the run's end")
    }

    /// Lets go of the app, which holds the process in turn: without this no run's memory is freed.
    pub(super) fn take_apart(&self) {
        *self.app.lock().expect("nobody panics with the lock") = None;
    }

    pub(super) fn calls(&self) -> Calls {
        self.app().calls.clone()
    }

    pub(super) fn router(&self) -> Router {
        functions::router(self.app())
    }

    pub(super) fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    /// From here on the process hears and says nothing more.
    pub(super) fn die(&self) {
        if !self.is_dead() {
            self.world.note(Fact::Died(self.name.clone()));
            self.dead.send_replace(true);
        }
    }

    /// Whether nothing passes between the process and the database: now and then, for longer than a
    /// call may go without word.
    pub(super) fn is_cut_off(&self) -> bool {
        let world = &self.world;
        if !world.has_faults() {
            return false;
        }
        if world.dice.chance(world.faults_permille / 8) {
            self.cut_off();
        }
        if world.is_store_out() {
            return true;
        }
        let cut_off = self.cut_off.lock().expect("nobody panics with the lock");
        cut_off.is_some_and(|until| Instant::now() < until)
    }

    /// Takes the database out of its reach for a while.
    pub(super) fn cut_off(&self) {
        let until = Instant::now() + self.world.dice.millis(1_000, 60_000);
        *self.cut_off.lock().expect("nobody panics with the lock") = Some(until);
    }

    /// An index told the process what was there a while ago.
    pub(super) fn note_old_page(&self) {
        self.old_pages.fetch_add(1, Ordering::Relaxed);
    }

    /// How often that was so.
    pub(super) fn old_pages(&self) -> u64 {
        self.old_pages.load(Ordering::Relaxed)
    }

    /// Passes while the process lives; a dead one stays here for ever.
    pub(super) async fn alive(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    /// Has the process do something; `None` if it dies over it.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut dead = self.dead.subscribe();
        tokio::select! {
            biased;
            _ = dead.wait_for(|dead| *dead) => None,
            done = work => Some(done),
        }
    }
}

/// True time, off by the process's own skew.
struct ProcessClock(Arc<World>, i64);

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.now().as_millis() + self.1)
    }
}
