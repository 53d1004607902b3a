//! What is known of one call, by its carrier and by its agent: both are played here.

use super::{
    mark::{Found, Mark},
    spread::Spread,
    track::{Tally, Track},
};
use serde::Serialize;
use std::{
    collections::HashMap,
    ops::Range,
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

/// One call.
pub(super) struct Call {
    pub(super) number: u32,
    book: Mutex<Book>,
}

/// What was sent and what came.
#[derive(Debug)]
pub(super) struct Book {
    up: Track,
    down: Track,
    up_sent: u32,
    down_sent: u32,
    /// Numbers of frames to the carrier that the agent interrupted.
    interrupted: Vec<Range<u32>>,
    /// When the interruption was sent that the carrier has not heard of.
    interrupted_us: Option<u64>,
    /// Whether nothing new is to be said.
    pub(super) is_finishing: bool,
    pub(super) has_spoken: bool,
    pub(super) has_heard_agent: bool,
    pub(super) conversations: u32,
    pub(super) has_hung_up: bool,
    pub(super) faults: Vec<String>,
}

impl Call {
    fn new(number: u32) -> Self {
        let book = Book {
            up: Track::new(number),
            down: Track::new(number),
            up_sent: 0,
            down_sent: 0,
            interrupted: Vec::new(),
            interrupted_us: None,
            is_finishing: false,
            has_spoken: false,
            has_heard_agent: false,
            conversations: 0,
            has_hung_up: false,
            faults: Vec::new(),
        };
        Self {
            number,
            book: Mutex::new(book),
        }
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no task panics")
    }

    pub(super) fn fault(&self, what: impl Into<String>) {
        self.book().faults.push(what.into());
    }
}

impl Book {
    /// Counts a frame as sent to the agent; gives its number.
    pub(super) fn send_up(&mut self) -> u32 {
        self.up_sent += 1;
        self.up_sent - 1
    }

    /// Counts a frame as sent to the carrier; gives its number.
    pub(super) fn send_down(&mut self) -> u32 {
        self.down_sent += 1;
        self.down_sent - 1
    }

    pub(super) fn hear_up(&mut self, found: Found) -> Option<Mark> {
        self.up.note(found)
    }

    pub(super) fn hear_down(&mut self, found: Found) -> Option<Mark> {
        self.down.note(found)
    }

    /// The agent interrupts what it sent of this reply, which began with that frame.
    pub(super) fn interrupt(&mut self, first: u32, now_us: u64) {
        self.interrupted.push(first..self.down_sent);
        self.interrupted_us = Some(now_us);
    }

    /// The carrier gets a frame, while what came before is heard or not. Of an interrupted reply nothing may
    /// be heard any more then, and a carrier that was silent had no need to be told.
    pub(super) fn go_on(&mut self, sequence: u32, is_heard: bool) {
        let last = self.interrupted.last().map_or(0, |range| range.end);
        if sequence >= last && self.interrupted_us.take().is_some() {
            self.down.cut(last);
            if is_heard {
                self.faults
                    .push("an interruption was not passed on".to_owned());
            }
        }
    }

    /// The carrier is told to be silent; gives when that was asked for.
    pub(super) fn kill(&mut self) -> Option<u64> {
        let last = self.interrupted.last().map_or(0, |range| range.end);
        self.down.cut(last);
        let asked = self.interrupted_us.take();
        if asked.is_none() {
            self.faults
                .push("silenced without an interruption".to_owned());
        }
        asked
    }

    /// Whether everything has come that was sent.
    pub(super) fn is_complete(&self) -> bool {
        self.up.lost(self.up_sent, &[]) == 0
            && self.down.lost(self.down_sent, &self.interrupted) == 0
            && self.interrupted_us.is_none()
    }

    /// Frames that came so far, both ways.
    pub(super) fn received(&self) -> u64 {
        self.up.received() + self.down.received()
    }

    /// What went up, and what went down.
    pub(super) fn tallies(&self) -> (Tally, Tally) {
        let down = self.down.tally(self.down_sent, &self.interrupted);
        (self.up.tally(self.up_sent, &[]), down)
    }
}
