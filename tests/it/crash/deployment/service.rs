//! The part of ECS: starts tasks of a new version, and stops those of the old one as soon as they may be.

use super::{
    super::{ports::Port, process::Process, settings::Settings},
    balancer::{Balancer, Slot},
};
use simulators::ecs::ContainerAgent;
use std::{fs::File, path::PathBuf, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// Tasks that are to run.
const DESIRED: usize = 2;

/// Pause between two looks at the tasks.
const LOOK: Duration = Duration::from_millis(100);

/// Longest wait for a task to be in service.
const START_MAX: Duration = Duration::from_secs(30);

/// Longest wait for an old task to be free to go: later relays are seen within 10 s, and the longest call
/// takes some more.
const LEAVE_MAX: Duration = Duration::from_secs(90);

/// From the task's deregistration to SIGTERM.
const DEREGISTERED: Duration = Duration::from_millis(300);

/// From SIGTERM to SIGKILL: it carries nothing then.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

struct Task {
    agent: ContainerAgent,
    process: Process,
    slot: Slot,
    _port: Port,
}

pub(super) struct Service {
    balancer: Balancer,
    settings: Settings,
    folder: PathBuf,
    revision: usize,
    tasks: Vec<Task>,
    started: usize,
    replaced: usize,
}

impl Service {
    pub(super) fn new(balancer: Balancer, settings: Settings, folder: PathBuf) -> Self {
        Self {
            balancer,
            settings,
            folder,
            revision: 0,
            tasks: Vec::new(),
            started: 0,
            replaced: 0,
        }
    }

    /// Tasks of earlier versions that have been stopped.
    pub(super) fn replaced(&self) -> usize {
        self.replaced
    }

    /// Brings the next version into service, and the present one out of it.
    pub(super) async fn deploy(&mut self) {
        self.revision += 1;
        let mut earlier = std::mem::take(&mut self.tasks);
        for _ in 0..DESIRED {
            self.start_task().await;
        }
        let give_up = Instant::now() + LEAVE_MAX;
        while !earlier.is_empty() {
            assert!(Instant::now() < give_up, "{} tasks stay", earlier.len());
            let free = earlier.iter().position(|task| !task.agent.is_protected());
            match free {
                Some(at) => self.stop_task(earlier.swap_remove(at)).await,
                None => sleep(LOOK).await,
            }
        }
    }

    async fn start_task(&mut self) {
        self.started += 1;
        let name = format!("relay-{}", self.started);
        let revision = self.revision.to_string();
        let agent = ContainerAgent::start(&name, &revision).await.unwrap();
        let port = Port::take();
        let mut settings = self.settings.clone();
        settings.extend([
            ("RELAY_LISTEN", port.address.to_string()),
            ("ECS_AGENT_URI", agent.agent_uri()),
            ("ECS_CONTAINER_METADATA_URI_V4", agent.metadata_uri()),
        ]);
        let log = File::create(self.folder.join(format!("{name}.log"))).unwrap();
        let process = Process::start("relay", &settings, None, log);
        let slot = self.balancer.register(port.address).await;
        let is_up = async {
            while !self.balancer.is_up(slot).await {
                sleep(LOOK).await;
            }
        };
        timeout(START_MAX, is_up).await.expect("it comes up");
        self.tasks.push(Task {
            agent,
            process,
            slot,
            _port: port,
        });
    }

    /// As ECS does it: no new connections, some time, SIGTERM.
    async fn stop_task(&mut self, mut task: Task) {
        self.balancer.drain(task.slot).await;
        sleep(DEREGISTERED).await;
        task.process.signal("TERM");
        let ended = async {
            loop {
                if let Some(how) = task.process.ended() {
                    return how;
                }
                sleep(LOOK).await;
            }
        };
        let how = timeout(STOP_TIMEOUT, ended).await;
        assert!(how.expect("it ends").success(), "it cut calls");
        self.balancer.deregister(task.slot).await;
        self.replaced += 1;
    }

    /// Kills one task; ECS sees it, and starts another in its place.
    pub(super) async fn kill_one(&mut self) {
        let Task { process, slot, .. } = self.tasks.swap_remove(0);
        drop(process);
        self.balancer.deregister(slot).await;
        self.start_task().await;
    }
}
