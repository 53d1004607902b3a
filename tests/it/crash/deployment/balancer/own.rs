//! The least that a load balancer of connections does.

use super::{ANSWERS, SLOTS, Slot};
use relay::server::IN_SERVICE_PATH;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// Pause between two questions to each target.
const CHECK: Duration = Duration::from_millis(200);

#[derive(Clone, Copy)]
struct Target {
    address: SocketAddr,
    is_up: bool,
    /// Answers in a row that say otherwise.
    others: u32,
}

#[derive(Default)]
struct Targets {
    slots: [Option<Target>; SLOTS],
    passed: usize,
}

impl Targets {
    /// The target of a new connection: each in turn; any of them if none is in service.
    fn next(&mut self) -> Option<SocketAddr> {
        let all = self.slots.iter().flatten();
        let (up, down): (Vec<&Target>, Vec<&Target>) = all.partition(|target| target.is_up);
        let from = if up.is_empty() { down } else { up };
        self.passed += 1;
        let chosen = from.get(self.passed % from.len().max(1))?;
        Some(chosen.address)
    }

    fn heed(&mut self, slot: Slot, address: SocketAddr, is_good: bool) {
        let Some(target) = self.slots[slot].as_mut().filter(|t| t.address == address) else {
            return;
        };
        target.others = if target.is_up == is_good {
            0
        } else {
            target.others + 1
        };
        if target.others == ANSWERS {
            (target.is_up, target.others) = (is_good, 0);
        }
    }
}

pub(in super::super) struct Own {
    targets: Arc<Mutex<Targets>>,
    _tasks: JoinSet<()>,
}

impl Own {
    pub(super) async fn start(listen: SocketAddr) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let targets = Arc::<Mutex<Targets>>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(pass(listener, targets.clone()));
        tasks.spawn(check(targets.clone()));
        Self {
            targets,
            _tasks: tasks,
        }
    }

    pub(super) fn register(&self, address: SocketAddr) -> Slot {
        let mut targets = self.targets.lock().unwrap();
        let free = targets.slots.iter().position(Option::is_none);
        let slot = free.expect("a place is free");
        targets.slots[slot] = Some(Target {
            address,
            is_up: false,
            others: 0,
        });
        slot
    }

    pub(super) fn is_up(&self, slot: Slot) -> bool {
        let targets = self.targets.lock().unwrap();
        targets.slots[slot].is_some_and(|target| target.is_up)
    }

    /// What it carries goes on.
    pub(super) fn forget(&self, slot: Slot) {
        self.targets.lock().unwrap().slots[slot] = None;
    }
}

async fn pass(listener: TcpListener, targets: Arc<Mutex<Targets>>) {
    let mut connections = JoinSet::new();
    loop {
        let (mut from, _) = listener.accept().await.unwrap();
        let target = targets.lock().unwrap().next();
        connections.spawn(async move {
            let Some(target) = target else { return };
            if let Ok(mut to) = TcpStream::connect(target).await {
                let _ = copy_bidirectional(&mut from, &mut to).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn check(targets: Arc<Mutex<Targets>>) {
    let client = reqwest::Client::builder().no_proxy().timeout(CHECK * 5);
    let client = client.build().unwrap();
    loop {
        let slots = targets.lock().unwrap().slots;
        for (slot, target) in slots.iter().enumerate() {
            let Some(Target { address, .. }) = *target else {
                continue;
            };
            let answer = client.get(format!("http://{address}{IN_SERVICE_PATH}"));
            let is_good = matches!(answer.send().await, Ok(answer) if answer.status() == 200);
            targets.lock().unwrap().heed(slot, address, is_good);
        }
        sleep(CHECK).await;
    }
}
