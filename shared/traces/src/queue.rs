//! Spans on their way to the collector, and what becomes of them while it does not take them.

use crate::sender::Sender;
use opentelemetry_sdk::trace::SpanData;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Spans that wait. Each takes about 1 KB; a call makes about 20, so a hundred calls may end at once.
pub(crate) const WAITING_MAX: usize = 2_048;

/// Spans in one request.
const BATCH_MAX: usize = 512;

/// How long spans wait for others to be sent with (1 s).
const GATHERED_FOR: Duration = Duration::from_secs(1);

/// How long nobody waits for a collector that did not take spans in time (30 s).
const PATIENCE_AFTER: Duration = Duration::from_secs(30);

/// The queue; what waits is sent by a task that ends with it.
pub(crate) struct Queue {
    shared: Arc<Shared>,
    sending: JoinHandle<()>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    /// Wakes who sends before the time.
    hurry: Notify,
    /// How many spans were sent or lost.
    done: watch::Sender<u64>,
}

#[derive(Default)]
struct Waiting {
    spans: VecDeque<SpanData>,
    /// How many were ever taken in.
    taken: u64,
    /// How many were turned away since that was last said.
    dropped: u64,
    /// Until when nobody waits for the collector.
    impatient_until: Option<Instant>,
}

impl Queue {
    pub(crate) fn start(sender: Sender) -> Self {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            hurry: Notify::new(),
            done: watch::Sender::new(0),
        });
        let sending = tokio::spawn(send_all(shared.clone(), sender));
        Self { shared, sending }
    }

    /// Takes a span in, unless too many wait.
    pub(crate) fn push(&self, span: SpanData) {
        let mut waiting = self.shared.waiting();
        if waiting.spans.len() >= WAITING_MAX {
            waiting.dropped += 1;
            return;
        }
        waiting.spans.push_back(span);
        waiting.taken += 1;
        if waiting.spans.len() >= BATCH_MAX {
            self.shared.hurry.notify_one();
        }
    }

    /// Waits until all that was taken in so far is sent or lost, at most this long.
    pub(crate) async fn flush(&self, max: Duration) {
        let (taken, impatient_until) = {
            let waiting = self.shared.waiting();
            (waiting.taken, waiting.impatient_until)
        };
        let mut done = self.shared.done.subscribe();
        let is_done = *done.borrow() >= taken;
        if is_done || impatient_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.shared.hurry.notify_one();
        let all = done.wait_for(|done| *done >= taken);
        if timeout(max, all).await.is_err() {
            self.shared.lose_patience();
        }
    }

    /// How many wait, and how many were turned away since that was last said.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> (usize, usize) {
        let waiting = self.shared.waiting();
        let dropped = usize::try_from(waiting.dropped).expect("a few");
        (waiting.spans.len(), dropped)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.sending.abort();
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose_patience(&self) {
        self.waiting().impatient_until = Some(Instant::now() + PATIENCE_AFTER);
    }

    /// The next batch, and how many were turned away meanwhile.
    fn batch(&self) -> (Vec<SpanData>, u64) {
        let mut waiting = self.waiting();
        let count = waiting.spans.len().min(BATCH_MAX);
        let batch = waiting.spans.drain(..count).collect();
        (batch, std::mem::take(&mut waiting.dropped))
    }
}

/// Sends what waits, for ever.
async fn send_all(shared: Arc<Shared>, sender: Sender) {
    let mut losses = Losses::default();
    loop {
        tokio::select! {
            () = shared.hurry.notified() => {}
            () = sleep(GATHERED_FOR) => {}
        }
        loop {
            let (batch, dropped) = shared.batch();
            losses.dropped(dropped);
            let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
            if count == 0 {
                break;
            }
            match sender.send(batch).await {
                Ok(()) => losses.over(),
                Err(error) => {
                    losses.failed(count, &error.to_string());
                    shared.lose_patience();
                }
            }
            shared.done.send_modify(|done| *done += count);
        }
    }
}

/// Spans that nobody gets to see; said when it begins and when it is over, not each time.
#[derive(Default)]
struct Losses {
    lost: u64,
    is_failing: bool,
}

impl Losses {
    fn dropped(&mut self, count: u64) {
        if count > 0 && self.lost == 0 {
            tracing::warn!(
                lost_spans = count,
                "too many spans wait for the collector of traces"
            );
        }
        self.lost += count;
    }

    fn failed(&mut self, count: u64, error: &str) {
        if !self.is_failing {
            tracing::warn!(
                lost_spans = count,
                error,
                "the collector of traces takes none"
            );
        }
        self.is_failing = true;
        self.lost += count;
    }

    fn over(&mut self) {
        if self.lost > 0 {
            tracing::info!(
                lost_spans = self.lost,
                "the collector of traces takes spans"
            );
        }
        *self = Self::default();
    }
}
