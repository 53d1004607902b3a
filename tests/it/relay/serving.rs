//! Upgrades, health checks and the end of the process.

use super::{
    stream,
    world::{Setup, World},
};
use call::CallState;
use serde_json::json;
use simulators::speech::silence;
use std::time::Duration;
use tokio::{
    net::TcpStream,
    runtime::Builder,
    time::{sleep, timeout},
};

#[tokio::test]
async fn the_first_offered_sub_protocol_is_echoed() {
    let world = World::start(Setup::default()).await;
    let target = world.target(world.dialing().await);
    let offered = Some("audio.drachtio.org, other");
    let stream = stream::open(world.address, &target, offered).await.unwrap();
    assert_eq!(stream.protocol.as_deref(), Some("audio.drachtio.org"));
}

#[tokio::test]
async fn a_stream_without_a_sub_protocol_is_fine() {
    let world = World::start(Setup::default()).await;
    let target = world.target(world.dialing().await);
    let stream = stream::open(world.address, &target, None).await.unwrap();
    assert_eq!(stream.protocol, None);
}

#[tokio::test]
async fn what_is_no_proper_upgrade_is_refused() {
    let world = World::start(Setup::default()).await;
    let url = format!("http://{}/knowlarity-stream", world.address);
    let proper = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ];
    let client = reqwest::Client::new();
    let status = async |headers: &[(&str, &str)]| {
        let get = client.get(&url);
        let get = headers
            .iter()
            .fold(get, |get, (name, value)| get.header(*name, *value));
        get.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&proper).await, 101);
    for (at, wrong) in ["close", "h2c", "8", "short"].into_iter().enumerate() {
        let mut headers = proper;
        headers[at].1 = wrong;
        assert_eq!(status(&headers).await, 426, "{:?}", headers[at]);
        let missing = [&proper[..at], &proper[at + 1..]].concat();
        assert_eq!(status(&missing).await, 426, "no {}", proper[at].0);
    }
}

#[tokio::test]
async fn health_checks_and_wrong_requests_have_their_status() {
    let world = World::start(Setup::default()).await;
    assert_eq!(world.status("/healthz").await, 200);
    assert_eq!(world.status("/readyz").await, 200);
    assert_eq!(world.status("/knowlarity-stream").await, 426);
    assert_eq!(world.status("/other").await, 404);
    assert_eq!(world.open("/other").await.err(), Some(404));
    let health = format!("http://{}/healthz", world.address);
    let posted = reqwest::Client::new().post(health).send().await.unwrap();
    assert_eq!(
        (posted.status().as_u16(), &posted.headers()["allow"]),
        (405, &"GET".parse().unwrap())
    );
}

#[tokio::test]
async fn a_draining_relay_refuses_streams_and_lets_the_call_end() {
    let mut world = World::start(Setup::default()).await;
    let waiting = world.dialing().await;
    let (id, mut stream) = world.talking().await;

    world.shut_down();
    let refused = async {
        while world.status("/readyz").await == 200 {
            tokio::task::yield_now().await;
        }
        world.open(&world.target(waiting)).await.err()
    };
    let refused = tokio::time::timeout(super::world::WITHIN, refused).await;
    assert_eq!(refused.unwrap(), Some(503));
    assert_eq!(world.status("/healthz").await, 200);

    let before = world.agents.conversation(1).unwrap().callee_samples;
    stream
        .frames(&silence(std::time::Duration::from_millis(200)))
        .await;
    world
        .agent_until(1, |agent| agent.callee_samples > before)
        .await;
    stream.close().await;
    stream.until_gone().await;
    world.until(id, CallState::Completed).await;
    assert_eq!(world.stopped().await, 0);
}

#[tokio::test]
async fn a_full_relay_takes_no_stream_that_says_late_whose_it_is() {
    let world = World::start(Setup {
        calls_max: 1,
        ..Setup::default()
    })
    .await;
    let late = world.dialing().await;
    let mut stream = world.open("/knowlarity-stream").await.unwrap();
    let (_, first) = world.talking().await;
    assert_eq!(world.status("/readyz").await, 503);
    let metadata = json!({"client_meta_id": late, "attempt": 1, "t": world.token(late)});
    stream.text(metadata.to_string()).await;
    let received = stream.until_gone().await;
    assert_eq!((received.code, received.pcm.len()), (Some(1013), 0));
    world.until(late, CallState::Dialing).await; // Another relay may have it.

    first.close().await;
    let has_room = async {
        while world.status("/readyz").await != 200 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(super::world::WITHIN, has_room).await.unwrap();
    let _stream = world.connect(late).await;
    world.until(late, CallState::Active).await;
}

#[tokio::test]
async fn a_lost_stream_comes_back_to_a_relay_that_is_full_or_drains() {
    let mut world = World::start(Setup {
        calls_max: 1,
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    let other = world.dialing().await;
    for drains in [false, true] {
        if drains {
            world.shut_down();
        }
        stream.reset().await;
        world.until(id, CallState::Disconnected).await;
        assert_eq!(world.open(&world.target(other)).await.err(), Some(503));
        let again = world.open(&world.target(id)).await;
        stream = again.unwrap_or_else(|status| panic!("{status}, drains: {drains}"));
        world.until(id, CallState::Active).await;
    }
    stream.close().await;
    assert_eq!(world.stopped().await, 0);
    world.until(id, CallState::Completed).await;
    assert_eq!(world.agents.conversations().len(), 1);
}

/// What hangs on: a connection that asks for nothing, a stream that does not say whose it is, a call.
#[tokio::test]
async fn nothing_of_a_relay_runs_on_after_its_end() {
    for has_call in [false, true] {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut world = World::start_on(
            runtime.handle(),
            Setup {
                drain_timeout: Duration::from_secs(1),
                ..Setup::default()
            },
        )
        .await;
        let _idle = TcpStream::connect(world.address).await.unwrap();
        let call = if has_call {
            let (_, stream) = world.talking().await;
            stream.stays_live();
            Some(stream)
        } else {
            None
        };
        let _unidentified = world.open("/knowlarity-stream").await.unwrap();
        world.shut_down();
        let cut = world.stopped().await;
        assert_eq!(cut, usize::from(has_call));
        drop(call);
        // The connections of its clients end with it.
        sleep(Duration::from_millis(500)).await;
        let left = runtime.metrics().num_alive_tasks();
        assert_eq!(left, 0, "of a relay with a call: {has_call}");
        runtime.shutdown_background();
    }
}
