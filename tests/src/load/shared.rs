//! What the tasks of a round share: its clock, its calls, and what times were measured.

use super::{call::Call, spread::Spread};
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::time::Instant;

/// The clock of a run.
#[derive(Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since the start.
    pub(super) fn us(self) -> u64 {
        self.0.elapsed().as_micros() as u64
    }
}

/// How far a round has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Everybody talks.
    Talk,
    /// Nobody says anything new; what was said is on its way.
    Finish,
    /// Callees hang up.
    Leave,
}

/// Times of all calls of a round.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Times {
    /// Whether all calls talk: before and after, only set-ups are measured.
    #[serde(skip)]
    pub(super) is_steady: bool,
    pub(super) up: Spread,
    pub(super) down: Spread,
    pub(super) first_of_reply: Spread,
    pub(super) lateness: Spread,
    pub(super) open_to_upgrade: Spread,
    pub(super) open_to_audio: Spread,
    /// The agent's own part of `open_to_audio`.
    pub(super) agents_own: Spread,
    pub(super) barge_in: Spread,
    /// By how much this tool sent frames later than it meant to.
    pub(super) own_lateness: Spread,
}

/// What a round's tasks share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    /// Whether agents forget a frame here and there.
    forgets: AtomicBool,
    times: Mutex<Times>,
    calls: Mutex<HashMap<String, Arc<Call>>>,
}

impl Shared {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            forgets: AtomicBool::new(false),
            times: Mutex::default(),
            calls: Mutex::default(),
        }
    }

    /// From now on agents forget a frame here and there.
    pub(super) fn plant_loss(&self) {
        self.forgets.store(true, Ordering::Relaxed);
    }

    pub(super) fn forgets(&self) -> bool {
        self.forgets.load(Ordering::Relaxed)
    }

    pub(super) fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().expect("no task panics")
    }

    /// A call that is known by this name to its agent.
    pub(super) fn add(&self, name: &str, number: u32) -> Arc<Call> {
        let call = Arc::new(Call::new(number));
        let mut calls = self.calls.lock().expect("no task panics");
        calls.insert(name.to_owned(), call.clone());
        call
    }

    /// Begins anew, with no calls; gives the times so far.
    pub(super) fn begin(&self) -> Times {
        self.calls.lock().expect("no task panics").clear();
        std::mem::take(&mut *self.times())
    }

    pub(super) fn call(&self, name: &str) -> Option<Arc<Call>> {
        let calls = self.calls.lock().expect("no task panics");
        calls.get(name).cloned()
    }
}
