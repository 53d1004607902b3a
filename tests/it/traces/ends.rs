//! What has been told when a process ends, or a run of the sweep: all of it.

use super::{Collector, Mood};
use crate::{
    dialing,
    relay::world::{Setup, World},
};
use call::CallState;
use functions::sweep;
use std::time::Duration;

#[tokio::test]
async fn a_relay_that_ends_has_told_its_spans() {
    let collector = Collector::start(Mood::Takes).await;
    let mut world = World::start(Setup {
        traces: collector.told_by("relay"),
        drain_timeout: Duration::ZERO,
        ..Setup::default()
    })
    .await;
    let (id, _stream) = world.talking().await;
    world.until(id, CallState::Active).await;
    world.shut_down();
    assert_eq!(world.stopped().await, 1);
    let names = collector.names();
    assert!(names.contains(&"stream".to_owned()), "{names:?}");
    let stream = collector.spans().into_iter().find(|s| s.name == "stream");
    assert_eq!(stream.unwrap().said["call.stream_end"], "drained");
}

#[tokio::test]
async fn a_run_of_the_sweep_that_ends_has_told_its_spans() {
    let collector = Collector::start(Mood::Takes).await;
    let app = dialing::told_to(collector.told_by("functions")).await;
    sweep::run_for(&app, Duration::ZERO).await;
    assert_eq!(collector.names(), ["dial"]);
}
