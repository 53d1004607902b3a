//! What was not understood is kept, without a patient's words, and where a call was recorded.

use crate::{
    channels::World,
    relay::world::{Setup, World as RelayWorld},
    support::{answer_of, carrier_id, request_for},
};
use axum::{body::Body, http::Request};
use call::{CallEvent, CarrierStatus, Outcome, ids::CallId};
use functions::{unknown, webhook};
use logging::unknown::{Sample, UnknownKind};
use serde_json::{Value, json};
use simulators::elevenlabs::{Script, Step};
use std::time::Duration;
use store::clock::{Clock, SystemClock};
use store::{CallStore, UNKNOWN_KEPT, UNKNOWN_SHAPES_MAX, Unknown};
use tokio::time::{sleep, timeout};

/// Longest wait for the relay to hand over what it did not understand.
const SOON: Duration = Duration::from_secs(20);

impl World {
    async fn report(&self, content_type: &str, body: impl ToString) -> (u16, Value) {
        let request = Request::post(webhook::PATH).header("content-type", content_type);
        let request = request.body(Body::from(body.to_string())).unwrap();
        answer_of(&self.app, request).await
    }

    async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        let request = Request::get(path).header("x-api-key", key);
        answer_of(&self.app, request.body(Body::empty()).unwrap()).await
    }

    /// What is listed of one kind: the count, then counts and samples.
    async fn listed(&self, kind: &str) -> (u64, Vec<(u64, Value)>) {
        let path = format!("{}?kind={kind}", unknown::PATH);
        let (status, answer) = self.get(&path, "operator").await;
        assert_eq!(status, 200, "{answer}");
        let [listed] = answer["kinds"].as_array().unwrap().as_slice() else {
            panic!("{answer}");
        };
        assert_eq!(listed["kind"], kind);
        let messages = listed["messages"].as_array().unwrap().iter();
        let messages = messages.map(|message| {
            assert!(message["firstSeen"].is_string() && message["lastSeen"].is_string());
            let sample = message["sample"].as_str().unwrap();
            let sample = serde_json::from_str(sample).unwrap_or(json!(sample));
            (message["count"].as_u64().unwrap(), sample)
        });
        (listed["count"].as_u64().unwrap(), messages.collect())
    }
}

#[tokio::test]
async fn a_report_that_was_not_understood_is_kept_without_the_patients_words() {
    let world = World::start().await;
    for (name, status) in [("राहुल शर्मा", 200), ("सीमा वर्मा", 200)]
    {
        let report = json!({
            "call_status": "Ring Timeout", "customer_number": "+911234567890", "name": name,
            "age": 42,
        });
        let (found, answer) = world.report("application/json", report).await;
        assert_eq!((found, &answer["matched"]), (status, &json!(false)));
    }
    let sample = json!({
        "call_status": "Ring Timeout", "customer_number": "<number>", "name": "<text>",
        "age": "<number>",
    });
    assert_eq!(world.listed("carrier_status").await, (2, vec![(2, sample)]));

    // A word that is known, of a call that is not.
    let form = "CallSid=k1&Status=busy";
    world
        .report("application/x-www-form-urlencoded", form)
        .await;
    let sample = json!({ "CallSid": "<text>", "Status": "busy" });
    assert_eq!(world.listed("carrier_call").await, (1, vec![(1, sample)]));

    // No field that is known; and what cannot be read at all.
    let report = json!({ "note": "सीने में दर्द" });
    assert_eq!(world.report("application/json", report).await.0, 200);
    let broken = "{'callid': 'k1', 'name': 'राहुल'}";
    assert_eq!(world.report("application/json", broken).await.0, 400);
    let (count, mut samples) = world.listed("carrier_report").await;
    samples.sort_by_key(|(_, sample)| sample.to_string());
    let shape = json!("{'a': 'a9', 'a': 'a'}");
    let expected = [(1, shape), (1, json!({ "note": "<text>" }))];
    assert_eq!((count, samples.as_slice()), (2, &expected[..]));
}

