//! What all processes of a run share, and the run itself.

use super::{
    Settings,
    bugs::Bug,
    carrier::Ring,
    check, crm, database,
    dice::Dice,
    history::{Fact, History},
    manager,
    platform::Platform,
    process::Process,
    promised::{DAYS, Promised},
    sweeps::{self, Sweeps},
};
use access::{TokenKey, hash_key};
use call::{AttemptState, Outcome, Policy, ids::CallId, time::Timestamp};
use campaign::CampaignId;
use functions::config::ApiConfig;
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
pub(super) const ACTIVE: Duration = Duration::from_secs(150);

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
    /// How far a process's clock may be off, either way.
    pub(super) skew_max: Duration,
    /// The agent platform's own copies.
    pub(super) platform: Platform,
    pub(super) sweeps: Sweeps,
    /// Until when the database answers nobody.
    store_out: Mutex<Option<Instant>>,
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
    fn new(settings: &Settings, dice: Dice, promised: &Promised) -> Arc<Self> {
        let faults_permille = dice.pick(&[(1, 0), (3, 8), (4, 25), (2, 60)]);
        let mut policy = promised.policy.clone();
        if settings.bug == Some(Bug::NoWindow) {
            policy.calling_window = None;
        }
        if settings.bug == Some(Bug::HastyDeadline) {
            policy.ring_timeout = Duration::from_secs(2);
            policy.answer_margin = Duration::ZERO;
        }
        let secret = SecretString::from("0123456789abcdef0123456789abcdef");
        Arc::new(Self {
            dice,
            database: dynoxide::Database::memory().expect("memory suffices"),
            policy,
            skew_max: promised.skew,
            platform: Platform::default(),
            sweeps: Sweeps::default(),
            store_out: Mutex::default(),
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

    /// Whether the database answers nobody: now and then, for some seconds.
    pub(super) fn is_store_out(&self) -> bool {
        let now = Instant::now();
        let mut until = self.store_out.lock().expect("nobody panics with the lock");
        if self.dice.chance(10) && self.dice.chance(self.faults_permille) {
            *until = Some(now + self.dice.millis(1_000, 20_000));
        }
        until.is_some_and(|until| now < until)
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

    /// Notes an item as it stands in the end.
    fn wrote_last(&self, item: &Value) {
        let mut history = self.history.lock().expect("nobody panics with the lock");
        history.found(self.now(), item);
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

    /// Whether the intent of a dial of this campaign is stored, and nobody has the right to send it.
    pub(super) fn is_about_to_dial(&self, id: CampaignId) -> bool {
        let history = self.history.lock().expect("nobody panics with the lock");
        history.latest().any(|call| {
            let attempt = call.attempt.as_ref();
            call.of.is_some_and(|of| of.0 == id)
                && attempt.is_some_and(|attempt| attempt.state == AttemptState::Intent)
        })
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
            webhook_secrets: Vec::new(),
            rate_per_minute: 1_000,
            questionnaire: call::answers::Questionnaire::default(),
            report_zone: "Asia/Kolkata".parse().expect("a zone"),
            prices: call::report::Prices::default(),
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
        let is_over = {
            let history = self.history.lock().expect("nobody panics with the lock");
            history.latest().all(|call| call.state.is_final())
                && check::undelivered(&history.entries).next().is_none()
        };
        is_over && database::next_due(self).is_none()
    }
}

/// Runs a seed to its end and gives back what happened.
pub(super) async fn run(settings: &Settings) -> (History, Promised) {
    let dice = Dice::new(settings.seed);
    let promised = Promised::of(&dice, settings.bug);
    let world = World::new(settings, dice, &promised);
    let first = Process::start(&world, "setup");
    let store = CallStore::new(database::client(&first), TABLE);
    store.ensure_table().await.expect("a new database");
    world.faults.store(true, Ordering::Relaxed);
    for _ in 0..INSTANCES {
        tokio::spawn(sweeps::run(world.clone()));
    }
    let crm = tokio::spawn(crm::use_system(world.clone(), ACTIVE));
    let manager = tokio::spawn(manager::run_campaign(world.clone()));
    sleep(ACTIVE).await;
    world.faults.store(false, Ordering::Relaxed);
    world.note(Fact::Calm);
    let asked = crm.await.expect("the CRM does not panic");
    manager.await.expect("the manager does not panic");
    settle(&world, SETTLING).await;
    if promised.is_of_days() {
        settle(&world, DAYS + SETTLING).await;
        crm::ask_again(&world, asked).await;
        settle(&world, DAYS + SETTLING).await;
    }
    note_what_is_left(&world);
    world.take_apart();
    let mut history = world.history.lock().expect("nobody panics with the lock");
    (std::mem::take(&mut *history), promised)
}

/// Reads what is stored in the end, past the system.
fn note_what_is_left(world: &World) {
    world.note(Fact::Counter(database::counter(world)));
    world.note(Fact::Locks(database::locks(world)));
    for item in database::items(world) {
        world.wrote_last(&item);
    }
    for (call, id) in world.platform.kept() {
        world.note(Fact::Kept(call, id));
    }
}

/// Waits until every call is over and told, at most as long as the system may take for it.
async fn settle(world: &Arc<World>, longest: Duration) {
    let end = world.now() + longest;
    while world.now() < end && !world.is_settled() {
        sleep(Duration::from_secs(5)).await;
    }
    // Who still has something to say: late reports, a stream, a second copy of an outcome.
    sleep(Duration::from_secs(70)).await;
}
