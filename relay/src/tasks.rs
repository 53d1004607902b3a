//! The tasks of a relay, each with an owner: none outlives the relay, and a stop ends them in order.

use std::time::Duration;
use tokio::time::timeout;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// All tasks of one relay, and how far its stop is.
#[derive(Default)]
pub(crate) struct Tasks {
    /// Streams, from the door to the last stored word. A drain waits for them.
    streams: TaskTracker,
    /// What serves them all: connections, looks, what is written beside the calls.
    service: TaskTracker,
    /// From here on no stream is taken.
    draining: CancellationToken,
    /// From here on calls are left before they end.
    leaving: CancellationToken,
    /// From here on nothing runs.
    over: CancellationToken,
}

impl Tasks {
    /// Carries a stream; a drain waits for it.
    pub(crate) fn carry(&self, stream: impl Future<Output = ()> + Send + 'static) {
        let over = self.over.clone();
        self.streams.spawn(over.run_until_cancelled_owned(stream));
    }

    /// Runs beside the streams; a drain does not wait for it.
    pub(crate) fn serve(&self, work: impl Future<Output = ()> + Send + 'static) {
        let over = self.over.clone();
        self.service.spawn(over.run_until_cancelled_owned(work));
    }

    /// Waits for work that holds its thread, beside those that carry audio.
    pub(crate) async fn work_out(&self, work: impl FnOnce() + Send + 'static) {
        // Fails only if the work panics, which has then been reported.
        let _ = self.service.spawn_blocking(work).await;
    }

    /// Answers at the door, inside a task of the service: a drain waits for it too, so that a stream
    /// that was let in just before is carried.
    pub(crate) async fn admit<T>(&self, answer: impl Future<Output = T>) -> T {
        self.streams.track_future(answer).await
    }

    /// Whether no stream is taken any more.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Whether calls have to be left before they end.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.is_cancelled()
    }

    /// Waits until calls have to be left before they end.
    pub(crate) async fn must_leave(&self) {
        self.leaving.cancelled().await;
    }

    /// Takes no more streams and waits for those that are carried; `false` if some outlast `within`.
    pub(crate) async fn drain(&self, within: Duration) -> bool {
        self.draining.cancel();
        self.streams.close();
        timeout(within, self.streams.wait()).await.is_ok()
    }

    /// Has all calls left, and waits for that; `false` if some outlast `within`.
    pub(crate) async fn leave(&self, within: Duration) -> bool {
        self.leaving.cancel();
        timeout(within, self.streams.wait()).await.is_ok()
    }

    /// Ends all that still runs where it stands.
    pub(crate) async fn end(&self) {
        self.over.cancel();
        for tasks in [&self.service, &self.streams] {
            tasks.close();
            tasks.wait().await;
        }
    }

    /// Ends all that still runs once it is dropped.
    pub(crate) fn end_on_drop(&self) -> DropGuard {
        self.over.clone().drop_guard()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::pending, sync::Arc};
    use tokio::{
        runtime::Handle,
        sync::oneshot,
        time::{Instant, sleep},
    };

    const BOUND: Duration = Duration::from_secs(60);

    /// Sleeps, then says so.
    fn stream(tasks: &Tasks, lasts: Duration) -> oneshot::Receiver<()> {
        let (ended, has_ended) = oneshot::channel();
        tasks.carry(async move {
            sleep(lasts).await;
            let _ = ended.send(());
        });
        has_ended
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_cuts_nothing_and_lasts_as_long_as_the_last_stream() {
        let (tasks, began) = (Tasks::default(), Instant::now());
        let streams = [10, 30, 20].map(|secs| stream(&tasks, Duration::from_secs(secs)));
        tasks.serve(pending());
        assert!(tasks.drain(BOUND).await);
        assert_eq!(began.elapsed().as_secs(), 30);
        for mut stream in streams {
            assert_eq!(stream.try_recv(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_outlasts_the_drain_is_asked_to_leave_and_then_ended() {
        let (tasks, began) = (Arc::new(Tasks::default()), Instant::now());
        let leaves = tasks.clone();
        tasks.carry(async move { leaves.must_leave().await });
        let stays = stream(&tasks, 10 * BOUND);
        assert!(!tasks.drain(BOUND).await);
        assert_eq!(tasks.streams.len(), 2);
        assert!(!tasks.leave(BOUND).await);
        assert_eq!(tasks.streams.len(), 1);
        tasks.end().await;
        assert!(stays.await.is_err());
        assert_eq!(began.elapsed(), 2 * BOUND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_panics_ends_no_other_and_holds_no_drain() {
        let tasks = Tasks::default();
        tasks.carry(async { panic!("of one stream") });
        let mut other = stream(&tasks, Duration::from_secs(5));
        assert!(tasks.drain(BOUND).await);
        assert_eq!(other.try_recv(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_was_let_in_before_the_drain_is_waited_for() {
        let tasks = Arc::new(Tasks::default());
        let door = tasks.clone();
        let (carried, mut is_carried) = oneshot::channel();
        tasks.serve(async move {
            let answer = async {
                assert!(!door.is_draining());
                sleep(Duration::from_secs(1)).await;
                door.carry(async move {
                    sleep(Duration::from_secs(5)).await;
                    let _ = carried.send(());
                });
            };
            door.admit(answer).await;
        });
        tokio::task::yield_now().await;
        assert!(tasks.drain(BOUND).await);
        assert_eq!(is_carried.try_recv(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_after_the_end_and_nothing_begins() {
        let tasks = Tasks::default();
        for _ in 0..3 {
            tasks.carry(pending());
            tasks.serve(pending());
        }
        tasks.end_on_drop();
        tasks.end().await;
        let mut late = stream(&tasks, Duration::ZERO);
        tasks.end().await;
        assert!(late.try_recv().is_err());
        assert!(tasks.streams.is_empty() && tasks.service.is_empty());
        assert!(tasks.streams.is_closed() && tasks.service.is_closed());
        assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
    }
}
