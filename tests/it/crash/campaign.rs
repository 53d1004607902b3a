//! A campaign whose processes are killed (SIGKILL) while its file is imported and its rows are called,
//! paused in the middle of it, and gone on with. `CRASH_ROWS` says how many rows.

use super::{
    ALONE, KILLED_LONGER, SETTLE, TELL,
    chance::Chance,
    crm::{self, Crm, DIGITS, NAME},
    fresh_seed, number,
    ports::Reserved,
    process::Parts,
    report,
    vendors::Vendors,
    verdict::Verdict,
    wait_for_all,
};
use call::policy::SEND_TIMEOUT;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// Rows of the file unless `CRASH_ROWS` says otherwise; `.ci/run` asks for 300.
const ROWS_DEFAULT: usize = 60;

/// Longest wait for the import, and for each third of the rows: 100 of 300 take a minute and a half on a
/// quiet machine.
const WITHIN: Duration = Duration::from_secs(600);

/// Pause between two looks at the campaign.
const LOOK: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_survives_random_kills_and_a_pause_is_one() {
    let (seed, rows) = (
        number("CRASH_SEED", fresh_seed()),
        number("CRASH_ROWS", ROWS_DEFAULT),
    );
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("campaign-{seed}"));
    println!(
        "CRASH_SEED={seed} CRASH_ROWS={rows}, logs in {}",
        folder.display()
    );
    let _ = std::fs::remove_dir_all(&folder);
    let _alone = ALONE.lock().await;
    let began = Instant::now();
    let mut chance = Chance::new(seed);
    let reserved = Reserved::take();
    let vendors = Vendors::start(&reserved, &mut chance, rows).await;
    let parts = Parts::start(&folder, reserved, vendors.settings()).await;
    let crm = parts.crm();
    crm.wait_until_healthy().await;

    let (stop, stopped) = watch::channel(false);
    let killer = tokio::spawn(parts.kill_until(stopped, chance));
    let campaign = crm.import(&file(rows)).await;
    until(&crm, &campaign, |it| it["state"] == "ready").await;
    crm.command(&campaign, "start").await;
    until(&crm, &campaign, |it| share_called(it) > 0.33).await;
    pause(&crm, &campaign, &vendors).await;
    until(&crm, &campaign, |it| share_called(it) > 0.66).await;
    sleep(KILLED_LONGER).await;
    stop.send_replace(true);
    let mut parts = killer.await.unwrap();
    until(&crm, &campaign, |it| it["state"] == "completed").await;
    parts.assert_running();

    let results = crm.rows(&campaign).await;
    assert_eq!(results.len(), rows);
    let placed: BTreeSet<String> = results.iter().map(session).collect();
    assert_eq!(placed.len(), rows, "two rows have one call");
    wait_for_all(&crm, &placed, SETTLE, crm::is_final).await;
    wait_for_all(&crm, &placed, TELL, crm::is_delivered).await;
    let verdict = Verdict::gather(&crm, &parts, &vendors, &placed).await;
    report(&verdict, parts.kills(), began);
    verdict.assert_all();
    assert_rows_are_true(&crm, &campaign, &results).await;
    parts.assert_logs_are_clean();
    drop(parts);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn file(rows: usize) -> String {
    let mut text = "phone,name\n".to_owned();
    for n in 0..rows {
        writeln!(text, "+{DIGITS}{n:04},{NAME} {n}").unwrap();
    }
    text
}

fn session(row: &Value) -> String {
    let id = row["sessionId"].as_str();
    id.unwrap_or_else(|| panic!("no call: {row}")).to_owned()
}

fn count(campaign: &Value, state: &str) -> f64 {
    campaign["counts"][state].as_f64().unwrap()
}

/// Which part of the rows had its turn.
fn share_called(campaign: &Value) -> f64 {
    1.0 - count(campaign, "pending") / count(campaign, "rows")
}

/// Waits until the campaign is so. One that the carrier's refusals have paused goes on.
async fn until(crm: &Crm, campaign: &str, is_so: impl Fn(&Value) -> bool) {
    let give_up = Instant::now() + WITHIN;
    loop {
        let it = crm.campaign(campaign).await;
        if is_so(&it) {
            return;
        }
        if it["pausedBy"] == "refusals" {
            crm.command(campaign, "resume").await;
        }
        assert!(Instant::now() < give_up, "not yet: {it:#}");
        sleep(LOOK).await;
    }
}

/// Once a pause is answered and those who had the right to send have used it, no phone is dialled.
async fn pause(crm: &Crm, campaign: &str, vendors: &Vendors) {
    crm.command(campaign, "pause").await;
    sleep(SEND_TIMEOUT).await;
    let dialled = vendors.carrier.dials().len();
    sleep(SEND_TIMEOUT).await;
    assert_eq!(vendors.carrier.dials().len(), dialled, "dialled in a pause");
    crm.command(campaign, "resume").await;
}

/// Each row is where its call is, and the counts are the rows.
async fn assert_rows_are_true(crm: &Crm, campaign: &str, rows: &[Value]) {
    let mut states: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        let state = row["state"].as_str().unwrap();
        *states.entry(state).or_default() += 1;
        let record = crm.record(&session(row)).await;
        let is_reached = record["status"] == "completed";
        assert_eq!(state == "reached", is_reached, "{row}: {}", record["cause"]);
        let attempts = record["attempts"].as_array().unwrap().len() as u64;
        assert_eq!(row["dials"].as_u64(), Some(attempts), "{row}");
    }
    let it = crm.campaign(campaign).await;
    for (state, found) in states {
        assert_eq!(it["counts"][state].as_u64(), Some(found), "{state}");
    }
    assert_eq!(it["counts"]["rows"].as_u64(), Some(rows.len() as u64));
    assert_eq!(it["live"]["inFlight"].as_u64(), Some(0));
}
