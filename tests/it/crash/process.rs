//! The parts as processes: started, killed, started again on the same port.

use super::{
    chance::Chance,
    crm::Crm,
    ports::Reserved,
    settings::{LISTEN, PART, Settings, TABLE, settings},
};
use local::system::LOCAL_KEY;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use store::CallStore;
use tokio::{sync::watch, time::sleep};

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

    pub(super) fn label(self) -> &'static str {
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

/// A process that does not outlive its owner.
pub(super) struct Process(Child);

impl Process {
    /// Starts a part, with these settings and no others; its log goes to `log`.
    pub(super) fn start(
        name: &str,
        settings: &Settings,
        listen: Option<SocketAddr>,
        log: File,
    ) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "crash::part", "--ignored", "--nocapture"])
            .env_clear()
            .envs(settings)
            .env(PART, name)
            .stdin(Stdio::piped())
            .stderr(log.try_clone().unwrap())
            .stdout(log);
        if let Some(address) = listen {
            command.env(LISTEN, address.to_string());
        }
        Self(command.spawn().unwrap())
    }

    /// Sends it a signal, by name.
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.0.id().to_string()])
            .status();
        assert!(sent.unwrap().success(), "kill -{name}");
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }
}

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
        let listen = self.ports.listen(part);
        let process = Process::start(part.label(), &self.settings, listen, log);
        self.running.insert(part, process);
    }

    /// Sends a part a signal, by name.
    pub(super) fn signal(&self, part: Part, name: &str) {
        self.running[&part].signal(name);
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
