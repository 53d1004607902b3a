//! A Secrets Manager that fails is named at start, and disturbs no request later.

use super::*;
use crate::template::fires;
use logging::metrics::Noted;
use secrets::Trouble;
use tokio::time::Instant;

#[tokio::test]
async fn what_cannot_be_read_at_start_is_named_and_no_value_is() {
    let world = World::new().await;
    world.service.put("good", &json!({}));
    world.service.put_text("text", "hush-hush");
    world.service.put("unknown", &json!({ "hush-hush": "x" }));
    world.service.put("number", &json!({ "API_KEYS": 7 }));
    let error = world.kept("good,text,unknown,number,missing").await;
    let said = error.err().unwrap().to_string();
    for part in [
        "the secret text is no JSON object of texts: expected {\"NAME_OF_A_VARIABLE\": \"value\"}",
        "the secret unknown has a key that is not one of: KNOWLARITY_API_KEY, ",
        "the secret number is no JSON object of texts",
        "the secret missing does not exist",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    assert!(!said.contains("hush") && !said.contains("good"), "{said}");

    world.service.answers(Mood::Denies);
    let said = world.kept("good").await.err().unwrap().to_string();
    let expected = format!("the secret good {}", Trouble::Denied);
    assert_eq!(said, expected);
    let nobody = Secrets::local("http://127.0.0.1:9", "good").read().await;
    let said = nobody.unwrap_err().to_string();
    assert!(said.contains("the secret good cannot be had"), "{said}");
}

#[tokio::test]
async fn settings_that_a_secret_lacks_are_named() {
    let world = World::new().await;
    world.service.put("clients", &json!({}));
    let kept = world.kept("clients").await.unwrap();
    let (needs, router) = (functions::list::NEEDS, functions::list::router);
    let function = Renewed::over(world.calls.clone(), kept, needs, router);
    let said = function.err().unwrap().to_string();
    assert_eq!(said, "settings: API_KEYS: is not set");
}

#[tokio::test]
async fn a_failure_in_mid_life_disturbs_no_request() {
    let world = World::new().await;
    world.clients(&["one"]);
    let list = world.list().await;
    for mood in [Mood::Denies, Mood::Fails, Mood::Silent] {
        world.service.answers(mood);
        world.clock.advance(READ_AGAIN_AFTER);
        world.service.asked();
        let began = Instant::now();
        assert_eq!(listed(&list, "one").await, 200, "{mood:?}");
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(4), "{mood:?}: {waited:?}");
        assert!(!world.service.asked().is_empty(), "{mood:?}");
        assert_eq!(listed(&list, "one").await, 200);
        assert!(
            world.service.asked().is_empty(),
            "nobody asks again at once"
        );
    }
    // What is there again is taken within a minute.
    world.service.answers(Mood::Well);
    world.clients(&["two"]);
    world.clock.advance(TRY_AGAIN_AFTER);
    let after = [listed(&list, "one").await, listed(&list, "two").await];
    assert_eq!(after, [401, 200]);
}

#[tokio::test]
async fn a_value_that_cannot_be_used_changes_nothing_and_raises_an_alarm() {
    let (noted, _guard) = Noted::start();
    let world = World::new().await;
    world.clients(&["one"]);
    let list = world.list().await;
    for text in [
        r#"{"API_KEYS": "no key"}"#,
        r#"{"API_KEYS": ""}"#,
        "{}",
        "no JSON",
        r#"{"TABLE_NAME": "x"}"#,
    ] {
        world.service.put_text("clients", text);
        world.clock.advance(READ_AGAIN_AFTER);
        assert_eq!(listed(&list, "one").await, 200, "{text}");
    }
    fires("SecretsStaleAlarm", &noted);
    let stale = noted.all();
    assert_eq!(
        stale.iter().filter(|n| n.metric == "SecretsStale").count(),
        5
    );
    world.clients(&["two"]);
    world.clock.advance(TRY_AGAIN_AFTER);
    assert_eq!(listed(&list, "two").await, 200);
}

#[tokio::test]
async fn requests_that_come_meanwhile_wait_for_nothing() {
    let world = World::new().await;
    world.clients(&["one"]);
    let list = Arc::new(world.list().await);
    world.service.answers(Mood::Silent);
    world.service.asked();
    world.clock.advance(READ_AGAIN_AFTER);
    let first = tokio::spawn({
        let list = list.clone();
        async move { listed(&list, "one").await }
    });
    let asked = async {
        while world.service.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let within = Duration::from_secs(10);
    tokio::time::timeout(within, asked)
        .await
        .expect("nobody asks");
    let began = Instant::now();
    assert_eq!(listed(&list, "one").await, 200);
    let waited = began.elapsed();
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert_eq!(first.await.unwrap(), 200);
}
