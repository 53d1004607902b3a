//! Nothing is left when the time is over, nothing is missing before, and a hold stops the clock.

use super::*;
use functions::sweep;

#[tokio::test]
async fn when_the_time_is_over_no_trace_is_left() {
    let world = World::start(1).await;
    for patient in [Some("patient_123"), None] {
        let id = world.call(patient).await;
        world.talk(id).await;
        sweep::tick(&world.app).await;
        world.hang_up(id).await;
        sweep::tick(&world.app).await;
        if patient.is_some() {
            let (status, _) = world
                .ask("DELETE", "/api/patients/patient_123", Value::Null)
                .await;
            assert_eq!(status, 202);
        }
    }
    assert_eq!(world.traces(), BTreeSet::from(TRACES));
    assert!(world.expire() > 30);
    assert_eq!(world.traces(), BTreeSet::new());
    let (_, erasures) = world.ask("GET", "/api/erasures", Value::Null).await;
    assert_eq!(
        erasures["erasures"].as_array().unwrap().len(),
        1,
        "the audit remains"
    );
}

#[tokio::test]
async fn nothing_is_erased_before_its_time() {
    let world = World::start(365).await;
    let id = world.call(Some("patient_123")).await;
    world.talk(id).await;
    world.hang_up(id).await;
    world
        .ask("DELETE", "/api/patients/patient_123", Value::Null)
        .await;
    world.expire();
    assert_eq!(world.traces(), BTreeSet::from(TRACES));
}

#[tokio::test]
async fn a_hold_keeps_what_is_there_and_what_comes_after_it_until_it_is_released() {
    let world = World::start(1).await;
    let id = world.call(Some("patient_123")).await;
    let hold = "/api/patients/patient_123/hold";
    let (status, answer) = world.ask("PUT", hold, Value::Null).await;
    assert_eq!((status, &answer["by"]), (200, &json!("crm")));
    // Stored later; the sweep reaches it in the first minute of an hour.
    world.talk(id).await;
    world.hang_up(id).await;
    let (_, answer) = world
        .ask("DELETE", "/api/patients/patient_123", Value::Null)
        .await;
    assert_eq!(answer["held"], true);
    world
        .system
        .clock
        .advance(Duration::from_secs(20 * 60 + 30));
    sweep::tick(&world.app).await;
    world.expire();
    assert_eq!(world.traces(), BTreeSet::from(TRACES));
    assert!(world.app.calls.store.load(id).await.unwrap().is_some());

    assert_eq!(world.ask("DELETE", hold, Value::Null).await.0, 204);
    assert_eq!(world.ask("DELETE", hold, Value::Null).await.0, 204);
    world.expire();
    let left = world.traces();
    assert_eq!(left, BTreeSet::new());
}
