//! New versions of the relay while calls run: two tasks behind a load balancer that passes connections,
//! replaced as ECS replaces them. No call may notice.
//!
//! `DEPLOY_TIMES` deployments (each replaces two relays) under `DEPLOY_CALLS` live calls. `DEPLOY_BALANCER`
//! names HAProxy's program; without it a small balancer of the test's own passes the connections.

mod balancer;
mod load;
mod service;

use super::{
    crm::Crm,
    number,
    part::PATH_OF_STREAMS,
    ports::Reserved,
    process::{Part, Process},
    settings::{Settings, settings},
    vendors::Vendors,
};
use balancer::Balancer;
use load::{Load, Tally};
use service::Service;
use std::{collections::BTreeMap, fs::File, path::PathBuf, time::Duration};
use store::CallStore;
use tokio::time::{Instant, sleep};

/// Deployments unless `DEPLOY_TIMES` says otherwise.
const TIMES_DEFAULT: usize = 2;

/// Live calls unless `DEPLOY_CALLS` says otherwise.
const CALLS_DEFAULT: usize = 6;

/// Pause between two looks whether the table is there.
const LOOK: Duration = Duration::from_millis(50);

/// How long calls run before anything happens to their relays.
const SETTLED: Duration = Duration::from_secs(8);

/// Relays killed, so that some carry calls at that moment.
const KILLS: usize = 3;

const KILL_PAUSE: Duration = Duration::from_secs(3);

/// The system around the relays.
struct World {
    service: Service,
    load: Load,
    vendors: Vendors,
    folder: PathBuf,
    _parts: BTreeMap<&'static str, Process>,
}

impl World {
    /// Starts everything, with two relays in service and calls that run.
    async fn start(name: &str) -> Self {
        let calls = number("DEPLOY_CALLS", CALLS_DEFAULT);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        println!("{calls} live calls, logs in {}", folder.display());
        let ports = Reserved::take();
        let vendors = Vendors::steady(&ports).await;
        let balancer = Balancer::start(ports.relay.address, &folder).await;
        let settings = steady(&ports, &folder, &vendors, calls);
        let mut parts = BTreeMap::new();
        let store = CallStore::local(
            &format!("http://{}", ports.database.address),
            super::settings::TABLE,
        );
        for part in [Part::Database, Part::Api, Part::Sweep] {
            let log = File::create(folder.join(format!("{}.log", part.label()))).unwrap();
            let process = Process::start(part.label(), &settings, ports.listen(part), log);
            parts.insert(part.label(), process);
            while part == Part::Database && store.check().await.is_err() {
                sleep(LOOK).await;
            }
        }
        let crm = Crm::new(ports.api_url());
        crm.wait_until_healthy().await;
        let mut service = Service::new(balancer, settings, folder.clone());
        service.deploy().await;
        let load = Load::start(crm, store, calls);
        sleep(SETTLED).await;
        Self {
            service,
            load,
            vendors,
            folder,
            _parts: parts,
        }
    }

    /// Lets the calls end, and judges what became of them. The logs of a run that failed stay.
    async fn end(self, judge: impl FnOnce(&Tally)) {
        let tally = self.load.end().await;
        let again = self.vendors.carrier.dials().len() - tally.placed;
        println!("{tally:?}, dialled again: {again}");
        judge(&tally);
        drop(self.service);
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// The environment of the parts: deadlines as long as in production, where nothing is to be late.
fn steady(ports: &Reserved, folder: &std::path::Path, vendors: &Vendors, calls: usize) -> Settings {
    let mut settings = settings(ports, folder);
    settings.extend(vendors.settings());
    let own = [
        ("MAX_CONCURRENT_CALLS", format!("{}", calls + 10)),
        (
            "SERVER_WEBSOCKET_URL",
            format!("ws://{}{PATH_OF_STREAMS}", ports.relay.address),
        ),
        ("DIAL_TIMEOUT", "10s".to_owned()),
        ("RING_TIMEOUT", "20s".to_owned()),
        ("ANSWER_MARGIN", "20s".to_owned()),
        ("AGENT_READY_TIMEOUT", "10s".to_owned()),
        ("HEARTBEAT_TIMEOUT", "20s".to_owned()),
        ("DISCONNECT_GRACE", "15s".to_owned()),
        ("MAX_CALL_DURATION", "60s".to_owned()),
        ("DRAIN_NOTICE", "2s".to_owned()),
    ];
    settings.extend(own);
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_notices_that_its_relays_are_replaced() {
    let times = number("DEPLOY_TIMES", TIMES_DEFAULT);
    let mut world = World::start("deployment").await;
    let began = Instant::now();
    for _ in 0..times {
        world.service.deploy().await;
        world.load.assert_lives();
    }
    let (replaced, took) = (world.service.replaced(), began.elapsed());
    println!("{replaced} relays replaced in {took:?}");
    assert_eq!(replaced, 2 * times);
    let judge = |tally: &Tally| {
        assert_eq!(tally.cut, Vec::<String>::new(), "calls that were cut");
        assert_eq!(tally.answers_lost, 0);
        assert!(tally.came_back > 0, "no stream was lost and came back");
        assert_eq!(tally.unreported, 0, "streams of which nobody told");
    };
    world.end(judge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_of_a_relay_that_is_killed_counts_as_complete() {
    let mut world = World::start("relay-killed").await;
    for _ in 0..KILLS {
        world.service.kill_one().await;
        sleep(KILL_PAUSE).await;
    }
    let judge = |tally: &Tally| {
        assert!(!tally.cut.is_empty(), "it carried none");
        assert_eq!(tally.answers_lost, 0);
        assert!(tally.unreported > 0, "who was killed told of its streams");
    };
    world.end(judge).await;
}
