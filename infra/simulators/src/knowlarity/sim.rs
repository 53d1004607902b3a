//! Starting, steering and asking a simulator.

use super::{
    api,
    call_log::Entry,
    callee::Callee,
    record::{CallRecord, DialRecord},
    settings::{Dial, Settings},
};
use serde_json::Value;
use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// A running simulator; it stops when dropped.
pub struct Sim {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) client: reqwest::Client,
    state: Mutex<State>,
    /// Moves whenever a call ends.
    changes: watch::Sender<usize>,
    /// One task for each ring and call.
    rings: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct State {
    dials: VecDeque<Dial>,
    callees: VecDeque<Callee>,
    dialled: Vec<DialRecord>,
    calls: Vec<CallRecord>,
    log: Vec<Entry>,
}

/// What was waited for did not happen in time.
#[derive(Debug)]
pub struct WaitError {
    number: usize,
    calls: usize,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "call {} did not end in time; {} were answered",
            self.number, self.calls
        )
    }
}

impl std::error::Error for WaitError {}

impl Sim {
    /// Starts serving.
    ///
    /// # Errors
    /// If the address is taken.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            settings,
            client: reqwest::Client::new(),
            state: Mutex::default(),
            changes: watch::channel(0).0,
            rings: Mutex::default(),
        });
        let router = api::router(shared.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the carrier simulator stopped");
            }
        });
        Ok(Self {
            shared,
            address,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Base address of the dial API.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What becomes of the next dials, in order; afterwards they are answered.
    pub fn behave(&self, dials: impl IntoIterator<Item = Dial>) {
        self.shared.state().dials.extend(dials);
    }

    /// Who answers the next calls, in order; afterwards the callee of the settings.
    pub fn callees(&self, callees: impl IntoIterator<Item = Callee>) {
        self.shared.state().callees.extend(callees);
    }

    /// Every dial request so far.
    #[must_use]
    pub fn dials(&self) -> Vec<DialRecord> {
        self.shared.state().dialled.clone()
    }

    /// Every answered call so far, running ones included.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.shared.state().calls.clone()
    }

    /// Waits until the `number`-th answered call (from 1) is over.
    ///
    /// # Errors
    /// [`WaitError`] if that takes longer than `within`.
    pub async fn wait_call(
        &self,
        number: usize,
        within: Duration,
    ) -> Result<CallRecord, WaitError> {
        let mut changes = self.shared.changes.subscribe();
        let found = tokio::time::timeout(within, async {
            loop {
                let call = self.shared.over(number);
                if let Some(call) = call {
                    return call;
                }
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        });
        found.await.map_err(|_| WaitError {
            number,
            calls: self.calls().len(),
        })
    }

    /// Stops serving and frees the port. Running calls break without a close frame.
    pub async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
        let mut rings = std::mem::take(&mut *self.shared.rings());
        rings.shutdown().await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.rings().abort_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rings(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one ring until it is over or the simulator stops.
    pub(super) fn spawn(&self, ring: impl Future<Output = ()> + Send + 'static) {
        let mut rings = self.rings();
        while rings.try_join_next().is_some() {}
        rings.spawn(ring);
    }

    /// The `number`-th answered call (from 1), if it is over.
    fn over(&self, number: usize) -> Option<CallRecord> {
        let place = number.checked_sub(1)?;
        let state = self.state();
        state.calls.get(place).filter(|call| call.is_over).cloned()
    }

    /// Records a dial and decides what becomes of it.
    pub(super) fn take_dial(&self, number: &str, body: Value, call_id: &str) -> Dial {
        let mut state = self.state();
        let dial = state.dials.pop_front().unwrap_or(Dial::Answer);
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

    pub(super) fn next_callee(&self) -> Callee {
        self.state()
            .callees
            .pop_front()
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
