//! Who may listen, and to which bytes.

use super::{NUMBER, ask, consenting, id_of, ready};
use crate::{
    calls::{World, settings, short_call},
    support::patient,
};
use ::recordings::{HEADER_BYTES, SEGMENT_BYTES, Segment, Stream};
use access::hash_key;
use bytes::Bytes;
use call::time::Timestamp;
use local::system::LOCAL_KEY;
use serde_json::{Value, json};

/// Most bytes of one answer.
const MOST: usize = 4 * 1024 * 1024;

fn code(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_given_as_a_player_asks_for_them() {
    let world = World::start(short_call()).await;
    let id = world.place(&consenting()).await;
    assert_eq!(
        code(&ask(&world, "GET", &id, LOCAL_KEY, None).await.2),
        "recording_pending"
    );
    world.ended(&id).await;
    ready(&world, &id).await;
    let (status, headers, whole) = ask(&world, "GET", &id, LOCAL_KEY, None).await;
    assert_eq!(status, 200);
    for (name, value) in [
        ("content-type", "audio/wav"),
        ("accept-ranges", "bytes"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(headers[name], value);
    }
    let len = whole.len();
    for (range, first, end) in [
        ("bytes=0-99".to_owned(), 0, 100),
        ("bytes=50-".to_owned(), 50, len),
        (format!("bytes={}-", len - 7), len - 7, len),
        ("bytes=-16".to_owned(), len - 16, len),
        (format!("bytes=90-{}", len + 1_000), 90, len),
    ] {
        let (status, headers, part) = ask(&world, "GET", &id, LOCAL_KEY, Some(&range)).await;
        assert_eq!(status, 206, "{range}");
        let said = format!("bytes {first}-{}/{len}", end - 1);
        assert_eq!(headers["content-range"], said.as_str());
        assert!(part == whole[first..end], "{range}");
    }
    // A player that has a part of an older file gets all of the new one.
    for (known, expected) in [(headers["etag"].to_str().unwrap(), 206), ("\"58\"", 200)] {
        let url = format!("{}/api/outbound-call/{id}/recording", world.system.api_url);
        let asked = reqwest::Client::new()
            .get(url)
            .header("x-api-key", LOCAL_KEY);
        let asked = asked
            .header("range", "bytes=0-99")
            .header("if-range", known);
        assert_eq!(
            asked.send().await.unwrap().status().as_u16(),
            expected,
            "{known}"
        );
    }
    let beyond = format!("bytes={len}-");
    let (status, headers, refused) = ask(&world, "GET", &id, LOCAL_KEY, Some(&beyond)).await;
    assert_eq!((status, code(&refused).as_str()), (416, "no_such_range"));
    assert_eq!(headers["content-range"], format!("bytes */{len}").as_str());
    let (status, _, nonsense) = ask(&world, "GET", &id, LOCAL_KEY, Some("bytes=x-y")).await;
    assert!(status == 200 && nonsense == whole, "no range at all");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_recording_is_given_in_parts_of_four_mebibytes() {
    let world = World::start(short_call()).await;
    let id = world.place(&consenting()).await;
    world.ended(&id).await;
    ready(&world, &id).await;
    // Five minutes of a second stream.
    let of = Stream {
        call: id_of(&id),
        attempt: 1,
        stream: 2,
        began: Timestamp::from_millis(1_793_400_000_000),
    };
    for seq in 0..30 {
        let segment = Segment {
            of,
            seq,
            is_last: seq == 29,
        };
        let sound = Bytes::from(vec![seq as u8; SEGMENT_BYTES]);
        world.system.recordings.put(segment, sound).await.unwrap();
    }
    let (status, headers, refused) = ask(&world, "GET", &id, LOCAL_KEY, None).await;
    assert_eq!((status, code(&refused).as_str()), (400, "range_required"));
    assert_eq!(headers["accept-ranges"], "bytes");
    let (status, headers, first) = ask(&world, "GET", &id, LOCAL_KEY, Some("bytes=0-")).await;
    assert_eq!((status, first.len()), (206, MOST));
    let range = headers["content-range"].to_str().unwrap();
    let (_, len) = range.split_once('/').unwrap();
    let len: usize = len.parse().unwrap();
    let next = format!("bytes={MOST}-");
    let (status, _, second) = ask(&world, "GET", &id, LOCAL_KEY, Some(&next)).await;
    assert_eq!((status, second.len()), (206, len - MOST));
    let file = [first, second].concat();
    let size = u32::from_le_bytes(file[54..58].try_into().unwrap());
    assert_eq!(size as usize, len - HEADER_BYTES);
    let last = &file[len - SEGMENT_BYTES..];
    assert!(last.iter().all(|sample| *sample == 29));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_see_patients_data_listens_and_only_who_may_write_erases() {
    let mut options = short_call();
    let named = |name: &str, scopes: &str| format!("{name}:{scopes}:{}", hash_key(name));
    let keys = [
        named(LOCAL_KEY, "read+write+pii"),
        named("reads", "read"),
        named("writes", "read+write"),
        named("listens", "read+pii"),
    ];
    options
        .settings
        .extend(settings([("API_KEYS", keys.join(",").as_str())]));
    let world = World::start(options).await;
    let id = world.place(&consenting()).await;
    world.ended(&id).await;
    ready(&world, &id).await;
    for (method, key, expected) in [
        ("GET", "nobody", 401),
        ("GET", "reads", 403),
        ("GET", "writes", 403),
        ("GET", "listens", 200),
        ("DELETE", "nobody", 401),
        ("DELETE", "reads", 403),
        ("DELETE", "listens", 403),
        ("DELETE", "writes", 204),
    ] {
        let (status, _, _) = ask(&world, method, &id, key, None).await;
        assert_eq!(status, expected, "{method} {key}");
    }
    let nobodys = "07070707-0707-0707-0707-070707070707";
    let (status, _, refused) = ask(&world, "GET", nobodys, "listens", None).await;
    assert_eq!((status, code(&refused).as_str()), (404, "no_such_call"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_true_or_false_and_nothing_else() {
    let world = World::start(short_call()).await;
    let url = format!("{}/api/outbound-call", world.system.api_url);
    for value in [json!("true"), json!(1), json!({})] {
        let mut body = patient(NUMBER);
        body["recordingConsent"] = value;
        let client = reqwest::Client::new();
        let request = client.post(&url).header("x-api-key", LOCAL_KEY).json(&body);
        let refused: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(refused["field"], "recordingConsent");
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains("true or false")
        );
    }
    world.finish().await;
}
