//! One thing broken at a time.

use super::{
    World,
    server::{Authority, RELAY, Says, Server},
};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use local::doctor::{Arguments, Finding, State};
use std::time::{Duration, Instant};

/// The finding of this look that is not fine.
#[track_caller]
fn one<'a>(findings: &'a [Finding], look: &str) -> &'a Finding {
    let found = findings.iter().find(|finding| finding.look == look);
    found.unwrap_or_else(|| panic!("{look} is fine: {findings:#?}"))
}

#[track_caller]
fn says(findings: &[Finding], look: &str, words: &str) {
    let found = one(findings, look);
    assert_eq!(found.state, State::Wrong, "{found:?}");
    assert!(found.found.contains(words), "{found:?}");
}

#[tokio::test]
async fn keys_that_are_refused_and_what_is_not_there_are_told_with_what_to_do() {
    let world = World::start().await;
    for (name, value, look, words) in [
        (
            "KNOWLARITY_API_KEY",
            "wrong-key",
            "carrier",
            "refuses the key",
        ),
        (
            "KNOWLARITY_API_URL",
            "http://127.0.0.1:1",
            "carrier",
            "nobody listens there",
        ),
        (
            "ELEVENLABS_API_KEY",
            "wrong-key",
            "agent platform",
            "refuses the key",
        ),
        (
            "ELEVENLABS_API_URL",
            "http://127.0.0.1:1",
            "agent platform",
            "gives no answer",
        ),
        (
            "ELEVENLABS_AGENT_ID",
            "agent_other",
            "agent platform",
            "has no such agent",
        ),
        (
            "TABLE_NAME",
            "no-table",
            "table",
            "ResourceNotFoundException for no-table",
        ),
        (
            "SERVER_WEBSOCKET_URL",
            "ws://127.0.0.1:1",
            "stream address",
            "nobody listens there",
        ),
        (
            "SERVER_WEBSOCKET_URL",
            &world.system.api_url.replace("http", "ws"),
            "stream address",
            "is no relay",
        ),
        (
            "MONITORING_WEBHOOK_URL",
            "http://127.0.0.1:1/",
            "monitoring",
            "nobody listens there",
        ),
    ] {
        let mut broken = World {
            settings: world.settings.clone(),
            roots: world.roots.clone(),
            system: World::start().await.system,
        };
        broken.set(name, value);
        says(&broken.wrong(&world.arguments()).await, look, words);
    }
}

#[tokio::test]
async fn an_agent_that_is_not_as_this_repository_says_differs() {
    let mut world = World::start().await;
    world.set_up_the_agent().await;
    let other =
        r#"[{"name":"bp","kind":"integer","min":50,"max":250,"description":"Blood pressure"}]"#;
    world.set("QUESTIONNAIRE", other);
    let found = world.wrong(&world.arguments()).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    says(&found, "agent", "it differs from this repository");
    assert!(found[0].remedy.contains("--apply"), "{found:#?}");
}

#[tokio::test]
async fn settings_that_are_missing_wrong_unknown_or_at_odds_are_each_named() {
    let mut world = World::start().await;
    world.settings.remove("API_KEYS");
    for (name, value) in [
        ("RETRIES_MAX", "many"),
        ("KNOWLARITY_APIKEY", "wrong-key"),
        ("TOKEN_SECRET_PREVIOUS", super::SECRET),
        ("CALLBACK_HOSTS", "crm.example.org"),
        ("CALLBACK_ALLOW_PRIVATE", "true"),
        ("KNOWLARITY_API_URL", "http://carrier.invalid"),
    ] {
        world.set(name, value);
    }
    let found = world.wrong(&world.arguments()).await;
    let settings: Vec<_> = found.iter().filter(|one| one.look == "settings").collect();
    for words in [
        "API_KEYS",
        "RETRIES_MAX",
        "KNOWLARITY_APIKEY is set, and nothing reads it",
        "TOKEN_SECRET and TOKEN_SECRET_PREVIOUS are the same",
        "without WEBHOOK_SIGNING_KEYS none is sent",
        "CALLBACK_ALLOW_PRIVATE lets",
        "SERVER_WEBSOCKET_URL is this machine",
        "SERVER_WEBSOCKET_URL has no TLS",
    ] {
        let count = settings
            .iter()
            .filter(|one| one.found.starts_with(words) || one.found.contains(words))
            .count();
        assert!(count >= 1, "{words}: {settings:#?}");
    }
    assert_eq!(settings.len(), 8, "{settings:#?}");
    assert!(!format!("{settings:?}").contains("many"), "{settings:#?}");
    says(&found, "carrier", "has no such name");
}

