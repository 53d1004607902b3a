//! Upgrades, health checks and the end of the process.

use super::{
    stream,
    world::{Setup, World},
};
use call::CallState;
use simulators::speech::silence;

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
