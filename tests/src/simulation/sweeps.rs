//! The sweeps of a run: one tick after another, by one process after another. When all is over for a
//! while but what waits for tomorrow, the clock jumps.

use super::{
    database,
    history::{Fact, Tick},
    process::Process,
    world::{ACTIVE, World},
};
use functions::sweep;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

/// How long after the last request every late report has come.
const BUSY: Duration = Duration::from_secs(ACTIVE.as_secs() + 180);

/// Longest that no sweep looks while nothing is due.
const QUIET_MAX: Duration = Duration::from_secs(15 * 60);

/// How closely the sweeps look.
pub(super) struct Sweeps {
    /// Until when they do not wait for long.
    busy_until: Mutex<Instant>,
    wakes: Notify,
}

impl Default for Sweeps {
    fn default() -> Self {
        Self {
            busy_until: Mutex::new(Instant::now() + BUSY),
            wakes: Notify::new(),
        }
    }
}

impl Sweeps {
    /// Somebody asks for something: from here on they are at their work for a while.
    pub(super) fn wake(&self) {
        let until = Instant::now() + BUSY;
        *self.busy_until.lock().expect("nobody panics with the lock") = until;
        self.wakes.notify_waiters();
    }

    fn are_busy(&self) -> bool {
        Instant::now() < *self.busy_until.lock().expect("nobody panics with the lock")
    }

    /// Waits for the next tick.
    async fn pause(&self, world: &World) {
        if world.has_faults() {
            return sleep(world.dice.millis(500, 8_000)).await;
        }
        sleep(world.dice.millis(15_000, 45_000)).await;
        if !self.are_busy() {
            let due = database::next_due(world).map_or(QUIET_MAX, |due| due.since(world.now()));
            let quiet = due.saturating_sub(Duration::from_secs(60) + world.skew_max);
            let _ = timeout(quiet.min(QUIET_MAX), self.wakes.notified()).await;
        }
    }
}

/// Sweeps for ever.
pub(super) async fn run(world: Arc<World>) {
    loop {
        let process = Process::start(&world, "sweep");
        while !process.is_dead() {
            world.sweeps.pause(&world).await;
            if process.run(sweep_once(&process)).await.is_none() {
                break;
            }
        }
        sleep(world.dice.millis(100, 8_000)).await;
    }
}

async fn sweep_once(process: &Process) {
    let (world, old_pages) = (&process.world, process.old_pages());
    let began = world.now();
    let done = sweep::tick(&process.app()).await;
    world.note(Fact::Swept(Tick {
        began,
        saw_all: done.errors == 0 && process.old_pages() == old_pages,
        dials: done.dials,
        held_back: done.no_channel + done.paced,
    }));
}
