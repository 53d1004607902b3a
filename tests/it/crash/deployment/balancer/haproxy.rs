//! HAProxy, which passes TCP connections and is told about its targets over its runtime API.

use super::{ANSWERS, SLOTS, Slot};
use relay::server::IN_SERVICE_PATH;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::{sleep, timeout},
};

/// Longest wait for it to listen.
const START_MAX: Duration = Duration::from_secs(10);

const LOOK: Duration = Duration::from_millis(50);

pub(in super::super) struct Haproxy {
    process: Child,
    socket: PathBuf,
    taken: [bool; SLOTS],
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Haproxy {
    pub(super) async fn start(program: &str, listen: SocketAddr, folder: &Path) -> Self {
        // The path of a socket may have no more than 108 bytes.
        let socket = std::env::temp_dir().join(format!("haproxy-{}.sock", listen.port()));
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, configuration(listen, &socket)).unwrap();
        let process = Command::new(program).arg("-db").arg("-f").arg(file).spawn();
        let haproxy = Self {
            process: process.unwrap(),
            socket,
            taken: [false; SLOTS],
        };
        let is_there = async {
            while UnixStream::connect(&haproxy.socket).await.is_err() {
                sleep(LOOK).await;
            }
        };
        timeout(START_MAX, is_there).await.expect("HAProxy starts");
        haproxy
    }

    /// Gives commands; what it says to them.
    async fn command(&self, commands: &str) -> String {
        let mut socket = UnixStream::connect(&self.socket).await.unwrap();
        socket.write_all(commands.as_bytes()).await.unwrap();
        socket.write_all(b"\n").await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(super) async fn register(&mut self, address: SocketAddr) -> Slot {
        let free = self.taken.iter().position(|taken| !taken);
        let slot = free.expect("a place is free");
        self.taken[slot] = true;
        let (ip, port, name) = (address.ip(), address.port(), name(slot));
        let commands = format!(
            "set server {name} addr {ip} port {port}; set server {name} health down; \
             enable health {name}; set server {name} state ready"
        );
        self.command(&commands).await;
        slot
    }

    pub(super) async fn is_up(&self, slot: Slot) -> bool {
        // Columns: backend id and name, server id, name, address, operational state (2 is running).
        let states = self.command("show servers state relays").await;
        let own = format!("relay{}", slot + 1);
        states.lines().any(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            columns.get(3) == Some(&own.as_str()) && columns.get(5) == Some(&"2")
        })
    }

    pub(super) async fn drain(&self, slot: Slot) {
        let name = name(slot);
        self.command(&format!("set server {name} state drain"))
            .await;
    }

    pub(super) async fn deregister(&mut self, slot: Slot) {
        let name = name(slot);
        let commands = format!("set server {name} state maint");
        self.command(&commands).await;
        self.taken[slot] = false;
    }
}

fn name(slot: Slot) -> String {
    format!("relays/relay{}", slot + 1)
}

fn configuration(listen: SocketAddr, socket: &Path) -> String {
    let socket = socket.display();
    format!(
        "global
    stats socket {socket} mode 600 level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 350s
    timeout server 350s
frontend streams
    bind {listen}
    default_backend relays
backend relays
    balance roundrobin
    option httpchk GET {IN_SERVICE_PATH}
    http-check expect status 200
    server-template relay 1-{SLOTS} 127.0.0.1:1 check inter 200ms rise {ANSWERS} fall {ANSWERS} disabled
"
    )
}