#[tokio::test]
async fn what_is_understood_is_not_kept_and_a_known_calls_unknown_word_is() {
    let world = World::start().await;
    let id = world.ringing(1).await;
    for (status, kept) in [("ringing", 0), ("Rang Out Quietly", 1)] {
        let report = json!({ "call_uuid": carrier_id(id), "call_status": status });
        let (code, answer) = world.report("application/json", report).await;
        assert_eq!((code, &answer["matched"]), (200, &json!(true)));
        assert_eq!(world.listed("carrier_status").await.0, kept);
    }
    let cause = json!({ "call_uuid": carrier_id(id), "hangup_cause": "NEW_CAUSE" });
    world.report("application/json", cause).await;
    assert_eq!(world.listed("carrier_status").await.0, 2);
    assert_eq!(world.listed("carrier_call").await.0, 0);
}

#[tokio::test]
async fn only_an_operator_reads_them() {
    let world = World::start().await;
    for (key, status) in [("crm", 403), ("desk", 403), ("stranger", 401)] {
        assert_eq!(world.get(unknown::PATH, key).await.0, status, "{key}");
    }
    let (status, answer) = world.get(unknown::PATH, "operator").await;
    let kinds = answer["kinds"].as_array().unwrap();
    assert_eq!((status, kinds.len()), (200, UnknownKind::ALL.len()));
    for query in ["kind=weather", "limit=0", "limit=101", "name=x"] {
        let path = format!("{}?{query}", unknown::PATH);
        assert_eq!(world.get(&path, "operator").await.0, 422, "{query}");
    }
}

