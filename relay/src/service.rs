//! Whether new streams are to come to this relay.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Questions of the load balancer after which new streams can be taken to reach this relay: the number
/// of good answers after which it sends some (`HealthyThresholdCount`).
const CHECKS: u32 = 2;

/// Whether this relay is in service.
#[derive(Default)]
pub(crate) struct Service {
    /// Since when relays of a later version can take its place.
    replaced_since: Mutex<Option<Instant>>,
    checks: AtomicU32,
}

impl Service {
    fn replaced_since(&self) -> Option<Instant> {
        *self
            .replaced_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the word on whether later relays can take its place. It may come back into service, when
    /// those are gone.
    pub(crate) fn heed(&self, is_replaced: bool) {
        let since = self.replaced_since();
        if since.is_some() != is_replaced {
            tracing::info!(is_replaced, "newer relays");
        }
        let since = is_replaced.then(|| since.unwrap_or_else(Instant::now));
        *self
            .replaced_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Whether the load balancer is to send new streams here.
    pub(crate) fn is_in(&self) -> bool {
        self.replaced_since().is_none()
    }

    /// Whether streams are refused: the load balancer had `notice` to send them elsewhere. Until then
    /// there is a patient behind each.
    pub(crate) fn is_over(&self, notice: Duration) -> bool {
        self.replaced_since()
            .is_some_and(|since| since.elapsed() >= notice)
    }

    /// Counts a question of the load balancer.
    pub(crate) fn asked(&self) {
        self.checks.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the load balancer sends streams here.
    pub(crate) fn is_reachable(&self) -> bool {
        self.checks.load(Ordering::Relaxed) >= CHECKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: Duration = Duration::from_secs(120);

    #[tokio::test(start_paused = true)]
    async fn who_is_replaced_takes_streams_until_the_balancer_has_noticed() {
        let service = Service::default();
        service.heed(false);
        assert!(service.is_in() && !service.is_over(Duration::ZERO));
        service.heed(true);
        assert!(!service.is_in() && !service.is_over(NOTICE));
        tokio::time::advance(NOTICE / 2).await;
        service.heed(true);
        tokio::time::advance(NOTICE / 2).await;
        assert!(service.is_over(NOTICE));
        service.heed(false);
        assert!(service.is_in() && !service.is_over(NOTICE));
    }

    #[test]
    fn who_was_not_asked_for_is_not_reachable() {
        let service = Service::default();
        for _ in 0..CHECKS {
            assert!(!service.is_reachable());
            service.asked();
        }
        assert!(service.is_reachable());
    }
}
