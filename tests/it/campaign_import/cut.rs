//! An import that is cut at any request goes on as if nothing had been.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{campaigns::csv_of, in_process};

/// A way to the database that is cut with its n-th request, before or after the database has done it.
fn cut(world: &World, nth: usize, is_done: bool) -> (CallStore, Arc<AtomicUsize>) {
    let (meter, count) = (world.system.meter.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    let client = in_process::client(move |operation, body| {
        let at = count.fetch_add(1, Ordering::Relaxed);
        let reply = (at < nth || (at == nth && is_done)).then(|| meter.ask(&operation, body));
        Box::pin(async move { reply.filter(|_| at < nth) })
    });
    (CallStore::new(client, "calls"), counted)
}

/// Whole but for how often it was begun, and when.
fn same(mut found: Found) -> Found {
    found.file.leased_until = None;
    found
}

#[tokio::test]
async fn an_import_cut_at_any_request_is_the_same_in_the_end() {
    let csv = csv_of(50, 10);
    let whole = same(World::importing(csv.as_bytes()).await.import().await);
    check_sums(&whole);
    assert_eq!((whole.tally.pending, whole.tally.faulty), (45, 5));
    for nth in 0.. {
        let mut is_cut = false;
        for is_done in [false, true] {
            let world = World::importing(csv.as_bytes()).await;
            let (store, requests) = cut(&world, nth, is_done);
            sweep::tick(&world.sweep_on(store)).await;
            is_cut |= requests.load(Ordering::Relaxed) > nth;
            world.system.clock.advance(LEASE);
            assert_eq!(same(world.import().await), whole, "{nth} {is_done}");
        }
        if !is_cut {
            assert!(nth > 30, "it was never cut late enough: {nth}");
            break;
        }
    }
}

#[tokio::test]
async fn two_sweeps_at_once_import_a_file_once() {
    let csv = csv_of(300, 10);
    let whole = same(World::importing(csv.as_bytes()).await.import().await);
    let world = World::importing(csv.as_bytes()).await;
    let other = world.sweep_on(world.store().clone());
    tokio::join!(world.tick(), sweep::tick(&other), world.tick());
    assert_eq!(same(world.import().await), whole);
}