#[tokio::test]
async fn so_many_shapes_are_kept_of_a_day_and_no_more_and_for_a_month() {
    let world = World::start().await;
    let (store, now) = (&world.app.calls.store, SystemClock.now());
    let kind = UnknownKind::StreamText;
    let shapes = UNKNOWN_SHAPES_MAX + 5;
    for n in 0..shapes {
        let letter = char::from(b'a' + u8::try_from(n).unwrap());
        let sample = Sample::of(&json!({ "type": letter.to_string() }).to_string());
        store.keep_unknown(kind, &sample, 2, now).await.unwrap();
    }
    let kept = async |now| store.unknown(kind, now, 100).await.unwrap();
    let today = kept(now).await;
    assert_eq!(today.count, u64::from(2 * shapes));
    assert_eq!(
        today.messages.len(),
        usize::try_from(UNKNOWN_SHAPES_MAX).unwrap()
    );
    assert!(today.messages.iter().all(|message| message.count == 2));
    assert_eq!(store.unknown(kind, now, 3).await.unwrap().messages.len(), 3);
    // The next day has room for its own.
    let tomorrow = now + Duration::from_secs(24 * 60 * 60);
    let sample = Sample::of(r#"{"type":"zebra"}"#);
    store
        .keep_unknown(kind, &sample, 1, tomorrow)
        .await
        .unwrap();
    let two_days = kept(tomorrow).await;
    assert_eq!(two_days.count, today.count + 1);
    assert_eq!(two_days.messages[0].sample, sample.as_str());
    let over = kept(now + UNKNOWN_KEPT).await;
    assert_eq!((over.count, over.messages.len()), (1, 1));
}

impl World {
    /// A call whose phone rings, known to the carrier by [`carrier_id`].
    async fn ringing(&self, n: u32) -> CallId {
        let request = request_for(&format!("+91123457{n:04}"));
        let calls = &self.app.calls;
        calls.create(&request, None).await.unwrap();
        for event in [
            CallEvent::DialDue,
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::DialAccepted {
                attempt: 1,
                carrier_call_id: Some(carrier_id(request.id)),
            },
        ] {
            calls.apply(request.id, &event).await.unwrap();
        }
        request.id
    }
}

#[tokio::test]
async fn a_report_under_another_id_is_kept_unless_it_names_our_call() {
    let world = World::start().await;
    let id = world.ringing(2).await;
    let mut report = json!({
        "call_uuid": "99999999-2222-4333-8444-555555555555",
        "called_number": "+911234570002",
        "call_status": "busy",
    });
    let (_, answer) = world.report("application/json", &report).await;
    let found = (&answer["matched"], &answer["applied"]);
    assert_eq!(found, (&json!(true), &json!(false)), "an earlier ring's?");
    assert_eq!(world.listed("carrier_call").await.0, 1);

    report["call_session_id"] = json!(id);
    let (_, answer) = world.report("application/json", &report).await;
    assert_eq!(answer["applied"], true);
    assert_eq!(world.listed("carrier_call").await.0, 1);
    let call = world.app.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(call.attempt.unwrap().outcome, Some(Outcome::Busy));
}

#[tokio::test]
async fn where_an_attempt_was_recorded_is_in_its_record_until_it_is_to_be_erased() {
    let world = World::start().await;
    let id = world.ringing(1).await;
    let busy = CallEvent::Carrier {
        attempt: 1,
        status: CarrierStatus::Busy,
    };
    let calls = &world.app.calls;
    calls.apply(id, &busy).await.unwrap();
    let path = format!("/api/outbound-call/{id}");
    for (field, value, expected) in [
        ("recording_url", "None", Value::Null),
        ("call_recording", "javascript:alert(1)", Value::Null),
        (
            "resource_url",
            "https://sr.example.org/1.mp3",
            json!("https://sr.example.org/1.mp3"),
        ),
        (
            "Recording-URL",
            "https://sr.example.org/2.mp3",
            json!("https://sr.example.org/2.mp3"),
        ),
    ] {
        let report = json!({ "call_uuid": carrier_id(id), "status": "completed", field: value });
        assert_eq!(world.report("application/json", report).await.0, 200);
        let (status, record) = world.get(&path, "desk").await;
        let found = &record["attempts"][0]["recordingUrl"];
        assert_eq!((status, found), (200, &expected), "{field}");
    }
    let other = world.ringing(2).await;
    calls.apply(other, &CallEvent::Restricted).await.unwrap();
    let report = json!({
        "call_uuid": carrier_id(other), "status": "completed",
        "recording_url": "https://sr.example.org/3.mp3",
    });
    assert_eq!(world.report("application/json", report).await.0, 200);
    let record = calls.store.record(other).await.unwrap().unwrap();
    assert_eq!(record.recordings, []);
}

/// Waits until a kind has this many messages.
async fn until(store: &CallStore, kind: UnknownKind, count: u64) -> Unknown {
    let look = async {
        loop {
            let found = store.unknown(kind, SystemClock.now(), 10).await.unwrap();
            if found.count >= count {
                return found;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, look).await.unwrap()
}

#[tokio::test]
async fn the_relay_hands_over_what_neither_side_was_understood_to_say() {
    let script = Script::new([
        Step::Send(json!({ "type": "weather_report", "said": "मुझे दर्द है" })),
        Step::Send(json!({ "type": "weather_report", "said": "राहुल" })),
        Step::Send(json!({ "type": "vad_score", "vad_score_event": { "vad_score": 0.9 } })),
        Step::Send(json!({ "type": "ping" })),
        Step::Pause(Duration::from_secs(60)),
    ]);
    let setup = Setup {
        script,
        ..Setup::default()
    };
    let world = RelayWorld::start(setup).await;
    let (_id, stream) = world.talking().await;
    stream
        .text(r#"{"type":"weather","name":"राहुल","dtmf":"1234567890"}"#)
        .await;
    stream.text("नमस्ते 1234567890").await;
    let store = &world.calls.store;
    let samples = async |kind, count| {
        let found = until(store, kind, count).await;
        assert_eq!(found.count, count, "{found:?}");
        let samples = found.messages.into_iter().map(|message| message.sample);
        let mut samples: Vec<_> = samples.collect();
        samples.sort_unstable();
        samples
    };
    assert_eq!(
        samples(UnknownKind::StreamText, 2).await,
        [
            "a 9",
            r#"{"dtmf":"<number>","name":"<text>","type":"weather"}"#
        ]
    );
    assert_eq!(
        samples(UnknownKind::AgentType, 2).await,
        [r#"{"said":"<text>","type":"weather_report"}"#]
    );
    assert_eq!(
        samples(UnknownKind::AgentMessage, 1).await,
        [r#"{"type":"ping"}"#]
    );
}
