//! Calls that run all the time, and what became of them.

use super::super::crm::Crm;
use call::{CallSession, CallState, EndCause};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use store::{CallStore, StoreError};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

/// Pause between two looks at a call.
const LOOK: Duration = Duration::from_secs(1);

/// Longest wait for the end of one call, retries included.
const CALL_MAX: Duration = Duration::from_secs(120);

/// Answers that the agent saves in each call.
const ANSWERS: usize = 2;

/// How long after the end of a call an answer or a report may still be stored.
const LATE: Duration = Duration::from_secs(10);

/// Pause between the first calls, so that they do not all end together.
const APART: Duration = Duration::from_millis(150);

/// What became of the calls.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) placed: usize,
    /// Calls that did not end in their first attempt, with what became of them.
    pub(super) cut: Vec<String>,
    pub(super) answers_lost: usize,
    /// Calls whose stream was lost and taken up again.
    pub(super) came_back: usize,
    /// Streams of which no relay said what was lost of their audio.
    pub(super) unreported: usize,
}

/// As many calls as were asked for, each followed by the next.
pub(super) struct Load {
    callers: JoinSet<Tally>,
    stop: watch::Sender<bool>,
    wanted: usize,
}

impl Load {
    pub(super) fn start(crm: Crm, store: CallStore, calls: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        let patients = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for n in 0..calls {
            let (crm, store, stopped) = (crm.clone(), store.clone(), stopped.clone());
            let patients = patients.clone();
            callers.spawn(async move {
                sleep(APART * u32::try_from(n).unwrap()).await;
                let mut tally = Tally::default();
                while !*stopped.borrow() {
                    let id = crm.place(patients.fetch_add(1, Ordering::SeqCst)).await;
                    let session = ended(&store, &id).await;
                    let answers = answers_of(&store, &session).await;
                    tally.judge(&session, answers);
                    tally.unreported += unreported(&crm, &id).await;
                }
                tally
            });
        }
        Self {
            callers,
            stop,
            wanted: calls,
        }
    }

    /// A caller ends only when told to: one that is missing has panicked.
    pub(super) fn assert_lives(&mut self) {
        assert!(self.callers.try_join_next().is_none(), "a caller is gone");
        assert_eq!(self.callers.len(), self.wanted);
    }

    /// Lets the last calls end.
    pub(super) async fn end(self) -> Tally {
        self.stop.send_replace(true);
        let tallies = self.callers.join_all().await;
        tallies.into_iter().fold(Tally::default(), Tally::and)
    }
}

/// Answers of a call that is over. One that was on its way then is stored a moment later.
async fn answers_of(store: &CallStore, session: &CallSession) -> usize {
    let give_up = Instant::now() + LATE;
    loop {
        let answers = until_read(|| store.answered(session.id)).await.len();
        if answers >= ANSWERS || Instant::now() >= give_up {
            return answers;
        }
        sleep(LOOK).await;
    }
}

/// Streams of a call that is over without a report, once none is to be expected any more.
async fn unreported(crm: &Crm, id: &str) -> usize {
    let give_up = Instant::now() + LATE;
    loop {
        let record = crm.record(id).await;
        let attempts = record["attempts"].as_array().unwrap();
        let streams = attempts.iter().filter_map(|it| it["audio"].as_array());
        let missing = streams.flatten().filter(|it| it["state"] == "no_report");
        let missing = missing.count();
        if missing == 0 || Instant::now() >= give_up {
            return missing;
        }
        sleep(LOOK).await;
    }
}

/// Reads again while the database is too busy to answer.
async fn until_read<T, F>(read: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match read().await {
            Ok(value) => return value,
            Err(error) => println!("read again: {error}"),
        }
        sleep(LOOK).await;
    }
}

async fn ended(store: &CallStore, id: &str) -> CallSession {
    let (id, give_up) = (id.parse().unwrap(), Instant::now() + CALL_MAX);
    loop {
        let session = until_read(|| store.load(id)).await.unwrap();
        if session.state.is_final() {
            return session;
        }
        assert!(Instant::now() < give_up, "never ends: {session:?}");
        sleep(LOOK).await;
    }
}

impl Tally {
    fn judge(&mut self, session: &CallSession, answers: usize) {
        self.placed += 1;
        let attempt = session.attempt.as_ref().unwrap();
        self.came_back += usize::from(attempt.streams > 1);
        // Who was cut off in the middle of answering is told to the CRM, with the answers so far.
        let is_broken_off =
            session.cause == Some(EndCause::ConnectionLost) && session.answers_saved > 0;
        let expected = if is_broken_off {
            usize::try_from(session.answers_saved).unwrap()
        } else {
            ANSWERS
        };
        self.answers_lost += expected.saturating_sub(answers);
        if session.state != CallState::Completed || attempt.number > 1 {
            let (id, state, number) = (session.id, session.state, attempt.number);
            self.cut
                .push(format!("{id}: {state} after attempt {number}"));
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.placed += other.placed;
        self.cut.extend(other.cut);
        self.answers_lost += other.answers_lost;
        self.came_back += other.came_back;
        self.unreported += other.unreported;
        self
    }
}