#[tokio::test]
async fn a_certificate_that_is_over_for_another_name_or_of_a_stranger_is_told() {
    let mut world = World::start().await;
    let (ours, strange) = (Authority::new(), Authority::new());
    world.roots = ours.roots();
    let late = (2_090, 1, 1);
    for (config, expected) in [
        (ours.certify("localhost", late), None),
        (
            ours.certify("localhost", (2_020, 1, 1)),
            Some("its certificate has expired"),
        ),
        (
            ours.certify("relay.example.org", late),
            Some("its certificate is for another name"),
        ),
        (
            strange.certify("localhost", late),
            Some("its certificate is signed by nobody"),
        ),
    ] {
        let relay = Server::start(RELAY, Some(config)).await;
        let url = format!("wss://localhost:{}/knowlarity-stream", relay.address.port());
        world.set("SERVER_WEBSOCKET_URL", &url);
        let found = world.wrong(&world.arguments()).await;
        match expected {
            Some(words) => says(&found, "stream address", words),
            None => assert!(
                found.iter().all(|one| one.look != "stream address"),
                "{found:#?}"
            ),
        }
    }
    let soon = ours.certify("localhost", soon());
    let relay = Server::start(RELAY, Some(soon)).await;
    let url = format!("wss://localhost:{}/knowlarity-stream", relay.address.port());
    world.set("SERVER_WEBSOCKET_URL", &url);
    let found = world.wrong(&world.arguments()).await;
    says(&found, "stream address", "its certificate ends in ");
}

/// A day of the next week.
fn soon() -> (i32, u8, u8) {
    use store::clock::{Clock, SystemClock};
    let day = (SystemClock.now() + Duration::from_hours(24 * 5)).to_string();
    let part = |from: usize, to: usize| day[from..to].parse::<u16>().unwrap();
    let small = |number: u16| u8::try_from(number).unwrap();
    (i32::from(part(0, 4)), small(part(5, 7)), small(part(8, 10)))
}

#[tokio::test]
async fn what_stands_before_a_relay_must_let_web_sockets_through() {
    let mut world = World::start().await;
    for (plain, upgrade, words) in [
        (426, 426, "lets no WebSocket through"),
        (426, 503, "takes no more calls"),
        (404, 404, "is no relay"),
    ] {
        let says_so = Says {
            plain,
            upgrade,
            date: None,
        };
        let relay = Server::start(says_so, None).await;
        world.set(
            "SERVER_WEBSOCKET_URL",
            &format!("ws://{}/knowlarity-stream", relay.address),
        );
        says(
            &world.wrong(&world.arguments()).await,
            "stream address",
            words,
        );
    }
}

#[tokio::test]
async fn a_clock_that_differs_is_told() {
    let mut world = World::start().await;
    let old = Says {
        date: Some("Sun, 29 Nov 2020 21:13:52 GMT"),
        ..RELAY
    };
    let relay = Server::start(old, None).await;
    world.set(
        "SERVER_WEBSOCKET_URL",
        &format!("ws://{}/knowlarity-stream", relay.address),
    );
    let found = world.wrong(&world.arguments()).await;
    says(
        &found,
        "clock",
        &format!("s ahead of that of {}", relay.address),
    );
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "times what a person waits for")]
async fn who_says_nothing_is_told_within_seconds() {
    let mut world = World::start().await;
    let silent = Server::silent().await;
    for (name, scheme) in [
        ("KNOWLARITY_API_URL", "http"),
        ("ELEVENLABS_API_URL", "http"),
        ("SERVER_WEBSOCKET_URL", "ws"),
    ] {
        world.set(name, &format!("{scheme}://{}", silent.address));
    }
    let arguments = Arguments {
        url: Some(format!("http://{}", silent.address).parse().unwrap()),
        callback_url: Some(format!("http://{}/", silent.address)),
        json: false,
    };
    let began = Instant::now();
    let found = world.wrong(&arguments).await;
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    for look in ["stream address", "API", "callback"] {
        says(&found, look, "gave no answer within 5 s");
    }
    says(&found, "carrier", "gives no answer");
    says(&found, "agent platform", "gives no answer");
    assert_eq!(one(&found, "clock").state, State::Unchecked);
}

#[tokio::test]
async fn a_table_that_lacks_indexes_and_time_to_live_is_told_what() {
    let mut world = World::start().await;
    let database = world.system.database.as_ref().unwrap();
    let client = crate::template::table::client(&database.url());
    let key = |name: &str, kind: KeyType| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(kind).build().unwrap()
    };
    let attribute = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let made = client.create_table().table_name("bare");
    let made = made
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("PK"))
        .attribute_definitions(attribute("SK"))
        .key_schema(key("PK", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range));
    made.send().await.unwrap();
    world.set("TABLE_NAME", "bare");
    let found = world.wrong(&world.arguments()).await;
    let table = one(&found, "table");
    assert!(
        table.found.starts_with("bare lacks the index "),
        "{table:?}"
    );
    assert!(table.found.ends_with("time to live by ttl"), "{table:?}");
    assert_eq!(table.found.matches("the index ").count(), 3, "{table:?}");
}
