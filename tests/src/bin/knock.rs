//! Strangers who knock at a relay under load: stands in for the relay in the load tool, becomes the relay itself, and
//! leaves behind a process that knocks at it for [`LASTS`], from the address of the carriers.
//!
//! ```sh
//! cargo build --release -p relay -p tests --bin load --bin relay --bin knock
//! target/release/load --calls 100 --seconds 30 --relay target/release/knock
//! ```
//!
//! What came of it stands in `knock.txt` beside this program.

use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    env, fs,
    net::SocketAddr,
    os::unix::process::CommandExt,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// How long they knock: shorter than a round of the load, so that descriptors can come back to where they were.
const LASTS: Duration = Duration::from_secs(20);

/// Connections that say nothing, each opened again when it is closed.
const IDLE: usize = 2_000;

/// Connections that send a byte of a head in each [`BYTE_EACH`].
const SLOW: usize = 200;

const BYTE_EACH: Duration = Duration::from_millis(500);

/// Tasks that ask for streams of calls that are not there, one after the other with a pause.
const FORGERS: usize = 10;

/// Tasks that send frames of many bytes, or none that are frames, on streams without a call.
const GIANTS: usize = 10;

/// Pause of those between two connections: 100 of each kind in a second.
const PAUSE: Duration = Duration::from_millis(100);

/// What came of them, and how often.
type Tally = Arc<Mutex<BTreeMap<String, u64>>>;

fn main() -> Result<()> {
    let own = env::current_exe()?;
    if let Some(relay) = env::args().nth(1) {
        return knock(relay.parse()?);
    }
    let listen =
        env::var("RELAY_LISTEN").context("the load tool starts this in the relay's place")?;
    Command::new("taskset")
        .args(["-c", "1"])
        .arg(&own)
        .arg(listen)
        .spawn()?;
    Err(Command::new(own.with_file_name("relay")).exec().into())
}

fn knock(relay: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tally = runtime.block_on(async {
        while TcpStream::connect(relay).await.is_err() {
            sleep(PAUSE).await;
        }
        let tally = Tally::default();
        let mut strangers = JoinSet::new();
        (0..IDLE).for_each(|_| drop(strangers.spawn(idle(relay, tally.clone()))));
        (0..SLOW).for_each(|_| drop(strangers.spawn(slow(relay, tally.clone()))));
        (0..FORGERS).for_each(|n| drop(strangers.spawn(forge(relay, n, tally.clone()))));
        (0..GIANTS).for_each(|_| drop(strangers.spawn(giant(relay, tally.clone()))));
        sleep(LASTS).await;
        tally
    });
    let tally = tally.lock().expect("nobody panics with the lock");
    let lines = tally
        .iter()
        .map(|(what, times)| format!("{times} {what}\n"));
    fs::write(
        env::current_exe()?.with_file_name("knock.txt"),
        lines.collect::<String>(),
    )?;
    Ok(())
}

fn note(tally: &Tally, what: &str) {
    let mut tally = tally.lock().expect("nobody panics with the lock");
    *tally.entry(what.to_owned()).or_default() += 1;
}

async fn idle(relay: SocketAddr, tally: Tally) {
    loop {
        if let Ok(mut socket) = TcpStream::connect(relay).await {
            let _ = socket.read(&mut [0]).await;
            note(&tally, "idle connections closed");
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn slow(relay: SocketAddr, tally: Tally) {
    loop {
        if let Ok(mut socket) = TcpStream::connect(relay).await {
            let head = b"GET /knowlarity-stream/x HTTP/1.1\r\nhost: x\r\nx-pad: ".iter();
            for byte in head.chain([b'a'].iter().cycle()) {
                if socket.write_all(&[*byte]).await.is_err() {
                    break;
                }
                sleep(BYTE_EACH).await;
            }
            note(&tally, "slow heads cut off");
        }
        sleep(PAUSE).await;
    }
}

/// The status that an upgrade of this target gets, and the connection.
async fn upgrade(relay: SocketAddr, target: &str) -> Option<(String, TcpStream)> {
    let mut socket = TcpStream::connect(relay).await.ok()?;
    let head = format!(
        "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.ok()?;
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.ok()?;
    Some((String::from_utf8_lossy(&answer[9..]).into_owned(), socket))
}

async fn forge(relay: SocketAddr, own: usize, tally: Tally) {
    for n in 0_u64.. {
        let token = "A".repeat(43);
        let target = format!("/knowlarity-stream/{own:08x}-0000-4000-8000-{n:012x}?t={token}");
        let status = upgrade(relay, &target).await.map(|(status, _)| status);
        note(
            &tally,
            &format!("forged tokens answered {}", status.unwrap_or_default()),
        );
        sleep(PAUSE).await;
    }
}

async fn giant(relay: SocketAddr, tally: Tally) {
    // A masked binary frame of 200,000 bytes, and one with an unknown opcode.
    let mut frame = vec![0x82, 0x80 | 127, 0, 0, 0, 0, 0, 3, 13, 64, 0, 0, 0, 0];
    frame.resize(200_014, 0);
    for frame in [frame, vec![0x83, 0x80, 0, 0, 0, 0]].iter().cycle() {
        if let Some((status, mut socket)) = upgrade(relay, "/knowlarity-stream").await {
            let began = Instant::now();
            let _ = socket.write_all(frame).await;
            let gone = timeout(LASTS, socket.read_to_end(&mut Vec::new())).await;
            let ended = if gone.is_ok() && began.elapsed() < LASTS {
                "ended"
            } else {
                "held"
            };
            note(
                &tally,
                &format!("streams of bad frames, answered {status} and {ended}"),
            );
        }
        sleep(PAUSE).await;
    }
}
