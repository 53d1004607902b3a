//! One timer for all moments that a call waits for.

use std::{future::pending, pin::Pin, time::Duration};
use tokio::time::{Instant, Sleep, sleep};

/// Set anew only when it would ring too late: most deadlines are put off many times a second, and are
/// never reached.
pub(super) struct Alarm(Pin<Box<Sleep>>);

impl Default for Alarm {
    fn default() -> Self {
        Self(Box::pin(sleep(Duration::ZERO)))
    }
}

impl Alarm {
    /// Waits until the earliest of these moments. Safe to drop while it waits.
    pub(super) async fn until<const N: usize>(&mut self, moments: [Option<Instant>; N]) {
        let Some(at) = moments.into_iter().flatten().min() else {
            return pending().await;
        };
        if at < self.0.deadline() {
            self.0.as_mut().reset(at);
        }
        loop {
            self.0.as_mut().await;
            if Instant::now() >= at {
                return;
            }
            self.0.as_mut().reset(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_at_the_earliest_moment_however_often_that_changes() {
        let (mut alarm, began) = (Alarm::default(), Instant::now());
        let in_secs = |s| Some(began + secs(s));
        for (moments, given_up_after) in [([in_secs(9), in_secs(30)], 1), ([in_secs(20), None], 1)]
        {
            let rings = timeout(secs(given_up_after), alarm.until(moments)).await;
            assert!(rings.is_err());
        }
        alarm.until([in_secs(12), in_secs(20)]).await;
        assert_eq!(began.elapsed(), secs(12));
        alarm.until([in_secs(3)]).await;
        assert_eq!(began.elapsed(), secs(12), "it is past");
        alarm.until([None, in_secs(15)]).await;
        assert_eq!(began.elapsed(), secs(15));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_moment_it_never_rings() {
        let mut alarm = Alarm::default();
        let rings = timeout(secs(1_000), alarm.until([None])).await;
        assert!(rings.is_err());
    }
}
