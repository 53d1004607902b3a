//! Collectors in trouble: calls neither wait for them nor lose anything by them.

use super::*;
use tokio::time::Instant;

/// How long a trigger may take whose carrier rejects at once, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Places some calls while a collector is in trouble.
async fn calls_go_on(endpoint: &str) {
    let (world, crm) = start(endpoint, short_call()).await;
    for n in 1..=3 {
        world.carrier().behave([Dial::Rejected]);
        let asked = Instant::now();
        let id = trigger(&world, &crm, None).await;
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
        let record = world.ended(&id).await;
        assert_eq!(record["cause"], "rejected");
        crm.wait_for(n, SOON).await;
    }
    let stopping = Instant::now();
    world.finish().await;
    assert!(stopping.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_in_trouble_is_not_felt() {
    for mood in [Mood::Fails, Mood::Silent, Mood::Endless] {
        let collector = Collector::start(mood).await;
        calls_go_on(&collector.url).await;
        assert!(collector.requests() > 0, "{mood:?} was not asked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_is_not_felt() {
    let collector = Collector::start(Mood::Takes).await;
    let nobody = collector.url.clone();
    drop(collector);
    calls_go_on(&nobody).await;
}
