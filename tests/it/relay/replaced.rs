//! Relays on ECS: protected while they carry calls, and out of service once later ones are there.

use super::world::{Setup, WITHIN, World};
use ::relay::ecs::EcsEndpoints;
use call::{CallState, time::Timestamp};
use simulators::ecs::{ContainerAgent, Trouble};
use std::time::Duration;
use store::RelayPresence;
use tokio::time::{sleep, timeout};

const LOOK: Duration = Duration::from_millis(50);

/// A relay of revision 5 in its task.
async fn task(setup: Setup) -> (ContainerAgent, World) {
    let agent = ContainerAgent::start("a", "5").await.unwrap();
    let ecs = Some(EcsEndpoints {
        agent: agent.agent_uri(),
        metadata: agent.metadata_uri(),
    });
    let world = World::start(Setup { ecs, ..setup }).await;
    (agent, world)
}

/// What a relay of a later revision says of itself.
async fn later_relay(world: &World, is_reachable: bool) -> RelayPresence {
    let (started_at, seen_at) = (later(world), world.calls.now());
    let presence = RelayPresence {
        task: "b".to_owned(),
        version: "6".to_owned(),
        started_at,
        seen_at,
        is_reachable,
        calls: 0,
        room: 200,
    };
    world.calls.store.keep_presence(&presence).await.unwrap();
    presence
}

fn later(world: &World) -> Timestamp {
    world.calls.now() + Duration::from_secs(1)
}

async fn until_in_service(world: &World, is_so: bool) {
    let status = if is_so { 200 } else { 503 };
    let so = async {
        while world.status("/in-service").await != status {
            sleep(LOOK).await;
        }
    };
    timeout(WITHIN, so).await.unwrap();
}

#[tokio::test]
async fn a_task_is_protected_from_its_first_call_to_its_last() {
    let (agent, mut world) = task(Setup::default()).await;
    agent.fail([Trouble::Error(400, "ThrottlingException")]);
    let (first, stream) = world.talking().await;
    stream.stays_live();
    assert!(agent.wait_until_protected(true, WITHIN).await);
    let longest = world.calls.policy.max_call_duration;
    assert!(agent.protected_for() > longest, "a long call outlasts it");
    let (second, other) = world.talking().await;
    other.stays_live();
    stream.close().await;
    world.until(first, CallState::Completed).await;
    sleep(Duration::from_secs(1)).await;
    assert!(agent.is_protected(), "one call is left");
    world.shut_down();
    sleep(Duration::from_secs(1)).await;
    assert!(agent.is_protected(), "it drains");
    other.close().await;
    world.until(second, CallState::Completed).await;
    assert_eq!(world.stopped().await, 0);
}

#[tokio::test]
async fn a_relay_that_is_replaced_lets_its_calls_end_and_its_task_go() {
    let (agent, world) = task(Setup::default()).await;
    assert_eq!(world.status("/in-service").await, 200);
    let (id, stream) = world.talking().await;
    stream.stays_live();
    let waiting = world.dialing().await;
    assert!(agent.wait_until_protected(true, WITHIN).await);

    later_relay(&world, false).await;
    sleep(Duration::from_secs(6)).await;
    assert_eq!(world.status("/in-service").await, 200, "it is not reached");
    later_relay(&world, true).await;
    until_in_service(&world, false).await;
    assert_eq!(world.status("/healthz").await, 200);
    assert_eq!(world.open(&world.target(waiting)).await.err(), Some(503));
    assert!(agent.is_protected(), "a call is carried");
    world.until(id, CallState::Active).await;

    agent.fail([Trouble::Failure("DEPLOYMENT_BLOCKED")]);
    stream.close().await;
    world.until(id, CallState::Completed).await;
    assert!(agent.wait_until_protected(false, WITHIN).await);
}

#[tokio::test]
async fn a_relay_whose_successor_is_gone_comes_back_into_service() {
    let (_agent, world) = task(Setup::default()).await;
    let successor = later_relay(&world, true).await;
    until_in_service(&world, false).await;
    let store = &world.calls.store;
    store.forget_presence(&successor.task).await.unwrap();
    until_in_service(&world, true).await;
    let (id, _stream) = world.talking().await;
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn a_relay_that_is_replaced_takes_streams_until_the_balancer_has_noticed() {
    let (_agent, world) = task(Setup {
        drain_notice: WITHIN,
        ..Setup::default()
    })
    .await;
    later_relay(&world, true).await;
    until_in_service(&world, false).await;
    let (id, _stream) = world.talking().await;
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn a_relay_says_that_it_is_there_and_that_it_leaves() {
    let (_agent, mut world) = task(Setup::default()).await;
    let present = async |world: &World| {
        let now = world.calls.now();
        world.calls.store.relays_present(now).await.unwrap()
    };
    let reached = async {
        loop {
            assert_eq!(world.status("/in-service").await, 200);
            match present(&world).await.as_slice() {
                [own] if own.is_reachable => return own.clone(),
                _ => sleep(LOOK).await,
            }
        }
    };
    let own = timeout(WITHIN, reached).await.unwrap();
    assert_eq!((own.version.as_str(), own.calls, own.room), ("5", 0, 100));
    let much_later = own.seen_at + store::RELAY_PRESENT;
    let store = world.calls.store.clone();
    assert_eq!(store.relays_present(much_later).await.unwrap(), []);
    // The relay may be between two beats.
    let (_id, stream) = world.talking().await;
    world.shut_down();
    until_in_service(&world, false).await;
    let gone = async {
        while !present(&world).await.is_empty() {
            sleep(LOOK).await;
        }
    };
    timeout(WITHIN, gone).await.unwrap();
    stream.close().await;
    assert_eq!(world.stopped().await, 0);
}
