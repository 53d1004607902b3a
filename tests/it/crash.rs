//! Real crashes: the parts of the system as processes of their own on a database on disk, killed
//! at random (SIGKILL) while calls run. The vendors' simulators are never killed.
//!
//! `CRASH_SEED` repeats a run's choices (who is killed when, who answers how; the machine's own
//! timing stays its own), `CRASH_CALLS` makes it longer or shorter.

mod campaign;
mod chance;
mod crm;
mod deployment;
mod frozen;
mod function;
mod part;
mod ports;
mod process;
mod secrets;
mod settings;
mod signals;
mod vendors;
mod verdict;

use chance::Chance;
use crm::Crm;
use process::{Kills, Parts};
use serde_json::Value;
use simulators::crm::Receiver;
use std::{collections::BTreeSet, path::PathBuf, time::Duration};
use store::clock::{Clock, SystemClock};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
    time::{Instant, sleep},
};
use vendors::Vendors;
use verdict::Verdict;
use webhooks::draw_signing_key;

/// Calls placed unless `CRASH_CALLS` says otherwise.
const CALLS_DEFAULT: usize = 200;

/// Pause between two triggers: 200 calls in 90 s, of which a small machine can play the voices.
const TRIGGER_PAUSE: Duration = Duration::from_millis(450);

/// How long the killing goes on after the last trigger, so that retries are hit as well.
const KILLED_LONGER: Duration = Duration::from_secs(10);

/// Longest wait for every call to be final once the killing is over: four attempts of about 10 s,
/// three times over for a busy machine.
const SETTLE: Duration = Duration::from_secs(120);

/// Longest wait for every outcome to be delivered after that: the claim of a sweep that was killed over a
/// delivery (60 s), and a tick.
const TELL: Duration = Duration::from_secs(90);

/// Of the tests that kill processes all the time one runs at a time: each keeps a machine busy.
static ALONE: Mutex<()> = Mutex::const_new(());

/// What the killed processes are, started by [`process`] with the name of one in the environment.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the entry of the processes that the crash test starts and kills"]
async fn part() {
    if let Ok(name) = std::env::var(settings::PART) {
        part::run(&name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_survive_random_kills() {
    let (seed, calls) = (
        number("CRASH_SEED", fresh_seed()),
        number("CRASH_CALLS", CALLS_DEFAULT),
    );
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{seed}"));
    println!(
        "CRASH_SEED={seed} CRASH_CALLS={calls}, logs in {}",
        folder.display()
    );
    let _alone = ALONE.lock().await;
    // A run that failed left its own behind.
    let _ = std::fs::remove_dir_all(&folder);
    let began = Instant::now();
    let mut chance = Chance::new(seed);
    let reserved = ports::Reserved::take();
    let vendors = Vendors::start(&reserved, &mut chance, calls).await;
    let (monitoring, key) = (Receiver::start().await, draw_signing_key());
    let mut settings = vendors.settings();
    settings.insert("MONITORING_WEBHOOK_URL", monitoring.url("/outcomes"));
    settings.insert("WEBHOOK_SIGNING_KEYS", key.clone());
    let parts = Parts::start(&folder, reserved, settings).await;
    let crm = parts.crm();
    crm.wait_until_healthy().await;

    let (stop, stopped) = watch::channel(false);
    let killer = tokio::spawn(parts.kill_until(stopped, chance));
    let placed = place(&crm, calls).await;
    assert_eq!(
        placed.len(),
        calls,
        "two requests were answered with one call"
    );
    sleep(KILLED_LONGER).await;
    stop.send_replace(true);
    let mut parts = killer.await.unwrap();
    wait_for_all(&crm, &placed, SETTLE, crm::is_final).await;
    wait_for_all(&crm, &placed, TELL, crm::is_delivered).await;
    parts.assert_running();

    parts.assert_were_killed(calls / 4);

    let verdict = Verdict::gather(&crm, &parts, &vendors, &placed).await;
    report(&verdict, parts.kills(), began);
    verdict.write(&folder.join("calls.json"));
    verdict.assert_all();
    verdict.assert_every_outcome_was_delivered(&monitoring.notices(), &key);
    parts.assert_logs_are_clean();
    drop(parts);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number"))
    })
}

fn fresh_seed() -> u64 {
    SystemClock.now().as_millis().unsigned_abs()
}

/// Triggers one call after the other; gives their ids.
async fn place(crm: &Crm, calls: usize) -> BTreeSet<String> {
    let mut placing = JoinSet::new();
    for n in 0..calls {
        let crm = crm.clone();
        placing.spawn(async move { crm.place(n).await });
        sleep(TRIGGER_PAUSE).await;
    }
    placing.join_all().await.into_iter().collect()
}

/// Waits until every call's record is so.
async fn wait_for_all(
    crm: &Crm,
    placed: &BTreeSet<String>,
    limit: Duration,
    is_so: impl Fn(&Value) -> bool,
) {
    let give_up = Instant::now() + limit;
    for id in placed {
        let mut record = crm.record(id).await;
        while !is_so(&record) {
            assert!(Instant::now() < give_up, "not yet: {record:#}");
            sleep(Duration::from_millis(200)).await;
            record = crm.record(id).await;
        }
    }
}

fn report(verdict: &Verdict, kills: &Kills, began: Instant) {
    println!("{:?} in all", began.elapsed());
    println!("kills: {kills:?}");
    println!("{verdict}");
}
