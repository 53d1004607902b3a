//! Tells the store what happens in one call, beside the media path and never in its way.
//!
//! The media loop hands over notes and goes on. Events, what is kept beside the call's state (turns of the
//! transcript, reports about the audio) and heartbeats are recorded by a task each, so that none waits
//! behind another kind, and repeated while the store does not take them. When the stored call is over (cancelled, ended by the carrier, given up by
//! `sweep`, carried by another relay), the recorder says so and the media loop hangs up. It also
//! knows until when the call may be carried without word from the store.

mod beats;
mod notes;

use crate::lease::Lease;
use call::{AudioReport, CallEvent, CallSession, Rejection, Turn, Voice, ids::CallId};
use notes::{Kept, Note};
use std::{sync::Arc, time::Duration};
use store::calls::{Applied, ApplyError, Calls};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, timeout},
};

/// Notes of a kind waiting for the store. A talkative call makes about one a second; a platform that
/// catches up after trouble sends hundreds at once.
const NOTES_MAX: usize = 4_096;

/// How long the last notes of a call may take in all (60 s), while the store is unavailable.
const FINISH_MAX: Duration = Duration::from_secs(60);

/// Pause between two tries.
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// How long a stream that was admitted by this relay may take to reach its session (1 s).
const ATTACH_MAX: Duration = Duration::from_secs(1);

/// Is told what the store did not take: a `heartbeat`, an `event`, a `turn`, an `audio` report. It is tried
/// again.
pub type Failed = Arc<dyn Fn(&'static str) + Send + Sync>;

/// The media loop's end.
pub struct Recorder {
    events: mpsc::Sender<Note>,
    kept: mpsc::Sender<Kept>,
    link: Arc<Link>,
    over: watch::Receiver<bool>,
    beating: watch::Sender<bool>,
    /// Dropped, they stop.
    writers: JoinSet<()>,
    turns_dropped: u64,
}

/// What the tasks of a recorder share. They box what they ask of the store: for most of a call they ask
/// nothing, and would hold room for it.
struct Link {
    calls: Calls,
    failed: Failed,
    id: CallId,
    attempt: u8,
    lease: watch::Sender<Lease>,
    over: watch::Sender<bool>,
    /// Whose voice is heard, for the next heartbeat.
    voice: watch::Sender<Voice>,
}

impl Recorder {
    /// Starts recording the stream of a call that `lease` admits.
    #[must_use]
    pub fn start(calls: Calls, failed: Failed, call: &CallSession, lease: Lease) -> Self {
        let (over_sender, over) = watch::channel(false);
        let link = Arc::new(Link {
            calls,
            failed,
            id: call.id,
            attempt: call.attempt.as_ref().map_or(1, |attempt| attempt.number),
            lease: watch::Sender::new(lease),
            over: over_sender,
            voice: watch::Sender::new(Voice::Nobody),
        });
        let (events, notes) = mpsc::channel(NOTES_MAX);
        let (kept, to_keep) = mpsc::channel(NOTES_MAX);
        let (beating, is_beating) = watch::channel(false);
        let mut writers = JoinSet::new();
        writers.spawn(notes::record_all(link.clone(), notes));
        writers.spawn(notes::save_all(link.clone(), to_keep));
        writers.spawn(beats::renew(link.clone(), is_beating));
        Self {
            events,
            kept,
            link,
            over,
            beating,
            writers,
            turns_dropped: 0,
        }
    }

    /// Hands over an event; drops it and says so if the queue is full. What is returned resolves once
    /// the store took the event, or will not.
    pub fn record(&self, event: CallEvent) -> oneshot::Receiver<()> {
        let (stored, is_stored) = oneshot::channel();
        if let Err(error) = self.events.try_send(Note { event, stored }) {
            (self.link.failed)("event");
            tracing::error!(call_id = %self.link.id, %error, "an event is dropped, too many wait");
        }
        is_stored
    }

    /// Hands over a turn of the transcript; drops and counts it if the queue is full.
    pub fn save(&mut self, turn: Turn) {
        if self.kept.try_send(Kept::Turn(turn)).is_err() {
            self.turns_dropped += 1;
        }
    }

    /// Hands over what was lost of a stream's audio; drops it and says so if the queue is full: the record
    /// says then that there is no report.
    pub fn report(&self, report: AudioReport) {
        if let Err(error) = self.kept.try_send(Kept::Audio(report)) {
            (self.link.failed)("audio");
            tracing::error!(call_id = %self.link.id, %error, "a report about the audio is dropped, too many wait");
        }
    }

    /// Whether the stored conversation is to be renewed: on from the agent's readiness, off while
    /// the carrier's stream is lost.
    pub fn beat(&self, on: bool) {
        self.beating.send_replace(on);
    }

    /// Whose voice is heard at this moment: told with the next heartbeat.
    pub fn hears(&self, voice: Voice) {
        self.link.voice.send_if_modified(|known| {
            let is_new = *known != voice;
            *known = voice;
            is_new
        });
    }

    /// A later stream of the attempt carries on.
    pub fn take_over(&self, lease: Lease) {
        self.link.renew(lease);
    }

    /// Which of the attempt's streams is carried, from 1.
    #[must_use]
    pub fn stream(&self) -> u32 {
        self.link.lease.borrow().stream
    }

    /// When the right to carry the call lapses, as far as is known now.
    #[must_use]
    pub fn leased_until(&self) -> Option<Instant> {
        self.link.lease.borrow().until
    }

    /// Where it is told that the stored call is over.
    pub(crate) fn told_over(&self) -> watch::Receiver<bool> {
        self.over.clone()
    }

    /// Waits until the stored call is over.
    pub async fn over(&self) {
        let mut over = self.over.clone();
        if over.wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets the last notes be written; returns how many turns were dropped.
    pub async fn finish(mut self) -> u64 {
        drop((self.events, self.kept, self.beating));
        let written = async { while self.writers.join_next().await.is_some() {} };
        if timeout(FINISH_MAX, written).await.is_err() {
            tracing::error!(call_id = %self.link.id, "the last notes of the call are lost");
        }
        self.turns_dropped
    }
}

impl Link {
    fn renew(&self, confirmed: Lease) {
        self.lease.send_modify(|lease| lease.renew(confirmed));
    }

    /// Tells one event once, and heeds what it learns about the call.
    async fn apply(&self, event: &CallEvent) -> Result<(), ApplyError> {
        let asked = Instant::now();
        let applied = self.calls.apply(self.id, event).await?;
        if let Applied::Changed { session, .. } = &applied {
            self.renew(Lease::of(session, &self.calls.policy, asked));
        }
        if self.is_over(&applied, event).await {
            self.over.send_replace(true);
        }
        Ok(())
    }

    async fn is_over(&self, applied: &Applied, event: &CallEvent) -> bool {
        match applied {
            Applied::Changed { session, .. } => session.state.is_final(),
            Applied::Unchanged {
                reason: Rejection::StreamReplaced,
                ..
            } => self.is_carried_elsewhere(event.stream()).await,
            Applied::Unchanged { session, reason } => {
                session.state.is_final() || *reason == Rejection::AttemptOver
            }
            Applied::NoChannel | Applied::Paced | Applied::Held(_) => false,
            Applied::NoSuchCall => true,
        }
    }

    /// Whether the stream that took the place of `named` is not on its way to this very session.
    async fn is_carried_elsewhere(&self, named: Option<u32>) -> bool {
        let mut lease = self.lease.subscribe();
        let attached = lease.wait_for(|lease| named.is_some_and(|named| lease.stream > named));
        timeout(ATTACH_MAX, attached).await.is_err()
    }
}
