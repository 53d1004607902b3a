//! Who ends a call, and how.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_heeds_no_disconnect_is_left_by_closing_the_stream() {
    let mut options = short_call();
    options.knowlarity.ignores_disconnect = true;
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    assert_eq!(call.close_code, Some(1000));
    let goodbye = line("agent_goodbye_hi").pcm;
    assert!(find(&call.heard, &goodbye).is_some(), "the goodbye was cut");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_who_hangs_up_completes_the_call() {
    let callee = Callee {
        steps: vec![reply("callee_age_hi")],
        hangs_up: true,
    };
    let mut options = options(short_script(), callee);
    // A report that is sooner than the stream's end tells the end, and not by whom.
    options.knowlarity.webhook = WebhookStyle::None;
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "callee_hung_up", &["answered"]);
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_eq!(call.ended_by, EndedBy::Callee);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_is_hung_up_in_mid_conversation() {
    let mut options = options(short_script(), Callee::silent());
    options
        .settings
        .extend(settings([("HEARTBEAT_TIMEOUT", "1s")]));
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    world
        .wait_until(&id, |record| record["status"] == "active")
        .await;
    let url = format!("{}/api/outbound-call/{id}", world.system.api_url);
    let cancelled = world
        .client
        .delete(url)
        .header("x-api-key", LOCAL_KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(cancelled.status(), 200);
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    let record = world.ended(&id).await;
    assert_ended(&record, "failed", "cancelled", &["cancelled"]);
    world.finish().await;
}
