//! Streams that say only in their metadata which call is theirs.

use super::*;
use crate::support::carrier_id;
use call::ids::{CallId, CarrierCallId};
use serde_json::json;

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
async fn a_number_alone_admits_only_where_that_is_set() {
    for (auth, state) in [
        (StreamAuth::Metadata, CallState::Dialing),
        (StreamAuth::Open, CallState::Active),
    ] {
        let world = World::start(Setup {
            auth,
            ..Setup::default()
        })
        .await;
        let id = world.dialing().await;
        let number = world.calls.store.load(id).await.unwrap().unwrap().phone;
        let mut stream = world.open("/knowlarity-stream").await.unwrap();
        stream
            .text(json!({"customer_number": number.last_ten()}).to_string())
            .await;
        if state == CallState::Dialing {
            assert_eq!(stream.until_gone().await.pcm.len(), 0);
        }
        world.until(id, state).await;
    }
}

/// Accounts that put an id of their own into the address say in the metadata which call it is.
#[tokio::test]
async fn a_stream_that_shows_no_token_yet_is_heard_out_whatever_it_names() {
    let world = World::start(Setup::default()).await;
    let id = world.dialing().await;
    let other = store::clock::draw_call_id();
    let path = format!("/knowlarity-stream/{other}");
    let stream = world.open(&path).await.unwrap();
    let said = json!({"client_meta_id": id, "attempt": 1, "t": world.token(id)});
    stream.text(said.to_string()).await;
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn the_carriers_id_is_learnt_from_the_stream_unless_it_is_our_own() {
    let world = World::start(Setup::default()).await;
    for is_own in [false, true] {
        let id = world.dialing_as(|_| None).await;
        let named = if is_own {
            id.to_string()
        } else {
            "kn-1".to_owned()
        };
        let ours = json!({"client_meta_id": id, "attempt": 1, "t": world.token(id)});
        let stream = world.open("/knowlarity-stream").await.unwrap();
        stream
            .text(json!({"callid": named, "metadata": ours}).to_string())
            .await;
        let session = world.until(id, CallState::Active).await;
        let learnt = session.attempt.unwrap().carrier_call_id;
        assert_eq!(learnt, (!is_own).then(|| CarrierCallId::new("kn-1")));
    }
}
