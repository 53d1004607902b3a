//! A webhook that was answered with 200 is kept.

use super::*;
use tests::in_process;

/// Functions whose connection to the database dies with its n-th request, before or after the
/// database has done it.
fn dying(world: &World, nth: usize, is_done: bool) -> Arc<App> {
    let (meter, count) = (world.system.meter.clone(), AtomicUsize::new(0));
    let client = in_process::client(move |operation, body| {
        let at = count.fetch_add(1, Ordering::Relaxed);
        let reply = (at < nth || (at == nth && is_done)).then(|| meter.ask(&operation, body));
        Box::pin(async move { reply.filter(|_| at < nth) })
    });
    functions_on(
        &world.system,
        CallStore::new(client, "calls"),
        &world.platform,
    )
}

#[tokio::test]
async fn a_power_cut_at_any_request_loses_no_webhook_that_was_answered_200() {
    let (mut acknowledged, mut told_twice) = (0, 0);
    for (nth, is_done) in (0..40).flat_map(|nth| [(nth, false), (nth, true)]) {
        let mut world = World::start().await;
        world.hang_up().await;
        let whole = world.app.clone();
        // The webhook's function dies, then a sweep that reads what it kept.
        world.app = dying(&world, nth, is_done);
        let report = world.report(&json!({ "age": 42, "city": "जयपुर" }));
        let (status, _) = world.brought(&report).await;
        world.sweep().await;
        world.app = whole;
        if status == 200 {
            acknowledged += 1;
        } else {
            assert_eq!(status, 503);
            world.platform.says(Ok(report));
        }
        for _ in 0..10 {
            world.after(MINUTE).await;
        }
        let record = world.record().await;
        assert_eq!(record["answers"]["age"]["value"], 42, "{nth} {is_done}");
        assert_eq!(
            record["answers"]["city"]["value"], "जयपुर",
            "{nth} {is_done}"
        );
        assert!(
            record["conversations"][0]["mergedAt"].is_string(),
            "{nth} {is_done}"
        );
        // The CRM hears of it, once more if the cut came just before that was known.
        let timeline = record["timeline"].as_array().unwrap().iter();
        let updates: Vec<_> = timeline
            .filter(|l| l["event"] == "post_call_report_read")
            .collect();
        assert!((1..=2).contains(&updates.len()), "{nth} {is_done}");
        told_twice += usize::from(updates.len() == 2);
        let events = record["events"].as_array().unwrap();
        for update in updates {
            let queued = events.iter().find(|e| e["sequence"] == update["sequence"]);
            assert_eq!(queued.unwrap()["receiver"], "callback", "{nth} {is_done}");
        }
    }
    assert_eq!(
        acknowledged, 78,
        "only the first request decides the answer"
    );
    assert!(told_twice > 0, "the power was never cut late enough");
}
