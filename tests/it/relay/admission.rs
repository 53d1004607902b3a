//! Which stream may have which call.

mod metadata;
mod unidentified;

use super::{
    stream,
    world::{Setup, World},
};
use ::relay::config::StreamAuth;
use call::{CallEvent, CallState, CarrierStatus, EndCause, Policy};
use simulators::speech::{self, noise};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_good_token_connects_the_call_then_the_agent_makes_it_active() {
    let world = World::start(Setup::default()).await;
    let (id, _stream) = world.talking().await;
    let events = world.calls.store.record(id).await.unwrap().unwrap().events;
    let path: Vec<_> = events.iter().map(|event| event.to).collect();
    let end = &path[path.len() - 2..];
    assert_eq!(end, [CallState::Connected, CallState::Active]);
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let world = World::start(Setup::default()).await;
    let (id, other) = (world.dialing().await, world.dialing().await);
    for token in ["x", &world.token(other)] {
        let target = format!("/knowlarity-stream/{id}?t={token}");
        assert_eq!(world.open(&target).await.err(), Some(401));
    }
    world.until(id, CallState::Dialing).await;
}

#[tokio::test]
async fn who_is_refused_a_stream_hears_why() {
    let refusal = async |world: &World, target: &str| {
        let url = format!("http://{}{target}", world.address);
        let request = reqwest::Client::new().get(url);
        let request = request
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    };
    let world = World::start(Setup::default()).await;
    let target = format!("/knowlarity-stream/{}?t=x", world.dialing().await);
    let (status, words) = refusal(&world, &target).await;
    let expected = "the stream token is malformed, or not of this call and attempt\n";
    assert_eq!((status, words.as_str()), (401, expected));

    let target = world.target(store::clock::draw_call_id());
    let (status, words) = refusal(&world, &target).await;
    assert_eq!((status, words.as_str()), (404, "there is no such call\n"));

    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let world = World::start(Setup {
        auth: StreamAuth::SourceIp(vec![elsewhere]),
        ..Setup::default()
    })
    .await;
    let target = format!("/knowlarity-stream/{}", world.dialing().await);
    let (status, words) = refusal(&world, &target).await;
    let expected = "streams are not taken from this address\n";
    assert_eq!((status, words.as_str()), (401, expected));
}

#[tokio::test]
async fn a_token_of_a_call_that_does_not_exist_is_refused() {
    let world = World::start(Setup::default()).await;
    let target = world.target(store::clock::draw_call_id());
    assert_eq!(world.open(&target).await.err(), Some(404));
}

#[tokio::test]
async fn a_second_stream_is_refused_and_the_first_goes_on() {
    let world = World::start(Setup::default()).await;
    let (id, stream) = world.talking().await;
    assert_eq!(world.open(&world.target(id)).await.err(), Some(409));

    let said = noise(SECOND, 500, 1);
    stream.frames(&said).await;
    world
        .agent_until(1, |agent| speech::find(&agent.callee_pcm, &said).is_some())
        .await;
    world.until(id, CallState::Active).await;
    assert_eq!(world.agents.conversations().len(), 1);
}

#[tokio::test]
async fn a_stream_of_an_attempt_that_is_over_is_told_to_disconnect() {
    let world = World::start(Setup::default()).await;
    let id = world.dialing().await;
    world.apply(id, CallEvent::Cancelled).await;

    let received = world.connect(id).await.until_gone().await;

    assert_eq!(received.texts, [r#"{"type":"disconnect"}"#]);
    assert_eq!((received.code, received.pcm.len()), (Some(1000), 0));
    assert!(world.agents.rest_requests().is_empty());
}

/// A line that was held somewhere on the way comes up while the patient's phone rings anew.
#[tokio::test]
async fn the_token_of_an_attempt_does_not_admit_to_the_next_one() {
    let policy = Policy {
        retry_busy: Duration::ZERO,
        ..Policy::default()
    };
    let world = World::start(Setup {
        policy,
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    let status = CarrierStatus::Busy;
    for event in [
        CallEvent::Carrier { attempt: 1, status },
        CallEvent::DialDue,
        CallEvent::DialDispatched { attempt: 2 },
        CallEvent::DialAccepted {
            attempt: 2,
            carrier_call_id: None,
        },
    ] {
        world.apply(id, event).await;
    }
    let received = world.connect(id).await.until_gone().await;
    assert_eq!(received.texts, [r#"{"type":"disconnect"}"#]);
    let session = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(session.state, CallState::Dialing);
    assert_eq!(session.attempt.unwrap().streams, 0);
    assert!(world.agents.rest_requests().is_empty());

    let own = format!("/knowlarity-stream/{id}?t={}", world.token_of(id, 2));
    let _stream = world.open(&own).await.unwrap();
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn another_source_address_is_refused() {
    for (octet, expected) in [(1, None), (2, Some(401))] {
        let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, octet));
        let world = World::start(Setup {
            auth: StreamAuth::SourceIp(vec![source]),
            ..Setup::default()
        })
        .await;
        let id = world.dialing().await;
        let opened = world.open(&format!("/knowlarity-stream/{id}")).await;
        assert_eq!(opened.as_ref().err().copied(), expected);
    }
}

#[tokio::test]
async fn a_token_serves_no_second_conversation_after_a_hang_up() {
    let world = World::start(Setup::default()).await;
    let (id, mut stream) = world.talking().await;
    stream.close().await;
    stream.until_gone().await;
    let session = world.until(id, CallState::Completed).await;
    assert_eq!(session.cause, Some(EndCause::CalleeHungUp));

    let received = world.connect(id).await.until_gone().await;
    assert_eq!(received.texts, [r#"{"type":"disconnect"}"#]);
    assert_eq!(world.agents.conversations().len(), 1);
}

#[tokio::test]
async fn who_picks_up_after_the_deadline_is_talked_to() {
    let policy = Policy {
        ring_timeout: Duration::from_millis(300),
        answer_margin: Duration::from_millis(100),
        ..Policy::default()
    };
    let world = World::start(Setup {
        policy,
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    world.apply(id, CallEvent::DeadlinePassed).await;
    world.until(id, CallState::Initiating).await;
    assert_eq!(world.calls.store.channels_in_use().await.unwrap(), 0);
    let stream = world.connect(id).await;
    world.until(id, CallState::Active).await;
    assert_eq!(world.calls.store.channels_in_use().await.unwrap(), 1);
    stream.close().await;
    let ended = world.until(id, CallState::Completed).await;
    assert_eq!(ended.attempt.unwrap().number, 1);
    assert_eq!(world.calls.store.channels_in_use().await.unwrap(), 0);
}
