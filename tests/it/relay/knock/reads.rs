//! What is answered without the table, or with a handful of reads.

use super::*;
use store::clock::draw_call_id;

const STREAMS: &str = "relay_streams_refused_total";

/// The token of a call that the path does not name.
async fn foreign(world: &World) -> String {
    world.token(world.dialing().await)
}

#[tokio::test]
async fn what_is_too_long_or_malformed_is_answered_without_a_read() {
    let world = World::start(Setup::default()).await;
    let id = world.dialing().await;
    let long = "a".repeat(200);
    let asked = world.gate.asked();
    for (target, status) in [
        (format!("/knowlarity-stream/{}", "a/".repeat(2_000)), 414),
        (format!("/knowlarity-stream/a/b/c/d/{id}?t=x"), 414),
        (format!("/knowlarity-stream/{long}?t=x"), 414),
        (
            format!("/knowlarity-stream/{id}?t={}", "a".repeat(4_096)),
            414,
        ),
        (
            format!("/knowlarity-stream/{id}?t={}", "a".repeat(2_000)),
            401,
        ),
        (format!("/knowlarity-stream/{id}?t=x"), 401),
        (format!("/knowlarity-stream/{id}_0/{id}/{id}?t=x"), 401),
        (format!("/elsewhere/{id}?t=x"), 404),
    ] {
        assert_eq!(world.open(&target).await.err(), Some(status), "{target}");
    }
    // Whoever shows no token is let in to say more, and is read for no sooner.
    let _silent = world
        .open(&format!("/knowlarity-stream/{id}"))
        .await
        .unwrap();
    assert_eq!(world.gate.asked(), asked);
    assert_eq!(refused(&world, STREAMS, "too_long").await, 4.0);
    assert_eq!(refused(&world, STREAMS, "bad_token").await, 3.0);
}

#[tokio::test]
async fn the_longest_path_costs_a_handful_of_reads() {
    let world = World::start(Setup::default()).await;
    let token = foreign(&world).await;
    let segments: Vec<_> = (0..4).map(|_| format!("{}_0", draw_call_id())).collect();
    let asked = world.gate.asked();
    let target = format!("/knowlarity-stream/{}?t={token}", segments.join("/"));
    assert_eq!(world.open(&target).await.err(), Some(404));
    let reads = world.gate.asked() - asked;
    assert!((1..=8).contains(&reads), "{reads} reads");
}

/// They may come from the carrier's own address, as all do behind a proxy.
#[tokio::test]
async fn a_flood_of_bad_tokens_ends_in_no_reads_and_keeps_no_good_one_out() {
    let world = World::start(Setup::default()).await;
    let talking = Talking::start(&world, 5, Duration::from_secs(3)).await;
    let (token, waiting) = (foreign(&world).await, world.dialing().await);
    let mut statuses = Vec::new();
    for _ in 0..500 {
        let target = format!("/knowlarity-stream/{}?t={token}", draw_call_id());
        statuses.push(world.open(&target).await.err().unwrap());
    }
    let looked_up = statuses.iter().filter(|status| **status == 404).count();
    // Some come back while it lasts.
    assert!((60..=120).contains(&looked_up), "{looked_up} looked up");
    assert!(
        statuses[looked_up..]
            .iter()
            .all(|status| *status == 429 || *status == 404)
    );
    assert_eq!(
        refused(&world, STREAMS, "too_many_tries").await,
        (500 - looked_up) as f64
    );

    // The same address, with a token that proves itself, in the address and in the metadata.
    let _stream = world.connect(waiting).await;
    let other = world.dialing().await;
    let late = world.open("/knowlarity-stream").await.unwrap();
    let said = serde_json::json!({"client_meta_id": other, "t": world.token(other)});
    late.text(said.to_string()).await;
    for id in [waiting, other] {
        world.until(id, call::CallState::Active).await;
    }
    // Another address is heard as before.
    let elsewhere: IpAddr = "127.0.0.2".parse().unwrap();
    let target = format!("/knowlarity-stream/{}?t={token}", draw_call_id());
    let status = open_from(elsewhere, world.address, &target).await.err();
    assert_eq!(status, Some(404));
    talking.have_lost_nothing(&world).await;
}

/// A stream in whose metadata ever new ids come, each of which might be a call's.
#[tokio::test]
async fn a_stream_that_names_call_after_call_is_read_for_a_few_times() {
    let world = World::start(Setup::default()).await;
    let token = foreign(&world).await;
    let stream = world.open("/knowlarity-stream").await.unwrap();
    let asked = world.gate.asked();
    for _ in 0..200 {
        let said = serde_json::json!({"client_meta_id": draw_call_id(), "t": token});
        stream.text(said.to_string()).await;
    }
    let mut stream = stream;
    assert_eq!(stream.until_gone().await.code, Some(1008));
    let reads = world.gate.asked() - asked;
    assert!(reads <= 20, "{reads} reads");
}
