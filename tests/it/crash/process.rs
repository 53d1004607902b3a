//! The parts as processes: started, killed, started again on the same port.

use super::{chance::Chance, crm::Crm};
use access::{draw_key, hash_key};
use local::system::LOCAL_KEY;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use store::CallStore;
use tokio::{net::TcpSocket, sync::watch, time::sleep};

/// Names the part that a process is.
pub(super) const PART: &str = "CRASH_PART";

/// Where a part listens, unless a variable of its own says so.
pub(super) const LISTEN: &str = "CRASH_LISTEN";

/// Folder of the database.
pub(super) const DATA: &str = "CRASH_DATA";

/// Table of the calls.
const TABLE: &str = "calls";

/// Pause between two kills.
const KILL_PAUSE: (Duration, Duration) = (Duration::from_millis(400), Duration::from_millis(1_600));

/// How long a part that was killed stays away: the time an orchestrator takes, made short.
const AWAY: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(400));

/// Pause between two looks whether the table is there.
const LOOK: Duration = Duration::from_millis(50);

/// Who is killed how often. The relay less, because every call that it carries is lost with it.
const VICTIMS: [(u64, Part); 4] = [
    (4, Part::Api),
    (3, Part::Sweep),
    (2, Part::Relay),
    (1, Part::Database),
];

/// Words in a log that no crash excuses.
const NEVER_LOGGED: [&str; 5] = [
    "panicked at",
    super::crm::NAME,
    super::crm::DIGITS,
    LOCAL_KEY,
    "?t=",
];

/// One part of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Database,
    Api,
    Sweep,
    Relay,
}

impl Part {
    const ALL: [Self; 4] = [Self::Database, Self::Api, Self::Sweep, Self::Relay];

    fn label(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Api => "api",
            Self::Sweep => "sweep",
            Self::Relay => "relay",
        }
    }
}

/// How often each part was killed.
pub(super) type Kills = BTreeMap<Part, usize>;

/// Environment variables.
pub(super) type Settings = BTreeMap<&'static str, String>;

/// A port that stays ours while its part is away. On Linux a socket that is bound and does not
/// listen keeps it from being given to any connection, and lets the part bind it as well;
/// elsewhere it is only likely to stay free.
struct Port {
    address: SocketAddr,
    _socket: Option<TcpSocket>,
}

impl Port {
    fn take() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        Self {
            address,
            _socket: cfg!(target_os = "linux").then_some(socket),
        }
    }
}

/// The ports of the parts that listen.
pub(super) struct Reserved {
    database: Port,
    api: Port,
    relay: Port,
}

impl Reserved {
    pub(super) fn take() -> Self {
        Self {
            database: Port::take(),
            api: Port::take(),
            relay: Port::take(),
        }
    }

    /// Base address of the API.
    pub(super) fn api_url(&self) -> String {
        format!("http://{}", self.api.address)
    }

    fn listen(&self, part: Part) -> Option<SocketAddr> {
        match part {
            Part::Database => Some(self.database.address),
            Part::Api => Some(self.api.address),
            Part::Relay => Some(self.relay.address),
            Part::Sweep => None,
        }
    }
}

/// A process that does not outlive its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// All parts.
pub(super) struct Parts {
    running: BTreeMap<Part, Process>,
    kills: Kills,
    settings: Settings,
    ports: Reserved,
    folder: PathBuf,
}

