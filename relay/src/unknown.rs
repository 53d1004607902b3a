//! What the sockets said that was not understood, handed to the store beside the media path.

use logging::unknown::{READ_BYTES_MAX, Sample, UnknownKind};
use prometheus::IntCounterVec;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use store::calls::Calls;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::sleep,
};

/// Messages that wait to be counted, of all calls; more are dropped. A platform that begins to send a
/// new type sends it in every call, many times a second.
const WAITING_MAX: usize = 256;

/// From one writing to the next: however many come, a shape is written once in it.
const WRITE_EACH: Duration = Duration::from_secs(1);

/// Takes what was not understood. Cheap to clone; it never waits.
#[derive(Clone, Debug)]
pub(crate) struct Unknowns(Arc<End>);

#[derive(Debug)]
struct End {
    sender: Sender<(UnknownKind, String)>,
    counter: IntCounterVec,
}

impl Unknowns {
    /// An end to hand messages to, which counts them, and the one that writes them.
    pub(crate) fn new(counter: IntCounterVec) -> (Self, Unwritten) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let end = End { sender, counter };
        (Self(Arc::new(end)), Unwritten(receiver))
    }

    /// Hands a message over, unless too many wait.
    pub(crate) fn note(&self, kind: UnknownKind, message: &str) {
        self.0.counter.with_label_values(&[kind.label()]).inc();
        let message = &message[..message.floor_char_boundary(READ_BYTES_MAX)];
        // Only the count suffers: what came so often is there already.
        let _ = self.0.sender.try_send((kind, message.to_owned()));
    }
}

/// What was handed over and waits to be counted.
pub(crate) struct Unwritten(Receiver<(UnknownKind, String)>);

impl Unwritten {
    /// Writes to the calls' store, until the last [`Unknowns`] is gone.
    pub(crate) async fn write(mut self, calls: Calls) {
        let mut batch = Vec::new();
        while self.0.recv_many(&mut batch, WAITING_MAX).await > 0 {
            let mut shapes = BTreeMap::new();
            for (kind, message) in batch.drain(..) {
                *shapes.entry((kind, Sample::of(&message))).or_insert(0) += 1;
            }
            for ((kind, sample), count) in shapes {
                tracing::info!(
                    unknown_messages = count,
                    kind = kind.label(),
                    "unknown message"
                );
                let kept = calls.store.keep_unknown(kind, &sample, count, calls.now());
                if let Err(error) = kept.await {
                    tracing::warn!(kind = kind.label(), %error, "an unknown message is not kept");
                }
            }
            sleep(WRITE_EACH).await;
        }
    }
}
