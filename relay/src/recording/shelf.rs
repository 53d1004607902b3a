//! Segments on their way to the storage: in order, one at a time, bounded.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use recordings::{Recordings, Segment, Stream};
use std::{collections::VecDeque, future::pending, sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// Segments that wait while one is stored (2): half a minute of a storage that is slow. A call that is
/// recorded then holds 0.8 MB.
const WAITING_MAX: usize = 2;

/// How long one segment is tried (20 s).
const STORE_MAX: Duration = Duration::from_secs(20);

/// Pause before it is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long the last ones are tried after the call (25 s): what is not there after
/// [`recordings::SETTLED_AFTER`] is not waited for.
pub(crate) const END_MAX: Duration = Duration::from_secs(25);

/// Counts what is not in the recording, by what it is: `piece`, which found no room before the tape, and
/// `segment`, which could not be stored.
pub(crate) type Lost = Arc<dyn Fn(&'static str) + Send + Sync>;

/// What waits for the storage.
pub(crate) struct Shelf {
    to: Recordings,
    of: Stream,
    lost: Lost,
    /// The number of the next segment.
    next: u32,
    waiting: VecDeque<(Segment, Bytes)>,
    /// Storing one; whether it is stored.
    storing: Option<BoxFuture<'static, bool>>,
}

impl Shelf {
    pub(crate) fn new(to: Recordings, of: Stream, lost: Lost) -> Self {
        Self {
            to,
            of,
            lost,
            next: 0,
            waiting: VecDeque::new(),
            storing: None,
        }
    }

    /// Takes the next segment, or loses it if too many wait.
    pub(crate) fn put(&mut self, sound: Bytes) {
        let segment = self.number(false);
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back((segment, sound));
            self.begin();
        } else {
            self.lose(segment);
        }
    }

    /// Stores what waits. Safe to drop while it waits; for ever if there is nothing.
    pub(crate) async fn store(&mut self) {
        let Some(storing) = &mut self.storing else {
            return pending().await;
        };
        let is_stored = storing.await;
        self.storing = None;
        if !is_stored {
            (self.lost)("segment");
        }
        self.begin();
    }

    /// Takes the last ones, and stores all that waits.
    pub(crate) async fn end(mut self, rest: Vec<Bytes>) {
        let last = rest.len();
        for (n, sound) in (1..).zip(rest) {
            let segment = self.number(n == last);
            self.waiting.push_back((segment, sound));
        }
        self.begin();
        let stored = async {
            while self.storing.is_some() {
                self.store().await;
            }
        };
        if timeout(END_MAX, stored).await.is_err() {
            let lost = self.waiting.len() + usize::from(self.storing.is_some());
            tracing::error!(call_id = %self.of.call, lost, "the end of the recording is not stored");
            (0..lost).for_each(|_| (self.lost)("segment"));
        }
    }

    fn number(&mut self, is_last: bool) -> Segment {
        let (of, seq) = (self.of, self.next);
        self.next += 1;
        Segment { of, seq, is_last }
    }

    fn lose(&self, segment: Segment) {
        tracing::error!(call_id = %segment.of.call, seq = segment.seq, "a segment of the recording is lost");
        (self.lost)("segment");
    }

    fn begin(&mut self) {
        if self.storing.is_some() {
            return;
        }
        if let Some((segment, sound)) = self.waiting.pop_front() {
            let to = self.to.clone();
            self.storing = Some(Box::pin(store(to, segment, sound)));
        }
    }
}

/// Whether the storage took it in time.
async fn store(to: Recordings, segment: Segment, sound: Bytes) -> bool {
    let call_id = segment.of.call;
    let stored = async {
        while let Err(error) = to.put(segment, sound.clone()).await {
            tracing::warn!(%call_id, seq = segment.seq, %error, "a segment is stored again");
            sleep(AGAIN).await;
        }
    };
    let is_stored = timeout(STORE_MAX, stored).await.is_ok();
    if !is_stored {
        tracing::error!(%call_id, seq = segment.seq, "a segment of the recording is not stored");
    }
    is_stored
}
