//! A relay that is stopped (SIGSTOP) for longer than its lease, and goes on.

use super::{
    ports::Reserved,
    process::{Part, Parts},
    vendors::Vendors,
};
use simulators::knowlarity::EndedBy;
use std::{path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep};

/// The call is given up 7 s after its last heartbeat, its lease lapses 1.75 s before, and 5 s later
/// not even a farewell is in time.
const FROZEN: Duration = Duration::from_secs(12);

/// Longest wait for anything.
const WITHIN: Duration = Duration::from_secs(60);

/// Samples of one chunk: what the relay may have been writing when it was stopped.
const CHUNK: usize = 3_200;

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_frozen_hangs_up_before_anything_else() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("frozen");
    let _ = std::fs::remove_dir_all(&folder);
    let reserved = Reserved::take();
    let vendors = Vendors::talkative(&reserved).await;
    let parts = Parts::start(&folder, reserved, vendors.settings()).await;
    let crm = parts.crm();
    crm.wait_until_healthy().await;
    let id = crm.place(0).await;
    let give_up = Instant::now() + WITHIN;
    while crm.record(&id).await["status"] != "active" {
        assert!(Instant::now() < give_up, "the call does not begin");
        sleep(Duration::from_millis(50)).await;
    }
    sleep(Duration::from_secs(1)).await;

    parts.signal(Part::Relay, "STOP");
    sleep(FROZEN).await;
    let heard = || vendors.carrier.calls()[0].received.len();
    let before = heard();
    assert!(before > 0, "the agent said nothing");
    let record = crm.record(&id).await;
    assert_eq!(record["attempts"][0]["outcome"], "connection_lost");
    parts.signal(Part::Relay, "CONT");

    let first = vendors.carrier.wait_call(1, WITHIN).await.unwrap();
    assert_eq!((first.ended_by, first.disconnects), (EndedBy::Relay, 1));
    assert!(heard() <= before + CHUNK, "{} samples", heard() - before);
    drop(parts);
    std::fs::remove_dir_all(&folder).unwrap();
}
