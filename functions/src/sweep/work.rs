//! How due work is done: found in the store, claimed there so that no other process does it too, done,
//! and settled, or left until its claim ends. So much of a kind at a time.

use std::time::Duration;
use tokio::task::{JoinError, JoinSet};

/// How long claimed work is out of the others' reach (60 s): longer than a request to a CRM or the
/// agent's platform and the writes after it take, and short enough after a crash.
pub(super) const CLAIM: Duration = Duration::from_secs(60);

/// The wait after the `tries`-th try, from 1; the last one is repeated.
pub(super) fn wait_after(waits: &[Duration], tries: u32) -> Duration {
    let nth = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    waits[nth.min(waits.len() - 1)]
}

/// Work of one kind that is on its way: at most so many pieces at the same time.
pub(super) struct Work<const AT_ONCE_MAX: usize, T = ()>(JoinSet<T>);

impl<const AT_ONCE_MAX: usize, T> Default for Work<AT_ONCE_MAX, T> {
    fn default() -> Self {
        Self(JoinSet::new())
    }
}

impl<const AT_ONCE_MAX: usize, T: Send + 'static> Work<AT_ONCE_MAX, T> {
    /// How many pieces may begin at once. Results that nobody waited for are let go.
    pub(super) fn room(&mut self) -> usize {
        while self.0.try_join_next().map(heed).is_some() {}
        AT_ONCE_MAX - self.0.len()
    }

    /// Begins a piece, as soon as there is room for it.
    pub(super) async fn begin(&mut self, piece: impl Future<Output = T> + Send + 'static) {
        while self.room() == 0 {
            self.next().await;
        }
        self.0.spawn(piece);
    }

    /// Begins what there is room for, and gives the next result; `None` once all is done.
    ///
    /// # Errors
    /// If the piece panicked; that is logged.
    pub(super) async fn next_of<F: Future<Output = T> + Send + 'static>(
        &mut self,
        waiting: &mut impl Iterator<Item = F>,
    ) -> Option<Result<T, JoinError>> {
        while self.0.len() < AT_ONCE_MAX
            && let Some(piece) = waiting.next()
        {
            self.0.spawn(piece);
        }
        self.next().await
    }

    /// Waits for all that is on its way.
    pub(super) async fn finish(&mut self) {
        while self.next().await.is_some() {}
    }

    async fn next(&mut self) -> Option<Result<T, JoinError>> {
        self.0.join_next().await.map(heed)
    }
}

fn heed<T>(done: Result<T, JoinError>) -> Result<T, JoinError> {
    done.inspect_err(|error| tracing::error!(%error, "due work stopped short"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn so_many_pieces_are_done_at_a_time_and_no_more() {
        let (mut work, began) = (Work::<3, _>::default(), Instant::now());
        let mut pieces = (0..7).map(|n| async move {
            sleep(SECOND).await;
            n
        });
        let mut done = Vec::new();
        while let Some(piece) = work.next_of(&mut pieces).await {
            done.push((began.elapsed().as_secs(), piece.unwrap()));
        }
        done.sort_unstable();
        let at = |secs, n| (secs, n);
        assert_eq!(done[..3], [at(1, 0), at(1, 1), at(1, 2)]);
        assert_eq!(done[3..], [at(2, 3), at(2, 4), at(2, 5), at(3, 6)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_begins_when_there_is_room_and_all_are_finished() {
        let (mut work, began) = (Work::<2>::default(), Instant::now());
        for room in [2, 1, 0] {
            assert_eq!(work.room(), room);
            work.begin(async { sleep(2 * SECOND).await }).await;
        }
        assert_eq!(began.elapsed().as_secs(), 2);
        work.finish().await;
        assert_eq!((began.elapsed().as_secs(), work.room()), (4, 2));
    }

    #[tokio::test]
    async fn a_piece_that_panics_is_told_of_and_stops_no_other() {
        let mut work = Work::<1>::default();
        let mut pieces = [false, true, false].into_iter().map(|panics| async move {
            assert!(!panics, "one piece");
        });
        let mut done = Vec::new();
        while let Some(piece) = work.next_of(&mut pieces).await {
            done.push(piece.is_ok());
        }
        assert_eq!(done, [true, false, true]);
    }

    #[test]
    fn the_last_wait_is_repeated() {
        let waits = [SECOND, 2 * SECOND];
        let after = [0, 1, 2, 3, u32::MAX].map(|tries| wait_after(&waits, tries).as_secs());
        assert_eq!(after, [1, 1, 2, 2, 2]);
    }
}
