//! The settings' defaults, and what a wrong one says.

use call::Policy;
use elevenlabs::ElevenLabsConfig;
use functions::config::ApiConfig;
use knowlarity::KnowlarityConfig;
use settings::{ConfigError, Env, VARIABLES, policy};
use std::collections::HashMap;
use store::StoreConfig;

const COMPLETE: [(&str, &str); 7] = [
    ("KNOWLARITY_API_KEY", "a-key"),
    ("KNOWLARITY_CALLER_ID", "+911234567890"),
    (
        "SERVER_WEBSOCKET_URL",
        "wss://relay.example.com/knowlarity-stream/",
    ),
    ("ELEVENLABS_API_KEY", "another-key"),
    ("ELEVENLABS_AGENT_ID", "agent_x"),
    ("TOKEN_SECRET", "0123456789abcdef0123456789abcdef"),
    (
        "API_KEYS",
        "crm:read:0000000000000000000000000000000000000000000000000000000000000000",
    ),
];

fn env(changes: &[(&str, &str)]) -> Env {
    let mut map: HashMap<String, String> = HashMap::new();
    for (name, value) in COMPLETE.iter().chain(changes) {
        map.insert((*name).to_owned(), (*value).to_owned());
    }
    Env::from_reader(move |name| map.get(name).cloned())
}

#[track_caller]
fn refuses<T>(result: Result<T, ConfigError>, expected: &str) {
    let error = result.err().expect("the setting is refused").to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn an_empty_environment_names_every_required_variable_at_once() {
    let error = KnowlarityConfig::from_env(&Env::from_reader(|_| None))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "KNOWLARITY_API_KEY: is not set; KNOWLARITY_CALLER_ID: is not set; \
         SERVER_WEBSOCKET_URL: is not set"
    );
}

#[test]
fn the_defaults_are_those_of_the_policy() {
    assert_eq!(policy(&env(&[])).unwrap(), Policy::default());
}

#[test]
fn the_users_names_are_read() {
    let knowlarity = KnowlarityConfig::from_env(&env(&[])).unwrap();
    assert_eq!(
        knowlarity.stream_url,
        "wss://relay.example.com/knowlarity-stream"
    );
    assert_eq!(knowlarity.number, knowlarity.caller_id);
    let default = Some("Basic/v1/account/calllog");
    assert_eq!(knowlarity.call_log.as_deref(), default);
    let without = KnowlarityConfig::from_env(&env(&[("KNOWLARITY_CALL_LOG", "off")]));
    assert_eq!(without.unwrap().call_log, None);
    assert!(knowlarity.welcome_text.starts_with("कृपया एक क्षण"));
    assert!(!format!("{knowlarity:?}").contains("a-key"));
    ElevenLabsConfig::from_env(&env(&[])).unwrap();
    ApiConfig::from_env(&env(&[])).unwrap();
    assert_eq!(
        StoreConfig::from_env(&env(&[])).unwrap().table,
        "outbound-calls"
    );
}

#[test]
fn a_wrong_value_is_named_with_what_is_expected() {
    let unit = "expected a duration with its unit";
    for text in ["30", "s", "30 s", "-1s", "1d", "99999999999999999h"] {
        refuses(
            policy(&env(&[("RING_TIMEOUT", text)])),
            &format!("RING_TIMEOUT: {unit}"),
        );
    }
    refuses(
        policy(&env(&[("RETRIES_MAX", "11")])),
        "RETRIES_MAX: expected a number from 0 to 10",
    );
    refuses(
        policy(&env(&[("MAX_CONCURRENT_CALLS", "0")])),
        "MAX_CONCURRENT_CALLS: expected",
    );
    let knowlarity = |change| KnowlarityConfig::from_env(&env(&[change]));
    refuses(
        knowlarity(("SERVER_WEBSOCKET_URL", "https://x")),
        "SERVER_WEBSOCKET_URL: expected an address that begins with wss://",
    );
    for text in ["wss://", "relay", "wss://relay/?a=1", "wss://relay/#a"] {
        refuses(
            knowlarity(("SERVER_WEBSOCKET_URL", text)),
            "SERVER_WEBSOCKET_URL: expected an address",
        );
    }
    refuses(
        knowlarity(("KNOWLARITY_CALLER_ID", "12")),
        "KNOWLARITY_CALLER_ID: expected ten digits",
    );
    refuses(
        knowlarity(("KNOWLARITY_CALLER_ID", "+911401234567")),
        "KNOWLARITY_CALLER_ID: is of the series 140, which promotional calls alone may show",
    );
    refuses(
        knowlarity(("KNOWLARITY_DIALECT", "sip")),
        "KNOWLARITY_DIALECT: expected one of: ivr_flow, kapps_ivr",
    );
    refuses(
        knowlarity(("KNOWLARITY_DIALECT", "kapps_ivr")),
        "KNOWLARITY_DIAL_PATH: kapps_ivr needs",
    );
    for name in ["KNOWLARITY_DIAL_PATH", "KNOWLARITY_CALL_LOG"] {
        refuses(
            knowlarity((name, "v1/{account_id}/calls")),
            &format!("KNOWLARITY_ACCOUNT_ID: is not set, and {name} has its place"),
        );
    }
    refuses(
        ApiConfig::from_env(&env(&[("TOKEN_SECRET", "short")])),
        "TOKEN_SECRET: expected 32 bytes",
    );
    refuses(
        ApiConfig::from_env(&env(&[("API_KEYS", "crm")])),
        "API_KEYS: expected name:scope",
    );
    refuses(
        StoreConfig::from_env(&env(&[("TABLE_CREATE", "yes")])),
        "TABLE_CREATE: expected one of",
    );
}

#[test]
fn durations_are_read_in_every_unit() {
    for (text, millis) in [
        ("500ms", 500),
        ("30s", 30_000),
        ("5m", 300_000),
        ("24h", 86_400_000),
    ] {
        let read = policy(&env(&[("RING_TIMEOUT", text)]))
            .unwrap()
            .ring_timeout;
        assert_eq!(read.as_millis(), millis, "{text}");
    }
}

#[test]
fn no_variable_is_listed_twice() {
    let mut names: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), VARIABLES.len());
}
