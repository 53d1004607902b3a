//! A thousand streams that come at once.

use super::*;
use call::Policy;
use tokio::task::JoinSet;

/// A hundred calls with ten streams each, at a relay that carries ten calls.
#[tokio::test]
async fn of_a_thousand_streams_at_once_a_full_relay_takes_exactly_its_calls() {
    const CALLS_MAX: usize = 10;
    let world = World::start(Setup {
        calls_max: CALLS_MAX,
        policy: Policy {
            max_concurrent_calls: 200,
            ..Policy::default()
        },
        ..Setup::default()
    })
    .await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(world.dialing().await);
    }
    let mut opening = JoinSet::new();
    for n in 0..1_000 {
        let (address, target) = (world.address, world.target(ids[n % 100]));
        opening.spawn(async move { super::super::stream::open(address, &target, None).await });
    }
    let opened = opening.join_all().await;
    let streams: Vec<_> = opened.iter().flatten().collect();
    assert_eq!(streams.len(), CALLS_MAX);
    let count = |status| {
        opened
            .iter()
            .filter(|o| o.as_ref().err() == Some(&status))
            .count()
    };
    // Each call that has its room has one stream, whatever the others of it ask.
    let (taken, full) = (count(409), count(503));
    assert_eq!(taken + full, 1_000 - CALLS_MAX);
    let text = metrics(&world).await;
    assert_eq!(value(&text, "relay_calls"), CALLS_MAX as f64);
    assert_eq!(value(&text, "relay_room"), 0.0);
    assert_eq!(
        value(&text, "relay_streams_admitted_total"),
        CALLS_MAX as f64
    );
}
