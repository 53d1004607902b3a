//! Frames that no carrier sends, from whoever has been let in so far.

use super::*;
use ::relay::defaults::CARRIER_FRAME_MAX_BYTES;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Upgrades a connection to this target and writes these bytes; how many bytes came back until its end.
async fn after_upgrade(world: &World, target: &str, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    let read = socket.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 101 "));
    let _ = socket.write_all(bytes).await;
    let mut left = Vec::new();
    let gone = timeout(Duration::from_secs(10), socket.read_to_end(&mut left));
    let _ = gone.await.expect("the connection stays");
    left
}

/// A masked frame that says it is so long, with what there is of it.
fn frame(first: u8, len: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | 127];
    frame.extend(len.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn malformed_and_giant_frames_end_their_own_stream_alone() {
    let world = World::start(Setup::default()).await;
    let talking = Talking::start(&world, 5, Duration::from_secs(4)).await;
    let giant = vec![0; CARRIER_FRAME_MAX_BYTES + 1];
    let len = giant.len() as u64;
    let deep = format!("{{\"a\":{}", "[".repeat(60_000));
    for (what, bytes) in [
        ("an unknown opcode", frame(0x83, 0, &[])),
        ("reserved bits", frame(0xF2, 0, &[])),
        ("no mask", vec![0x82, 2, 0, 0]),
        ("a text that is no UTF-8", frame(0x81, 2, &[0xFF, 0xFE])),
        ("a frame of 2^62 bytes", frame(0x82, 1 << 62, &[])),
        ("a giant frame", frame(0x82, len, &giant)),
        ("a ping of 200 bytes", frame(0x89, 200, &[0; 200])),
        ("a continuation of nothing", frame(0x80, 1, b"a")),
        (
            "a deep text, then nothing",
            frame(0x81, deep.len() as u64, deep.as_bytes()),
        ),
    ] {
        println!("{what}"); // Shown if it fails.
        let left = after_upgrade(&world, "/knowlarity-stream", &bytes).await;
        assert!(left.len() < 200, "{what}: {} bytes came back", left.len());
    }
    // The same of a call's own stream: it is lost, and the others talk on.
    let id = world.dialing().await;
    after_upgrade(&world, &world.target(id), &frame(0x82, len, &giant)).await;
    world.until(id, call::CallState::Disconnected).await;
    talking.have_lost_nothing(&world).await;
}
