//! Which stream may have which call.

use super::{
    stream,
    world::{Setup, World},
};
use crate::support::carrier_id;
use ::relay::{config::StreamAuth, defaults::CARRIER_FRAME_MAX_BYTES};
use call::{CallEvent, CallState, CarrierStatus, EndCause, Policy, ids::CallId};
use serde_json::json;
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

/// Our metadata, as the carrier's accounts pass it on.
fn forms(world: &World, id: CallId) -> [(&'static str, String); 4] {
    let (carrier, ours) = (
        carrier_id(id),
        json!({"client_meta_id": id, "attempt": 1, "t": world.token(id)}),
    );
    let plain = ours.to_string();
    let encoded = percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC);
    let carrier = carrier.as_str();
    let python = format!("{{'callid': '{carrier}', 'retry': False, 'metadata': '{encoded}'}}");
    let twice = json!(plain).to_string();
    let inner = json!({"callid": carrier, "metadata": ours}).to_string();
    [
        ("ours", plain),
        ("python", python),
        ("twice", twice),
        ("inner", inner),
    ]
}

async fn check_metadata(on_carrier_path: bool) {
    let world = World::start(Setup::default()).await;
    for form in 0..4 {
        let id = world.dialing().await;
        let target = if on_carrier_path {
            format!("/knowlarity-stream/{}_0", carrier_id(id).as_str())
        } else {
            "/knowlarity-stream".to_owned()
        };
        let (name, metadata) = &forms(&world, id)[form];
        println!("{name}"); // Shown if it fails.
        let mut stream = world.open(&target).await.unwrap();
        let said = noise(SECOND / 5, 500, 3);
        stream.frames(&said).await;
        stream.text(metadata).await;
        world.until(id, CallState::Active).await;
        stream.until(|received| !received.pcm.is_empty()).await;
        // What was said before the stream was known is not lost.
        world
            .agent_until(form + 1, |agent| {
                speech::find(&agent.callee_pcm, &said).is_some()
            })
            .await;
    }
}

#[tokio::test]
async fn a_token_in_any_form_of_metadata_admits_on_the_fixed_path() {
    check_metadata(false).await;
}

#[tokio::test]
async fn a_token_in_any_form_of_metadata_admits_on_the_carriers_path() {
    check_metadata(true).await;
}

#[tokio::test]
async fn a_wrong_token_in_the_metadata_is_closed_with_1008() {
    let world = World::start(Setup::default()).await;
    let id = world.dialing().await;
    let mut stream = world.open("/knowlarity-stream").await.unwrap();
    stream
        .text(json!({"client_meta_id": id, "attempt": 1, "t": "x"}).to_string())
        .await;
    let received = stream.until_gone().await;
    assert_eq!((received.code, received.pcm.len()), (Some(1008), 0));
    world.until(id, CallState::Dialing).await;
}

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
    assert!(world.agents.rest_requests().is_empty());
}

#[tokio::test]
async fn metadata_without_a_token_admits_only_where_that_is_set() {
    let world = World::start(Setup {
        auth: StreamAuth::Metadata,
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    let stream = world.open("/knowlarity-stream").await.unwrap();
    let callid = carrier_id(id);
    stream
        .text(json!({"callid": callid.as_str()}).to_string())
        .await;
    let session = world.until(id, CallState::Active).await;
    assert_eq!(session.attempt.unwrap().carrier_call_id, Some(callid));
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
async fn a_stranger_that_sends_too_much_is_closed_at_once() {
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
async fn strangers_of_one_address_keep_nobody_else_out() {
    let world = World::start(Setup::default()).await;
    let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    let mut strangers = Vec::new();
    let refused = loop {
        match world.open("/knowlarity-stream").await {
            Ok(stream) => strangers.push(stream),
            Err(status) => break status,
        }
    };
    assert_eq!((refused, strangers.len()), (503, 32));
    let from_elsewhere = stream::open_from(other, world.address, "/knowlarity-stream").await;
    assert!(from_elsewhere.is_ok());
    // Who says at the door which call it is about needs no such place.
    let id = world.dialing().await;
    assert!(world.open(&world.target(id)).await.is_ok());
    // A place is free again when its stream has been told off.
    strangers[0].until_gone().await;
    assert!(world.open("/knowlarity-stream").await.is_ok());
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
