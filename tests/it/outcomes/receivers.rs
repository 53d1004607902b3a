//! Receivers that do not take what they are sent.

use super::*;
use crate::template::fires;
use logging::metrics::Noted;
use simulators::crm::Reply;

#[tokio::test]
async fn a_receiver_may_ask_for_a_longer_wait_but_for_no_shorter_one() {
    let world = World::start(&[]).await;
    world.dials([Dial::Rejected]);
    world.callback.reply([Reply::Busy(1)]);
    world.monitoring.reply([Reply::Busy(8)]);
    let began = Instant::now();
    let id = world.call().await;
    let is_refused = |events: &[Value]| events.iter().all(|e| e["lastProblem"] == "status 429");
    world.events(&id, is_refused).await;
    let delivered = world.callback.wait_for(2, SOON).await;
    assert!(began.elapsed() >= SECOND_TRY);
    let monitored = world.monitoring.wait_for(2, SOON).await;
    assert!(began.elapsed() >= Duration::from_secs(8));
    for tries in [delivered, monitored] {
        assert_eq!(
            (&tries[0].id, &tries[0].body),
            (&tries[1].id, &tries[1].body)
        );
        // Each try is signed anew, for its own moment.
        assert!(tries.iter().all(|n| n.is_signed_with(&world.key)));
        assert_ne!(tries[0].timestamp, tries[1].timestamp);
    }
}

#[tokio::test]
async fn an_outcome_that_is_not_taken_comes_again_unchanged() {
    let world = World::start(&[]).await;
    world.dials([Dial::Rejected]);
    world.callback.reply([Reply::Status(500)]);
    world.monitoring.reply([Reply::Silence]);
    let began = Instant::now();
    let id = world.call().await;
    let delivered = world.callback.wait_for(2, SOON).await;
    assert!(began.elapsed() >= SECOND_TRY);
    assert_eq!(
        (&delivered[0].id, &delivered[0].body),
        (&delivered[1].id, &delivered[1].body)
    );
    assert!(delivered[1].is_signed_with(&world.key));
    world.monitoring.wait_for(2, SOON).await;
    let events = world.events(&id, |events| events.iter().all(|e| e["tries"] == 2));
    let events = events.await;
    let problem = |receiver| of_receiver(&events, receiver)[0]["lastProblem"].clone();
    assert_eq!(problem("callback"), "status 500");
    assert_eq!(problem("monitoring"), "no answer");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::start(&[]).await;
    world.dials([Dial::Rejected]);
    world.callback.reply([Reply::Redirect]);
    let id = world.call().await;
    let is_tried = |events: &[Value]| {
        of_receiver(events, "callback")
            .iter()
            .any(|e| e["lastProblem"].is_string())
    };
    let events = world.events(&id, is_tried).await;
    assert_eq!(
        of_receiver(&events, "callback")[0]["lastProblem"],
        "status 302"
    );
    assert!(
        world
            .callback
            .notices()
            .iter()
            .all(|n| n.path == "/outcomes")
    );
}

#[tokio::test]
async fn who_is_gone_is_left_alone_until_a_replay() {
    let (noted, _guard) = Noted::start();
    let world = World::start(&[]).await;
    world.dials([Dial::Rejected]);
    world.callback.reply([Reply::Status(410)]);
    world.monitoring.reply([Reply::Status(500)]);
    let id = world.call().await;
    let is_parked = |events: &[Value]| {
        of_receiver(events, "callback")
            .iter()
            .any(|e| e["parkedAt"].is_string())
    };
    world.events(&id, is_parked).await;
    fires("OutcomesParkedAlarm", &noted);
    // The other receiver has had its second try by now.
    world.monitoring.wait_for(2, SOON).await;
    assert_eq!(world.callback.notices().len(), 1);

    let answer = world.replay(&json!({ "parked": true })).await;
    assert_eq!(answer, json!({ "queued": 1, "more": false }));
    let delivered = world.callback.wait_for(2, SOON).await;
    assert_eq!(
        (&delivered[0].id, &delivered[0].body),
        (&delivered[1].id, &delivered[1].body)
    );
    let is_delivered = |events: &[Value]| events.iter().all(|e| e["deliveredAt"].is_string());
    let events = world.events(&id, is_delivered).await;
    assert!(events.iter().all(|event| event["parkedAt"].is_null()));
    let answer = world.replay(&json!({ "parked": true })).await;
    assert_eq!(answer["queued"], 0);

    // One call's outcomes go out once more, those that were taken as well.
    let answer = world.replay(&json!({ "sessionId": id })).await;
    assert_eq!(answer["queued"], 2);
    world.callback.wait_for(3, SOON).await;
    world.monitoring.wait_for(3, SOON).await;
}

#[tokio::test]
async fn a_replay_says_what_it_needs() {
    let keys = format!(
        "local:admin:{},reader:read:{}",
        access::hash_key(LOCAL_KEY),
        access::hash_key("reader-key")
    );
    let world = World::start(&[("API_KEYS", &keys)]).await;
    let ask = async |key: &str, body: Value| world.post("/api/events/replay", key, &body).await;
    assert_eq!(ask("reader-key", json!({ "parked": true })).await.0, 403);
    assert_eq!(ask("nobody", json!({ "parked": true })).await.0, 401);
    let unknown = json!({ "sessionId": "7ec172fc-403c-4abc-ac80-91cb0d1f75e3" });
    assert_eq!(ask(LOCAL_KEY, unknown).await.0, 404);
    for (body, field) in [
        (json!({ "sessionId": "x" }), "sessionId"),
        (json!({ "parked": false }), "parked"),
        (json!({ "parked": "yes" }), "parked"),
        (json!({}), "body"),
        (
            json!({ "parked": true, "sessionId": "7ec172fc-403c-4abc-ac80-91cb0d1f75e3" }),
            "body",
        ),
        (json!({ "all": true }), "all"),
    ] {
        let (status, answer) = ask(LOCAL_KEY, body).await;
        assert_eq!((status, &answer["error"]["field"]), (422, &json!(field)));
    }
}
