//! A call placed, watched, listed and cancelled.

use super::{READER, World, run};
use call::ids::CallId;
use local::{
    calls::{Command, Named, list, place, status},
    campaign::{Ended, Remote},
};
use serde_json::json;
use simulators::cases::Case;
use std::time::Duration;
use store::clock::{Clock, SystemClock};

/// A call to the number of a case.
pub(super) fn to(case: Case, remote: Remote) -> place::Arguments {
    place::Arguments {
        to: case.number().parse().unwrap(),
        name: "राहुल शर्मा".to_owned(),
        id: None,
        language: None,
        treatment: None,
        crm: Vec::new(),
        not_before: None,
        expires_at: None,
        callback_url: None,
        recorded: false,
        watch: false,
        idempotency_key: None,
        remote,
    }
}

/// A call that rings nobody for years.
fn later(case: Case, remote: Remote) -> place::Arguments {
    let at = |days: u64| {
        let at = SystemClock.now() + Duration::from_hours(24 * days);
        Some(at.to_string())
    };
    place::Arguments {
        not_before: at(20),
        expires_at: at(30),
        ..to(case, remote)
    }
}

pub(super) fn call(arguments: place::Arguments) -> Command {
    Command::Call(Box::new(arguments))
}

fn watched(arguments: place::Arguments) -> Command {
    call(place::Arguments {
        watch: true,
        ..arguments
    })
}

/// Places a call; its id.
pub(super) async fn placed(world: &World, arguments: place::Arguments) -> CallId {
    let remote = world.json();
    let answer = run(
        &call(place::Arguments {
            remote,
            ..arguments
        }),
        None,
    )
    .await
    .json();
    answer["sessionId"].as_str().unwrap().parse().unwrap()
}

fn named(id: CallId, remote: Remote) -> Named {
    Named { id, remote }
}

pub(super) fn looks(id: CallId, watch: bool, remote: Remote) -> Command {
    Command::Status(status::Arguments {
        named: named(id, remote),
        watch,
    })
}

#[tokio::test]
async fn a_call_is_watched_to_its_end_and_the_exit_code_says_whether_somebody_talked() {
    let world = World::start().await;
    let (talked, declined) = tokio::join!(
        async { run(&watched(to(Case::AgentHangsUp, world.remote())), None).await },
        async { run(&watched(to(Case::Rejected, world.remote())), None).await },
    );
    assert!(talked.talk.starts_with("call "), "{}", talked.talk);
    let out = talked.done();
    let lines: Vec<&str> = out.lines().collect();
    let has = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!((has("created"), has("  agent   नमस्ते")), (1, 1), "{out}");
    assert!(has("  audio   ") >= 1, "{out}");
    assert_eq!(lines.last(), Some(&"the call is completed: agent ended"));
    assert_eq!((declined.ended, declined.ended.code()), (Ended::Faulty, 1));
    assert!(
        declined.out.ends_with("the call is failed: rejected\n"),
        "{}",
        declined.out
    );
}

#[tokio::test]
async fn what_is_given_is_asked_for_and_a_key_makes_it_once() {
    let world = World::start().await;
    let asked = place::Arguments {
        id: Some("patient_123".to_owned()),
        language: Some("en".to_owned()),
        treatment: Some("heart surgery consultation".to_owned()),
        crm: vec![("doctor".to_owned(), "Dr. Smith".to_owned())],
        callback_url: Some("http://127.0.0.1:9/".to_owned()),
        idempotency_key: Some("once".to_owned()),
        recorded: true,
        ..later(Case::Answer, world.remote())
    };
    let (id, again) = (
        placed(&world, asked.clone()).await,
        placed(&world, asked).await,
    );
    assert_eq!(id, again);
    let record = run(&looks(id, false, world.json()), None).await.json();
    let patient = &record["patientData"];
    assert_eq!(patient["crmData"], json!({ "doctor": "Dr. Smith" }));
    assert_eq!(patient["treatmentType"], "heart surgery consultation");
    assert_eq!(
        (&patient["id"], &record["language"]),
        (&json!("patient_123"), &json!("en"))
    );
    assert_eq!(record["callbackUrl"], "http://127.0.0.1:9/");
    assert_eq!(record["recording"], json!({ "state": "pending" }));
    let told = run(&looks(id, false, world.remote()), None).await.done();
    assert!(
        told.contains("the call is initiating: the phone rings from "),
        "{told}"
    );
}

