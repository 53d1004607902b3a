//! A worker that freezes in the middle of an import, and wakes when all is over.

use super::*;
use campaign::Event;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::campaigns::Changed;
use tests::{campaigns::csv_of, in_process};
use tokio::sync::watch;

/// A way to the database that stands still from the n-th request on, until it is told to go on.
fn frozen(world: &World, nth: usize) -> (CallStore, watch::Sender<bool>, watch::Receiver<bool>) {
    let (meter, count) = (world.system.meter.clone(), AtomicUsize::new(0));
    let (wakes, waking) = watch::channel(false);
    let (freezes, freezing) = watch::channel(false);
    let client = in_process::client(move |operation, body| {
        let at = count.fetch_add(1, Ordering::Relaxed);
        let (meter, mut waking, freezes) = (meter.clone(), waking.clone(), freezes.clone());
        Box::pin(async move {
            if at >= nth {
                freezes.send_replace(true);
                let _ = waking.wait_for(|wakes| *wakes).await;
            }
            Some(meter.ask(&operation, body))
        })
    });
    (CallStore::new(client, "calls"), wakes, freezing)
}

#[tokio::test]
async fn a_worker_that_wakes_after_the_campaign_has_begun_changes_nothing() {
    let csv = csv_of(50, 10);
    for nth in 0.. {
        let world = World::importing(csv.as_bytes()).await;
        let (store, wakes, mut freezing) = frozen(&world, nth);
        let app = world.sweep_on(store);
        let worker = tokio::spawn(async move { sweep::tick(&app).await });
        if freezing.wait_for(|frozen| *frozen).await.is_err() {
            // It ended before, and its way to the database with it.
            worker.await.unwrap();
            assert!(nth > 30, "it never froze late enough: {nth}");
            return;
        }
        world.system.clock.advance(LEASE);
        let whole = world.import().await;
        check_sums(&whole);
        // The sweep that wakes would dial the rows of one that runs.
        for event in [Event::Started, Event::Paused] {
            let applied = world.campaigns().apply(id_of(1), &event).await.unwrap();
            assert!(matches!(applied, Changed::Applied { .. }));
        }
        let before = (world.campaign().await, world.found().await);

        wakes.send_replace(true);
        worker.await.unwrap();
        let after = (world.campaign().await, world.found().await);
        assert_eq!(after.0, before.0, "{nth}");
        assert_eq!(
            (after.1.tally, after.1.rows),
            (before.1.tally, before.1.rows),
            "{nth}"
        );
    }
}