impl Parts {
    /// Starts every part, with logs and database in `folder`.
    pub(super) async fn start(folder: &Path, ports: Reserved, vendors: Settings) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut settings = settings(&ports, folder);
        settings.extend(vendors);
        let mut parts = Self {
            running: BTreeMap::new(),
            kills: Kills::new(),
            settings,
            ports,
            folder: folder.to_owned(),
        };
        for part in Part::ALL {
            parts.launch(part);
            // The table comes first: on AWS it is there before anything runs.
            while part == Part::Database && parts.store().check().await.is_err() {
                sleep(LOOK).await;
                parts.assert_running();
            }
        }
        parts
    }

    fn launch(&mut self, part: Part) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log(part))
            .unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "crash::part", "--ignored", "--nocapture"])
            .env_clear()
            .envs(&self.settings)
            .env(PART, part.label())
            .stdin(Stdio::piped())
            .stderr(log.try_clone().unwrap())
            .stdout(log);
        if let Some(address) = self.ports.listen(part) {
            command.env(LISTEN, address.to_string());
        }
        self.running.insert(part, Process(command.spawn().unwrap()));
    }

    /// Sends a part a signal, by name.
    pub(super) fn signal(&self, part: Part, name: &str) {
        let pid = self.running[&part].0.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success(), "kill -{name}");
    }

    fn log(&self, part: Part) -> PathBuf {
        self.folder.join(format!("{}.log", part.label()))
    }

    /// Kills one part after the other, and starts each again, until told to stop.
    ///
    /// Panics if a part ended by itself, whatever happened to the others.
    pub(super) async fn kill_until(
        mut self,
        mut stopped: watch::Receiver<bool>,
        mut chance: Chance,
    ) -> Self {
        loop {
            let pause = chance.between(KILL_PAUSE.0, KILL_PAUSE.1);
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return self,
                () = sleep(pause) => {}
            }
            // Each part once, then as it comes.
            let untouched = Part::ALL.into_iter().find(|p| !self.kills.contains_key(p));
            let victim = untouched.unwrap_or_else(|| chance.weighted(&VICTIMS));
            self.assert_running();
            self.running.remove(&victim);
            *self.kills.entry(victim).or_default() += 1;
            sleep(chance.between(AWAY.0, AWAY.1)).await;
            self.launch(victim);
        }
    }

    pub(super) fn assert_running(&mut self) {
        for (part, process) in &mut self.running {
            if let Some(status) = process.0.try_wait().unwrap() {
                panic!("{part:?} ended by itself ({status}), see its log");
            }
        }
    }

    pub(super) fn assert_were_killed(&self, least: usize) {
        let kills: usize = self.kills.values().sum();
        assert!(kills >= least, "only {kills} kills");
    }

    pub(super) fn assert_logs_are_clean(&self) {
        for part in Part::ALL {
            let log = fs::read(self.log(part)).unwrap();
            let log = String::from_utf8_lossy(&log);
            for word in NEVER_LOGGED {
                assert!(!log.contains(word), "{word:?} is in the log of {part:?}");
            }
        }
    }

    pub(super) fn kills(&self) -> &Kills {
        &self.kills
    }

    /// A client of the API.
    pub(super) fn crm(&self) -> Crm {
        Crm::new(self.ports.api_url())
    }

    /// The calls as they are stored.
    pub(super) fn store(&self) -> CallStore {
        CallStore::local(&format!("http://{}", self.ports.database.address), TABLE)
    }
}

/// The environment of every part. Deadlines and delays are seconds, so that a call with four
/// attempts takes less than a minute.
fn settings(ports: &Reserved, folder: &Path) -> Settings {
    let database = format!("http://{}", ports.database.address);
    let relay = ports.relay.address;
    let own = [
        (DATA, folder.display().to_string()),
        ("AWS_ENDPOINT_URL_DYNAMODB", database),
        ("API_KEYS", format!("crm:admin:{}", hash_key(LOCAL_KEY))),
        ("TOKEN_SECRET", draw_key()),
        ("RELAY_LISTEN", relay.to_string()),
        (
            "SERVER_WEBSOCKET_URL",
            format!("ws://{relay}/knowlarity-stream"),
        ),
    ];
    let fixed = [
        ("AWS_REGION", "local"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("RUST_LOG", "info"),
        ("TABLE_NAME", TABLE),
        ("KNOWLARITY_CALLER_ID", "+911234567800"),
        ("MAX_CONCURRENT_CALLS", "20"),
        ("DIAL_TIMEOUT", "2s"),
        ("RING_TIMEOUT", "3s"),
        ("ANSWER_MARGIN", "1s"),
        ("RECONCILE_MARGIN", "3s"),
        ("AGENT_READY_TIMEOUT", "3s"),
        ("HEARTBEAT_TIMEOUT", "4s"),
        ("DISCONNECT_GRACE", "3s"),
        ("MAX_CALL_DURATION", "30s"),
        ("RETRY_BUSY", "1s"),
        ("RETRY_NO_ANSWER", "1s"),
        ("RETRY_UNREACHABLE", "1s"),
        ("RETRY_AGENT_UNAVAILABLE", "1s"),
        ("RETRY_CONNECTION_LOST", "1s"),
        ("RETRY_CARRIER_ERROR", "1s"),
    ];
    let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
    own.into_iter().chain(fixed).collect()
}