#[tokio::test]
async fn a_call_that_waits_is_cancelled_and_then_failed() {
    let world = World::start().await;
    let id = placed(&world, later(Case::Answer, world.remote())).await;
    let cancel = Command::Cancel(named(id, world.remote()));
    let told = run(&cancel, None).await.done();
    assert_eq!(told, format!("call {id} is cancelled\n"));
    for watch in [false, true] {
        let told = run(&looks(id, watch, world.remote()), None).await;
        assert_eq!(told.ended, Ended::Faulty);
        assert!(
            told.out.ends_with("the call is failed: cancelled\n"),
            "{}",
            told.out
        );
    }
    let nobody = store::clock::draw_call_id();
    for command in [
        looks(nobody, false, world.remote()),
        looks(nobody, true, world.remote()),
        Command::Cancel(named(nobody, world.remote())),
    ] {
        let told = run(&command, None).await;
        assert_eq!((told.ended, told.out.as_str()), (Ended::Faulty, ""));
        assert!(!told.talk.is_empty());
    }
}

#[tokio::test]
async fn calls_that_are_not_over_are_listed_up_to_a_limit() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for case in [Case::Answer, Case::Busy, Case::NoAnswer] {
        ids.push(
            placed(&world, later(case, world.remote()))
                .await
                .to_string(),
        );
    }
    let list = |limit, status, remote| {
        Command::List(list::Arguments {
            status,
            patient: None,
            limit,
            remote,
        })
    };
    let some = run(&list(2, None, world.remote()), None).await;
    assert_eq!(some.talk, "there are more; --limit 20 shows them\n");
    let some = some.done();
    assert_eq!(some.lines().count(), 2, "{some}");
    assert!(some.contains("  initiating    +9112345600"), "{some}");
    let all = run(&list(3, None, world.json()), None).await;
    assert_eq!(all.talk, "");
    let all = all.json();
    let all = all.as_array().unwrap().iter();
    let mut found: Vec<_> = all
        .map(|call| call["sessionId"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    ids.sort_unstable();
    assert_eq!(found, ids);
    let talked = list(50, Some(call::CallState::Active), world.remote());
    assert_eq!(run(&talked, None).await.done(), "");
}

#[tokio::test]
async fn who_may_not_and_whom_nobody_answers_is_told_by_the_exit_code() {
    let world = World::start().await;
    let asks = call(to(Case::Answer, world.remote()));
    let told = run(&asks, Some(READER)).await;
    assert_eq!((told.ended, told.ended.code()), (Ended::NotAllowed, 77));
    let wrong = run(&asks, Some("no-key")).await;
    assert_eq!(wrong.ended, Ended::NotAllowed);
    let nobody = Remote {
        url: "http://127.0.0.1:1".parse().unwrap(),
        json: false,
    };
    let told = run(&call(to(Case::Answer, nobody)), None).await;
    assert_eq!((told.ended, told.ended.code()), (Ended::Unreachable, 69));
    assert_eq!(told.out, "");
    let bad = place::Arguments {
        not_before: Some("tomorrow".to_owned()),
        ..to(Case::Answer, world.remote())
    };
    let told = run(&call(bad), None).await;
    assert_eq!(told.ended, Ended::Faulty);
    assert!(told.talk.contains("notBefore"), "{}", told.talk);
}

#[tokio::test]
async fn all_calls_of_a_patient_are_listed_those_that_are_over_too() {
    let world = World::start().await;
    for (case, patient) in [(Case::Answer, "ward 3/7&a"), (Case::Busy, "other")] {
        let asked = place::Arguments {
            id: Some(patient.to_owned()),
            ..later(case, world.remote())
        };
        let id = placed(&world, asked).await;
        let cancel = Command::Cancel(named(id, world.remote()));
        run(&cancel, None).await.done();
    }
    let of = Command::List(list::Arguments {
        status: None,
        patient: Some("ward 3/7&a".to_owned()),
        limit: 50,
        remote: world.remote(),
    });
    let told = run(&of, None).await.done();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("  failed        +911234560000"), "{told}");
}
