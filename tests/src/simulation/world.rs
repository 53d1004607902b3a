//! What all processes of a run share, and the run itself.

use super::{
    Settings,
    bugs::Bug,
    carrier::Ring,
    check, crm, database,
    dice::Dice,
    history::{Fact, History, Tick},
    process::Process,
};
use access::{TokenKey, hash_key};
use call::{Outcome, Policy, ids::CallId, time::Timestamp};
use functions::config::ApiConfig;
use functions::sweep;
use secrecy::SecretString;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use store::CallStore;
use tokio::time::{Instant, sleep};

/// The table's name.
pub(super) const TABLE: &str = "calls";

/// The API key of the simulated CRM.
pub(super) const API_KEY: &str = "simulation";

/// The virtual moment at which every run begins: 20:58 in India, two minutes before the window of
/// some runs closes.
const EPOCH: &str = "2026-11-23T20:58:00+05:30";

/// How long calls are asked for and faults happen.
const ACTIVE: Duration = Duration::from_secs(150);

/// How long the system then has to tell everybody of every outcome: four tries fit into the time
/// of faults (5 s and two claims of 60 s apart), and the wait after a fourth is two hours. Calls have
/// far less, which a check of their own sees to. Most runs need minutes and end sooner.
const SETTLING: Duration = Duration::from_secs(2 * 60 * 60 + 300);

/// Processes of each kind that run at the same time.
const INSTANCES: usize = 2;

pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) database: dynoxide::Database,
    /// What the system was told to keep to.
    pub(super) policy: Policy,
    /// What it is judged by.
    promised: Policy,
    pub(super) bug: Option<Bug>,
    pub(super) faults_permille: u64,
    pub(super) tokens: TokenKey,
    pub(super) stale: Mutex<BTreeMap<String, Vec<String>>>,
    pub(super) log: Mutex<Vec<super::carrier::Row>>,
    history: Mutex<History>,
    instances: Mutex<BTreeMap<&'static str, Vec<Arc<Process>>>>,
    processes: AtomicU64,
    everyone: Mutex<Vec<Weak<Process>>>,
    faults: AtomicBool,
    started: Instant,
    epoch: Timestamp,
}

impl World {
    fn new(settings: &Settings) -> Arc<Self> {
        let dice = Dice::new(settings.seed);
        let faults_permille = dice.pick(&[(1, 0), (3, 8), (4, 25), (2, 60)]);
        let promised = policy(&dice);
        let mut policy = promised.clone();
        if settings.bug == Some(Bug::NoWindow) {
            policy.calling_window = None;
        }
        let secret = SecretString::from("0123456789abcdef0123456789abcdef");
        Arc::new(Self {
            dice,
            database: dynoxide::Database::memory().expect("memory suffices"),
            policy,
            promised,
            bug: settings.bug,
            faults_permille,
            tokens: TokenKey::new(&secret).expect("32 bytes"),
            stale: Mutex::default(),
            log: Mutex::default(),
            history: Mutex::default(),
            instances: Mutex::default(),
            processes: AtomicU64::new(0),
            everyone: Mutex::default(),
            faults: AtomicBool::new(false),
            started: Instant::now(),
            epoch: EPOCH.parse().expect("a moment"),
        })
    }

    /// True time.
    pub(super) fn now(&self) -> Timestamp {
        self.epoch + self.started.elapsed()
    }

    pub(super) fn has_faults(&self) -> bool {
        self.faults.load(Ordering::Relaxed)
    }

    /// How long one way to the database takes; sometimes long enough to act on old knowledge.
    pub(super) fn latency(&self) -> Duration {
        if self.has_faults() && self.dice.chance(self.faults_permille / 4) {
            return self.dice.millis(500, 12_000);
        }
        self.dice.millis(1, 8)
    }

    pub(super) fn note(&self, fact: Fact) {
        let mut history = self.history.lock().expect("nobody panics with the lock");
        history.add(self.now(), fact);
    }

    pub(super) fn wrote(&self, item: &Value) {
        let mut history = self.history.lock().expect("nobody panics with the lock");
        history.wrote(self.now(), item);
    }

    /// How the attempt of a ring ended, as stored; nothing while it lasts or once another follows.
    pub(super) fn outcome_of(&self, ring: &Ring) -> Option<Outcome> {
        let history = self.history.lock().expect("nobody panics with the lock");
        let stored = history.latest().find(|version| version.call == ring.call)?;
        let attempt = stored.attempt.as_ref();
        attempt
            .filter(|attempt| attempt.number == ring.attempt)?
            .outcome
    }

    pub(super) fn new_id(&self) -> CallId {
        CallId::from_bytes(self.dice.bytes())
    }

