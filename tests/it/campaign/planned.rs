//! A plan changed at the command line, and what is to be expected of it.

use super::{
    brought::{remote, run, until},
    control::id_of,
    service::{READER, Service},
};
use local::campaign::{
    Command, Ended,
    control::{Named, Start},
    set_plan::SetPlan,
    status::Status,
};
use serde_json::{Value, json};
use std::time::Duration;

fn unchanged(service: &Service, campaign: &str) -> SetPlan {
    SetPlan {
        id: id_of(campaign),
        until: None,
        hours: None,
        zone: None,
        days: None,
        holidays: Vec::new(),
        no_holidays: false,
        concurrency: None,
        pace: None,
        no_pace: false,
        retries: None,
        priority: None,
        caller: None,
        no_caller: false,
        recorded: false,
        unrecorded: false,
        remote: remote(service),
    }
}

fn plan(set: SetPlan) -> Command {
    Command::Plan(Box::new(set))
}

fn is(campaign: &Value, field: &str, expected: &Value) {
    assert_eq!(&campaign["plan"][field], expected, "{field}: {campaign}");
}

#[tokio::test]
async fn what_is_said_is_changed_and_all_else_stays() {
    let service = Service::start().await;
    let before = json!({ "dialsPerMinute": 30, "holidays": ["2026-12-25"], "priority": 2 });
    let campaign = service.ready(2, before).await;
    let as_it_was = service.get(&campaign).await.is(200);

    let shown = run(&plan(unchanged(&service, &campaign)), None).await;
    assert_eq!(shown.ended, Ended::Done, "{}", shown.talk);
    assert!(shown.out.contains("30 dials a minute"), "{}", shown.out);
    assert!(shown.out.contains(" but 2026-12-25,"), "{}", shown.out);
    assert_eq!(
        service.get(&campaign).await.is(200),
        as_it_was,
        "only shown"
    );

    let end = until(Duration::from_hours(48));
    let told = run(
        &plan(SetPlan {
            until: Some(end.clone()),
            hours: Some("08:00-20:00".to_owned()),
            days: Some("mon-fri".parse().unwrap()),
            concurrency: Some(7),
            no_pace: true,
            no_holidays: true,
            caller: Some("+911234567899".parse().unwrap()),
            recorded: true,
            ..unchanged(&service, &campaign)
        }),
        None,
    )
    .await;
    assert_eq!(told.ended, Ended::Done, "{}", told.talk);
    assert!(
        told.out
            .contains("08:00-20:00 Asia/Kolkata on mon tue wed thu fri, 7 at once")
    );
    let found = service.get(&campaign).await.is(200);
    is(&found, "hours", &json!("08:00-20:00 Asia/Kolkata"));
    is(&found, "concurrency", &json!(7));
    is(&found, "dialsPerMinute", &Value::Null);
    is(&found, "holidays", &json!([]));
    is(&found, "caller", &json!("+911234567899"));
    is(&found, "priority", &json!(2));
    is(&found, "recordingConsent", &json!(true));
    assert!(told.out.contains("service calls, recorded, 08:00"));
    is(&found, "retries", &as_it_was["plan"]["retries"]);
    assert!(
        told.out.contains(&end[11..]),
        "by the clocks of India: {}",
        told.out
    );

    let elsewhere = SetPlan {
        zone: Some("Asia/Dubai".to_owned()),
        no_caller: true,
        unrecorded: true,
        ..unchanged(&service, &campaign)
    };
    assert_eq!(run(&plan(elsewhere), None).await.ended, Ended::Done);
    let found = service.get(&campaign).await.is(200);
    is(&found, "hours", &json!("08:00-20:00 Asia/Dubai"));
    is(&found, "caller", &Value::Null);
    is(&found, "recordingConsent", &Value::Null);
}

#[tokio::test]
async fn a_plan_that_cannot_be_carried_out_changes_nothing() {
    let service = Service::start().await;
    let campaign = service.ready(1, json!({})).await;
    let before = service.get(&campaign).await.is(200);
    let none_at_once = SetPlan {
        concurrency: Some(0),
        ..unchanged(&service, &campaign)
    };
    let refused = run(&plan(none_at_once.clone()), None).await;
    assert_eq!(refused.ended, Ended::Faulty);
    assert!(refused.talk.contains("concurrency"), "{}", refused.talk);
    assert_eq!(
        run(&plan(none_at_once), Some(READER)).await.ended,
        Ended::NotAllowed
    );
    assert_eq!(service.get(&campaign).await.is(200), before);
}

#[tokio::test]
async fn a_dry_run_says_what_is_to_be_expected_and_starts_nothing() {
    let service = Service::start().await;
    let campaign = service.ready(3, json!({})).await;
    let before = service.get(&campaign).await.is(200);
    let path = format!("{campaign}/start");
    let told = service.post(&path, &json!({ "dryRun": true })).await;
    assert_eq!(told.is(200)["rows"], 3);
    service
        .post(&path, &json!({ "dryRun": "yes" }))
        .await
        .is(422);
    let dry = Command::Start(Start {
        named: Named {
            id: id_of(&campaign),
            remote: remote(&service),
        },
        dry_run: true,
    });
    let told = run(&dry, None).await;
    assert_eq!(told.ended, Ended::Done, "{}", told.talk);
    assert!(told.out.contains("rows reached"), "{}", told.out);
    assert_eq!(service.get(&campaign).await.is(200), before);
}

#[tokio::test]
async fn status_says_what_is_to_be_expected() {
    let service = Service::start().await;
    let campaign = service.ready(3, json!({})).await;
    let status = |json: bool| {
        Command::Status(Status {
            id: id_of(&campaign),
            watch: false,
            forecast: true,
            remote: local::campaign::Remote {
                json,
                ..remote(&service)
            },
        })
    };
    let told = run(&status(false), None).await;
    assert_eq!(told.ended, Ended::Done, "{}", told.talk);
    let reached = told
        .out
        .lines()
        .find(|line| line.starts_with("rows reached"));
    assert!(
        reached.is_some_and(|line| line.ends_with('3') || line.ends_with('2')),
        "{}",
        told.out
    );
    assert!(
        told.out.contains("of 100 dials 60 are answered (assumed; "),
        "{}",
        told.out
    );
    let told: Value = serde_json::from_str(&run(&status(true), None).await.out).unwrap();
    assert_eq!(told["forecast"]["rows"], 3);
}
