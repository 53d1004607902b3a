//! Connections that do not say which call is theirs.

use super::*;
use ::relay::defaults::CARRIER_FRAME_MAX_BYTES;

#[tokio::test]
async fn a_stream_that_does_not_say_its_call_is_closed_and_hears_nothing() {
    let world = World::start(Setup::default()).await;
    let id = world.dialing().await;
    let mut stream = world.open("/knowlarity-stream").await.unwrap();
    stream.frames(&noise(SECOND, 500, 1)).await;
    stream.text(r#"{"type":"call_start"}"#).await;

    let received = stream.until_gone().await;

    assert_eq!(received.code, Some(1008));
    assert!(received.pcm.is_empty() && received.texts.is_empty());
    world.until(id, CallState::Dialing).await;
    assert!(world.agents.conversations().is_empty());
}

#[tokio::test]
async fn an_unidentified_connection_that_sends_too_much_is_closed_at_once() {
    let world = World::start(Setup::default()).await;
    let mut stream = world.open("/knowlarity-stream").await.unwrap();
    for _ in 0..3 {
        stream.binary(vec![0; CARRIER_FRAME_MAX_BYTES]).await;
    }
    let gone = tokio::time::timeout(3 * SECOND, stream.until_gone()).await;
    assert_eq!(gone.unwrap().code, Some(1008));
}

/// As many sockets as one address may have without a call, and one more.
#[tokio::test]
async fn unidentified_connections_of_one_address_keep_nobody_else_out() {
    let world = World::start(Setup::default()).await;
    let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let mut unidentified = Vec::new();
    let refused = loop {
        match world.open("/knowlarity-stream").await {
            Ok(stream) => unidentified.push(stream),
            Err(status) => break status,
        }
    };
    assert_eq!((refused, unidentified.len()), (503, 32));
    let from_elsewhere = stream::open_from(other, world.address, "/knowlarity-stream").await;
    assert!(from_elsewhere.is_ok());
    // Who says at the door which call it is about needs no such place.
    let id = world.dialing().await;
    assert!(world.open(&world.target(id)).await.is_ok());
    // A place is free again when its stream has been told off.
    unidentified[0].until_gone().await;
    assert!(world.open("/knowlarity-stream").await.is_ok());
}