    pub(super) fn next_process(&self) -> u64 {
        self.processes.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers a process, to take it apart at the end.
    pub(super) fn keep(&self, process: &Arc<Process>) {
        let mut everyone = self.everyone.lock().expect("nobody panics with the lock");
        everyone.push(Arc::downgrade(process));
    }

    fn take_apart(&self) {
        let everyone = self.everyone.lock().expect("nobody panics with the lock");
        for process in everyone.iter().filter_map(Weak::upgrade) {
            process.take_apart();
        }
        let mut instances = self.instances.lock().expect("nobody panics with the lock");
        instances.clear();
    }

    pub(super) fn api_config(&self) -> ApiConfig {
        ApiConfig {
            keys: format!("crm:admin:{}", hash_key(API_KEY))
                .parse()
                .expect("a key"),
            tokens: self.tokens.clone(),
            webhook_secret: None,
            rate_per_minute: 1_000,
            questionnaire: call::answers::Questionnaire::default(),
            report_zone: "Asia/Kolkata".parse().expect("a zone"),
            sweep_duration: Duration::from_secs(55),

            languages: vec!["hi".to_owned(), "en".to_owned()],
        }
    }

    /// One of the running processes of a kind; a dead one has been replaced.
    pub(super) fn instance(self: &Arc<Self>, kind: &'static str) -> Arc<Process> {
        let mut all = self.instances.lock().expect("nobody panics with the lock");
        let running = all.entry(kind).or_default();
        running.retain(|process| !process.is_dead());
        while running.len() < INSTANCES {
            running.push(Process::start(self, kind));
        }
        let nth = usize::try_from(self.dice.below(INSTANCES as u64)).unwrap_or(0);
        running[nth].clone()
    }

    fn is_settled(&self) -> bool {
        let history = self.history.lock().expect("nobody panics with the lock");
        history.latest().all(|call| call.state.is_final())
            && check::undelivered(&history.entries).next().is_none()
    }
}

/// Short times, so that a run is minutes of virtual time.
fn policy(dice: &Dice) -> Policy {
    let secs = Duration::from_secs;
    let window = dice.pick(&[
        (3, None),
        (2, Some("09:00-21:00 Asia/Kolkata")),
        (1, Some("20:59-23:00 Asia/Kolkata")),
    ]);
    Policy {
        ring_timeout: secs(8),
        answer_margin: secs(4),
        reconcile_margin: secs(15),
        agent_ready_timeout: secs(6),
        heartbeat_timeout: secs(9),
        max_call_duration: secs(90),
        disconnect_grace: secs(6),
        call_expiry: secs(300),
        retries_max: 3,
        retry_busy: secs(12),
        retry_no_answer: secs(20),
        retry_unreachable: secs(25),
        retry_agent_unavailable: secs(8),
        retry_connection_lost: secs(10),
        retry_carrier_error: secs(10),
        max_concurrent_calls: u32::try_from(dice.below(3) + 1).unwrap_or(1),
        agent_concurrency: dice.pick(&[(2, None), (1, Some(2))]),
        dials_per_second: dice.pick(&[(2, None), (1, Some(1))]),
        calling_window: window.map(|text| text.parse().expect("a window")),
        window_override: false,
        reports_outcomes: true,
        post_call_wait: secs(30),
    }
}

/// Runs a seed to its end and gives back what happened.
pub(super) async fn run(settings: &Settings) -> (History, Policy) {
    let world = World::new(settings);
    let first = Process::start(&world, "setup");
    let store = CallStore::new(database::client(&first), TABLE);
    store.ensure_table().await.expect("a new database");
    world.faults.store(true, Ordering::Relaxed);
    for _ in 0..INSTANCES {
        tokio::spawn(sweep_on(world.clone()));
    }
    let crm = tokio::spawn(crm::use_system(world.clone(), ACTIVE));
    sleep(ACTIVE).await;
    world.faults.store(false, Ordering::Relaxed);
    world.note(Fact::Calm);
    crm.await.expect("the CRM does not panic");
    settle(&world).await;
    let counter = database::counter(&world);
    world.note(Fact::Counter(counter));
    world.note(Fact::Locks(database::locks(&world)));
    world.take_apart();
    let mut history = world.history.lock().expect("nobody panics with the lock");
    (std::mem::take(&mut *history), world.promised.clone())
}

/// Waits until every call is over and told, at most as long as the system may take for it.
async fn settle(world: &Arc<World>) {
    let end = world.now() + SETTLING;
    while world.now() < end && !world.is_settled() {
        sleep(Duration::from_secs(5)).await;
    }
    // Who still has something to say: late reports, a stream, a second copy of an outcome.
    sleep(Duration::from_secs(70)).await;
}

/// Sweeps for ever, by one process after another.
async fn sweep_on(world: Arc<World>) {
    loop {
        let process = Process::start(&world, "sweep");
        while !process.is_dead() {
            let pause = if world.has_faults() {
                world.dice.millis(500, 8_000)
            } else {
                world.dice.millis(15_000, 45_000)
            };
            sleep(pause).await;
            if process.run(sweep_once(&process)).await.is_none() {
                break;
            }
        }
        sleep(world.dice.millis(100, 8_000)).await;
    }
}

async fn sweep_once(process: &Process) {
    let (world, old_pages) = (&process.world, process.old_pages());
    let began = world.now();
    let done = sweep::tick(&process.app()).await;
    world.note(Fact::Swept(Tick {
        began,
        saw_all: done.errors == 0 && process.old_pages() == old_pages,
        dials: done.dials,
        held_back: done.no_channel + done.paced,
    }));
}
