//! Tells the store what happens in one call, beside the media path and never in its way.
//!
//! The media loop hands over notes and goes on. The recorder tells them in order, repeats what
//! the store did not take, and renews the heartbeat. When the stored call is over (cancelled,
//! ended by the carrier, given up by `sweep`), it says so and the media loop hangs up.

use shared::{
    call::{CallEvent, Rejection, Turn},
    calls::{Calls, Told},
    ids::CallId,
};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

/// Notes waiting for the store. A talkative call makes about one a second, so this is a minute
/// of a store that does not answer; past it turns are dropped and counted, events wait.
const NOTES_MAX: usize = 64;

/// How long one note is tried while the store is unavailable. Past it the stored deadline decides.
const TELL_MAX: Duration = Duration::from_secs(60);

/// Pause between two tries.
const TELL_PAUSE: Duration = Duration::from_secs(1);

/// Heartbeats sent within one heartbeat timeout, so that two may be lost without harm.
const BEATS_PER_TIMEOUT: u32 = 3;

enum Note {
    Event(CallEvent),
    Turn(Turn),
}

/// The media loop's end.
pub(crate) struct Recorder {
    notes: mpsc::Sender<Note>,
    over: watch::Receiver<bool>,
    beating: watch::Sender<bool>,
    writer: JoinHandle<()>,
    turns_dropped: u64,
}

impl Recorder {
    /// Starts recording attempt `attempt` of a call.
    pub(crate) fn start(calls: Calls, id: CallId, attempt: u8) -> Self {
        let (notes, received) = mpsc::channel(NOTES_MAX);
        let (over_sender, over) = watch::channel(false);
        let (beating, is_beating) = watch::channel(false);
        let writer = Writer {
            calls,
            id,
            attempt,
            over: over_sender,
            is_beating,
        };
        let writer = tokio::spawn(writer.run(received));
        Self {
            notes,
            over,
            beating,
            writer,
            turns_dropped: 0,
        }
    }

    /// Hands over an event, waiting while the queue is full.
    pub(crate) async fn tell(&self, event: CallEvent) {
        // The writer ends only after the last sender is gone.
        let _ = self.notes.send(Note::Event(event)).await;
    }

    /// Hands over a turn of the transcript; drops and counts it if the queue is full.
    pub(crate) fn save(&mut self, turn: Turn) {
        if self.notes.try_send(Note::Turn(turn)).is_err() {
            self.turns_dropped += 1;
        }
    }

    /// Whether the stored conversation is to be renewed: on from the agent's readiness, off while
    /// the carrier's stream is lost.
    pub(crate) fn beat(&self, on: bool) {
        self.beating.send_replace(on);
    }

    /// Waits until the stored call is over.
    pub(crate) async fn over(&mut self) {
        if self.over.wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets the last notes be written; returns how many turns were dropped.
    pub(crate) async fn finish(self) -> u64 {
        drop(self.notes);
        let _ = self.writer.await;
        self.turns_dropped
    }
}

struct Writer {
    calls: Calls,
    id: CallId,
    attempt: u8,
    over: watch::Sender<bool>,
    is_beating: watch::Receiver<bool>,
}

impl Writer {
    async fn run(self, mut notes: mpsc::Receiver<Note>) {
        let mut beats = interval(self.calls.policy.heartbeat_timeout / BEATS_PER_TIMEOUT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                note = notes.recv() => match note {
                    Some(Note::Event(event)) => self.tell(&event).await,
                    Some(Note::Turn(turn)) => self.save(&turn).await,
                    None => return,
                },
                _ = beats.tick() => {
                    let on = *self.is_beating.borrow();
                    if on {
                        self.tell(&CallEvent::Heartbeat { attempt: self.attempt }).await;
                    }
                }
            }
        }
    }

    async fn tell(&self, event: &CallEvent) {
        let give_up = Instant::now() + TELL_MAX;
        loop {
            match self.calls.tell(self.id, event).await {
                Ok(told) => return self.heed(&told),
                Err(error) if Instant::now() < give_up => {
                    tracing::warn!(call_id = %self.id, event = event.label(), %error, "telling again");
                    sleep(TELL_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(call_id = %self.id, event = event.label(), %error, "not told");
                    return;
                }
            }
        }
    }

    fn heed(&self, told: &Told) {
        let is_over = match told {
            Told::Changed { session, .. } => session.state.is_final(),
            Told::Unchanged { session, reason } => {
                session.state.is_final() || *reason == Rejection::AttemptOver
            }
            Told::NoChannel | Told::Paced => false,
            Told::NoSuchCall => true,
        };
        if is_over {
            self.over.send_replace(true);
        }
    }

    async fn save(&self, turn: &Turn) {
        let give_up = Instant::now() + TELL_MAX;
        while let Err(error) = self.calls.store.save_turn(self.id, turn).await {
            if Instant::now() >= give_up {
                tracing::error!(call_id = %self.id, %error, "a turn of the transcript is lost");
                return;
            }
            sleep(TELL_PAUSE).await;
        }
    }
}
