//! The process that is measured, on a core of its own.

use super::{system::Settings, usage};
use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep},
};

/// Longest wait until it listens.
const START_MAX: Duration = Duration::from_secs(20);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Keeps this process to a core of its own; gives another, to keep the measured process to.
pub(super) fn take_core() -> Option<u32> {
    let [measured, own] = *cores().ok()?.first_chunk()?;
    let mut taskset = Command::new("taskset");
    let process = std::process::id().to_string();
    taskset.args(["-a", "-c", "-p", &own.to_string(), &process]);
    let taken = taskset.stdout(Stdio::null()).status().ok()?;
    taken.success().then_some(measured)
}

/// Cores that this process may use.
fn cores() -> Result<Vec<u32>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mut lines = status.lines();
    let allowed = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let mut cores = Vec::new();
    for range in allowed.context("no cores are named")?.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cores.extend(first.parse::<u32>()?..=last.parse()?);
    }
    Ok(cores)
}

/// An address on this machine that stays free until a process takes it.
pub(super) struct Place {
    pub(super) address: SocketAddr,
    /// On Linux a socket that is bound and does not listen keeps others away, and lets the process bind.
    _socket: TcpSocket,
}

impl Place {
    pub(super) fn take() -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self {
            address: socket.local_addr()?,
            _socket: socket,
        })
    }
}

/// A process that ends with this tool.
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program with these arguments and no environment but these settings, on this core if there
    /// is one.
    pub(super) fn start(
        program: &Path,
        arguments: &[String],
        settings: &Settings,
        core: Option<u32>,
    ) -> Result<Self> {
        ensure!(program.exists(), "{} is not built", program.display());
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let log = env::temp_dir().join(format!("load-{}-{name}.log", std::process::id()));
        let mut command = match core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let path = env::var_os("PATH").unwrap_or_default();
        let (out, errors) = (
            File::create(&log)?,
            File::options().append(true).open(&log)?,
        );
        let child = command
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Its id. `taskset` becomes the program that it starts.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it takes connections there.
    pub(super) async fn listens(&mut self, at: SocketAddr) -> Result<()> {
        let give_up = Instant::now() + START_MAX;
        while TcpStream::connect(at).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended ({status}): {}", self.said());
            }
            ensure!(
                Instant::now() < give_up,
                "it does not listen: {}",
                self.said()
            );
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// What it logged.
    pub(super) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(super) fn cpu(&self) -> Result<Duration> {
        usage::cpu(self.id()).context("its CPU time")
    }

    pub(super) fn resident_kib(&self) -> Result<u64> {
        usage::resident_kib(self.id()).context("its memory")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}
