//! Rings that end without a talk, and what follows them.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_line_is_dialled_again_and_the_call_completes() {
    let world = World::start(short_call()).await;
    world.carrier().behave([Dial::Busy]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["busy", "answered"]);
    assert_eq!(world.carrier().dials().len(), 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_times_no_answer_fails_the_call() {
    let world = World::start(short_call()).await;
    world.carrier().behave([Dial::NoAnswer; 9]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "failed", "no_answer", &["no_answer"; 4]);
    assert_eq!(world.carrier().dials().len(), 4);
    assert_eq!(world.agent().conversations().len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_never_reports_is_given_up_at_its_deadline() {
    let mut options = short_call();
    options.settings.extend(settings([
        ("RING_TIMEOUT", "1s"),
        ("ANSWER_MARGIN", "1s"),
        ("RETRIES_MAX", "1"),
    ]));
    let world = World::start(options).await;
    world.carrier().behave([Dial::NeverReports; 9]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "failed", "no_answer", &["no_answer"; 2]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_that_times_out_but_rings_is_one_call() {
    let mut options = short_call();
    options
        .settings
        .extend(settings([("DIAL_TIMEOUT", "100ms")]));
    let world = World::start(options).await;
    world.carrier().behave([Dial::TimesOutButRings]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    assert_eq!(world.carrier().dials().len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_refuses_is_excused_and_tried_again() {
    let world = World::start(short_call()).await;
    world
        .agent()
        .behave([Behaviour::FailAtStart(Failure::invalid_api_key())]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(
        &record,
        "completed",
        "agent_ended",
        &["agent_unavailable", "answered"],
    );
    let first = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert!(
        first.heard == line("sorry_hi").pcm.to_vec(),
        "the sorry line was not heard whole"
    );
    assert_eq!(first.disconnects, 1);
    world.finish().await;
}
