//! Connections that ask for nothing, or never come to an end of it.

use super::*;
use ::relay::defaults::{ARRIVALS_PER_ADDRESS_MAX, HEAD_TIMEOUT};
use call::CallState;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

const CONNECTIONS: &str = "relay_connections_refused_total";

/// The whole answer to these bytes.
async fn answer(address: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset may follow the answer, when more was sent than is read.
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off_in_time() {
    let world = World::start(Setup::default()).await;
    let talking = Talking::start(&world, 3, Duration::from_secs(12)).await;
    let mut slow = JoinSet::new();
    for _ in 0..50 {
        let address = world.address;
        slow.spawn(async move {
            let began = Instant::now();
            let mut socket = TcpStream::connect(address).await.unwrap();
            let head = b"GET /knowlarity-stream/x HTTP/1.1\r\nhost: x\r\nx-pad: ".iter();
            for byte in head.chain([b'a'].iter().cycle()) {
                if socket.write_all(&[*byte]).await.is_err() {
                    break;
                }
                sleep(Duration::from_millis(200)).await;
            }
            began.elapsed()
        });
    }
    while let Some(lasted) = slow.join_next().await {
        let lasted = lasted.unwrap();
        assert!(lasted < HEAD_TIMEOUT + Duration::from_secs(5), "{lasted:?}");
    }
    assert_eq!(refused(&world, CONNECTIONS, "slow").await, 50.0);
    talking.have_lost_nothing(&world).await;
}

/// All of the carrier's own address; so many stay as it may have.
#[tokio::test]
async fn two_thousand_idle_sockets_keep_no_call_out() {
    let world = World::start(Setup::default()).await;
    let talking = Talking::start(&world, 5, Duration::from_secs(4)).await;
    let mut idle = Vec::new();
    let sockets = 2_000;
    for n in 0..sockets {
        idle.push(TcpStream::connect(world.address).await.unwrap());
        if n % 400 == 0 {
            let id = world.dialing().await;
            let stream = world.connect(id).await;
            world.until(id, CallState::Active).await;
            stream.close().await;
        }
    }
    let waiting = value(&metrics(&world).await, "relay_connections_waiting");
    assert_eq!(waiting, ARRIVALS_PER_ADDRESS_MAX as f64);
    let pushed_out = (sockets - ARRIVALS_PER_ADDRESS_MAX) as f64;
    assert_eq!(refused(&world, CONNECTIONS, "pushed_out").await, pushed_out);
    talking.have_lost_nothing(&world).await;
    // Who stays idle is let go in the end.
    let none_waits = async {
        while value(&metrics(&world).await, "relay_connections_waiting") > 0.0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let longest = HEAD_TIMEOUT + Duration::from_secs(5);
    timeout(longest, none_waits).await.unwrap();
}

#[tokio::test]
async fn heads_that_are_none_or_too_large_have_their_status() {
    let world = World::start(Setup::default()).await;
    let get = "GET /knowlarity-stream HTTP/1.1\r\nhost: x\r\n";
    let many: String = (0..100).map(|n| format!("x-{n}: a\r\n")).collect();
    for (head, status) in [
        ("\u{0}\u{1}\u{2}\r\n\r\n".to_owned(), "400"),
        (format!("{get}x-pad: {}\r\n\r\n", "a".repeat(40_000)), "431"),
        (format!("{get}{many}\r\n"), "431"),
    ] {
        let answer = answer(world.address, head.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
    assert_eq!(refused(&world, CONNECTIONS, "malformed").await, 1.0);
    assert_eq!(refused(&world, CONNECTIONS, "too_large").await, 2.0);
    // One request for each connection: what follows it is not read.
    let twice = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2);
    let answer = answer(world.address, twice.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
}
