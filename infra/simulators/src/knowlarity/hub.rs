//! What the simulator has in common for all its requests, rings and streams.

use super::{
    callee::Callee,
    record::{CallRecord, DialRecord},
    settings::{Dial, Settings},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::{sync::watch, task::JoinSet};

pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) client: reqwest::Client,
    state: Mutex<State>,
    /// Moves whenever a call ends.
    pub(super) changes: watch::Sender<usize>,
    /// One task for each ring and call.
    rings: Mutex<JoinSet<()>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) dials: VecDeque<Dial>,
    pub(super) callees: VecDeque<Callee>,
    /// What becomes of the next dials to a number, and who answers them.
    pub(super) expected: BTreeMap<String, VecDeque<(Dial, Callee)>>,
    /// Who answers the phone that rings at a number.
    answering: BTreeMap<String, Callee>,
    pub(super) dialled: Vec<DialRecord>,
    pub(super) calls: Vec<CallRecord>,
    log: Vec<Entry>,
}

/// One row, and who may see it.
pub(super) struct Entry {
    pub(super) row: Value,
    pub(super) began: jiff::Timestamp,
    pub(super) visible_at: tokio::time::Instant,
}

impl State {
    /// What becomes of this dial, if the number is one of which that is known.
    fn expected_at(&mut self, number: &str) -> Option<Dial> {
        let (dial, callee) = self.expected.get_mut(number)?.pop_front()?;
        if dial.is_answered() {
            self.answering.insert(number.to_owned(), callee);
        }
        Some(dial)
    }

    /// How often a number was dialled.
    pub(super) fn dialled_to(&self, number: &str) -> usize {
        let dials = self.dialled.iter();
        dials.filter(|dial| dial.number == number).count()
    }
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            client: reqwest::Client::new(),
            state: Mutex::default(),
            changes: watch::channel(0).0,
            rings: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rings(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one ring until it is over or the simulator stops.
    pub(super) fn spawn(&self, ring: impl Future<Output = ()> + Send + 'static) {
        let mut rings = self.rings();
        while rings.try_join_next().is_some() {}
        rings.spawn(ring);
    }

    /// The `number`-th answered call (from 1), if it is over.
    pub(super) fn over(&self, number: usize) -> Option<CallRecord> {
        let place = number.checked_sub(1)?;
        let state = self.state();
        state.calls.get(place).filter(|call| call.is_over).cloned()
    }

    /// Records a dial and decides what becomes of it.
    pub(super) fn take_dial(&self, number: &str, body: Value, call_id: &str) -> Dial {
        let mut state = self.state();
        let dial = match state.dials.pop_front() {
            Some(dial) => dial,
            None => {
                let expected = state.expected_at(number);
                let fate = || self.settings.fate(number, state.dialled_to(number));
                let fated = expected.or_else(|| fate().map(|(dial, _)| dial));
                fated.unwrap_or(Dial::Answer)
            }
        };
        state.dialled.push(DialRecord {
            number: number.to_owned(),
            body,
            at: now(),
            call_id: call_id.to_owned(),
            dial,
            over_at: None,
        });
        dial
    }

    /// Notes that the phone of a dial is quiet again.
    pub(super) fn end_ring(&self, call_id: &str) {
        let mut state = self.state();
        let dials = state.dialled.iter_mut();
        if let Some(dial) = dials.rev().find(|dial| dial.call_id == call_id) {
            dial.over_at = Some(now());
        }
    }

    /// Who answers at this number.
    pub(super) fn next_callee(&self, number: &str) -> Callee {
        let mut state = self.state();
        let expected = state.answering.remove(number);
        expected
            .or_else(|| state.callees.pop_front())
            .or_else(|| self.settings.fate(number, 0)?.1)
            .unwrap_or_else(|| self.settings.callee.clone())
    }

    /// Registers an answered call; gives its place.
    pub(super) fn add_call(&self, call: CallRecord) -> usize {
        let mut state = self.state();
        state.calls.push(call);
        state.calls.len() - 1
    }

    pub(super) fn change_call(&self, place: usize, change: impl FnOnce(&mut CallRecord)) {
        if let Some(call) = self.state().calls.get_mut(place) {
            change(call);
        }
    }

    pub(super) fn log(&self, entry: Entry) {
        self.state().log.push(entry);
    }

    /// The call log as far as `filter` lets through, oldest first.
    pub(super) fn logged(&self, filter: impl Fn(&Entry) -> bool) -> Vec<Value> {
        let state = self.state();
        let entries = state.log.iter().filter(|entry| filter(entry));
        entries.map(|entry| entry.row.clone()).collect()
    }

    pub(super) fn end_call(&self, place: usize) {
        self.change_call(place, |call| call.is_over = true);
        self.changes.send_modify(|changes| *changes += 1);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator lives in real time"
)]
fn now() -> Instant {
    Instant::now()
}
