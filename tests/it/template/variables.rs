//! The environment: what the template sets, the code reads, and it is enough to start with.

use super::{Template, same};
use access::TokenKey;
use elevenlabs::{ElevenLabsConfig, PostCallConfig};
use functions::{FUNCTIONS, Need, check_settings};
use knowlarity::KnowlarityConfig;
use serde_json::{Map, Value};
use settings::{Env, VARIABLES, policy};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};
use store::StoreConfig;
use webhooks::{NotifyConfig, draw_signing_key};

/// Variables that are secrets.
const SECRETS: [&str; 9] = [
    "API_KEYS",
    "ELEVENLABS_API_KEY",
    "ELEVENLABS_WEBHOOK_SECRET",
    "KNOWLARITY_API_KEY",
    "KNOWLARITY_APPLICATION_KEY",
    "KNOWLARITY_WEBHOOK_SECRET",
    "TOKEN_SECRET",
    "TOKEN_SECRET_PREVIOUS",
    "WEBHOOK_SIGNING_KEYS",
];

/// Values for parameters and resources that only a deployment knows, and for limits that are none
/// unless they are set.
const DEPLOYED: [(&str, &str); 8] = [
    ("AgentConcurrency", "20"),
    ("CallsTable", "calls"),
    ("DialsPerSecond", "5"),
    ("ElevenLabsAgentId", "agent_x"),
    ("KnowlarityCallerId", "+911234567890"),
    ("MaxConcurrentCalls", "30"),
    ("MonitoringWebhookUrl", "https://monitoring.example.org"),
    ("RelayDomainName", "relay.example.org"),
];

/// What a secret's variable holds once deployed.
fn secret(name: &str) -> String {
    match name {
        "API_KEYS" => format!("crm:read+write:{}", "0".repeat(64)),
        "WEBHOOK_SIGNING_KEYS" => draw_signing_key(),
        _ => "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

/// The secret variable that a value takes from Secrets Manager, in either notation.
fn secret_key(value: &Value) -> Option<&str> {
    let text = value["Fn::Sub"].as_str()?;
    let resolved = text.strip_prefix("{{resolve:secretsmanager:${");
    let in_function = resolved.and_then(|rest| rest.strip_suffix("}}")?.rsplit(':').next());
    in_function.or_else(|| text.strip_suffix("::")?.rsplit(':').next())
}

/// The branch of an `If` that sets something.
fn unconditional(value: &Value) -> &Value {
    value.get("Fn::If").map_or(value, |branches| &branches[1])
}

/// What the variable holds once the stack is deployed with every default.
fn deployed(template: &Template, value: &Value) -> String {
    let value = unconditional(value);
    if let Some(name) = secret_key(value) {
        return secret(name);
    }
    if let Some(text) = value["Fn::Sub"].as_str() {
        return DEPLOYED
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("${{{name}}}"), value)
            });
    }
    let Some(name) = value["Ref"].as_str() else {
        return value.as_str().unwrap().to_owned();
    };
    let known = DEPLOYED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value);
    let default = &template.0["Parameters"][name]["Default"];
    let text = default.as_str().map(str::to_owned);
    let default = text.or_else(|| default.as_i64().map(|number| number.to_string()));
    known
        .map(str::to_owned)
        .or(default)
        .unwrap_or_else(|| panic!("no value for {name}"))
}

fn values(template: &Template, variables: &Map<String, Value>) -> HashMap<String, String> {
    let values = variables
        .iter()
        .map(|(name, value)| (name.clone(), deployed(template, value)));
    let values: HashMap<String, String> = values.collect();
    for (name, value) in &values {
        assert!(!value.contains("${"), "{name} would be {value}");
    }
    values
}

fn environment(template: &Template, variables: &Map<String, Value>) -> Env {
    let values = values(template, variables);
    Env::from_reader(move |name| values.get(name).cloned())
}

fn names(variables: &Map<String, Value>) -> BTreeSet<&str> {
    variables.keys().map(String::as_str).collect()
}

#[test]
fn the_template_sets_no_variable_that_nothing_reads() {
    let template = Template::read();
    let read: BTreeSet<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    let functions = template
        .functions()
        .into_values()
        .map(|id| template.function_variables(id));
    for variables in functions.chain([template.relay_variables()]) {
        let unread: Vec<_> = names(&variables).difference(&read).copied().collect();
        assert!(
            unread.is_empty(),
            "the template sets {unread:?}, which nothing reads"
        );
    }
}

/// The dialect that not every account has, with what only it reads.
const OTHER_DIALECT: [(&str, &str); 4] = [
    ("KNOWLARITY_ACCOUNT_ID", "hospital-7"),
    ("KNOWLARITY_DIALECT", "kapps_ivr"),
    ("KNOWLARITY_DIAL_PATH", "webapi/{account_id}/api/name"),
    ("KNOWLARITY_IVR_ID", "1000000001"),
];

/// What a function reads at its start of what it is given, in either dialect; it must be enough.
fn read_by(template: &Template, name: &str, needs: &[Need]) -> BTreeSet<String> {
    let id = template.functions()[name];
    let given = values(template, &template.function_variables(id));
    let other = OTHER_DIALECT.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut otherwise = given.clone();
    otherwise.extend(other);
    let read = Arc::new(Mutex::new(BTreeSet::new()));
    for given in [given, otherwise] {
        let noted = read.clone();
        let env = Env::from_reader(move |name| {
            noted.lock().unwrap().insert(name.to_owned());
            given.get(name).cloned()
        });
        check_settings(&env, needs).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let read = read.lock().unwrap();
    read.clone()
}

#[test]
fn each_function_starts_with_what_it_is_given_and_is_given_nothing_else() {
    let template = Template::read();
    let given = |name: &str| {
        let variables = template.function_variables(template.functions()[name]);
        variables.keys().cloned().collect::<BTreeSet<String>>()
    };
    let any: BTreeSet<String> = FUNCTIONS.iter().flat_map(|(name, _)| given(name)).collect();
    for (name, needs) in FUNCTIONS {
        let read = read_by(&template, name, needs);
        let read = read.intersection(&any).cloned().collect();
        same(&format!("variables of {name}"), given(name), read);
    }
}

#[test]
fn every_function_uses_the_table_and_only_who_completes_records_has_accounts() {
    let template = Template::read();
    for (name, id) in template.functions() {
        let env = environment(&template, &template.function_variables(id));
        let post_call = PostCallConfig::from_env(&env).unwrap();
        let (takes, asks) = (
            post_call.secret.is_some(),
            post_call.conversations.is_some(),
        );
        assert_eq!(
            (takes, asks),
            (name == "post_call", name == "sweep"),
            "{name}"
        );
        let store = StoreConfig::from_env(&env).unwrap();
        assert_eq!(store.table, "calls", "{name} uses another table");
        assert!(
            !store.creates_table,
            "{name} would need rights to create a table"
        );
    }
}

#[test]
fn outcomes_are_signed_and_reach_no_private_network() {
    let template = Template::read();
    for (name, needs) in FUNCTIONS {
        let variables = template.function_variables(template.functions()[name]);
        let env = environment(&template, &variables);
        let notices = NotifyConfig::from_env(&env);
        let has_keys = notices.as_ref().is_ok_and(|notices| notices.keys.is_some());
        assert_eq!(has_keys, needs.contains(&Need::Outcomes), "{name}");
        if let Ok(notices) = notices {
            assert!(notices.monitoring_url.is_some(), "{name} tells no operator");
            assert!(
                !notices.allows_private,
                "{name} lets callbacks into the network"
            );
        }
    }
}

#[test]
fn the_relay_starts_with_what_the_template_gives_it() {
    let template = Template::read();
    let env = environment(&template, &template.relay_variables());
    ElevenLabsConfig::from_env(&env).unwrap();
    TokenKey::from_env(&env).unwrap();
    let store = StoreConfig::from_env(&env).unwrap();
    assert_eq!(
        (store.table.as_str(), store.creates_table),
        ("calls", false)
    );
}

#[test]
fn the_relay_and_the_functions_decide_by_the_same_policy() {
    let template = Template::read();
    let relay = policy(&environment(&template, &template.relay_variables())).unwrap();
    for (name, id) in template.functions() {
        let function = policy(&environment(&template, &template.function_variables(id))).unwrap();
        assert_eq!(function, relay, "{name} left, relay right");
    }
    let limits = (
        relay.max_concurrent_calls,
        relay.agent_concurrency,
        relay.dials_per_second,
    );
    assert_eq!(limits, (30, Some(20), Some(5)));
    assert!(relay.reports_outcomes);
    let window = relay.calling_window.map(|window| window.to_string());
    assert_eq!(window.as_deref(), Some("09:00-21:00 Asia/Kolkata"));
}

#[test]
fn streams_are_asked_for_at_the_relays_address() {
    let template = Template::read();
    let dials = |needs: &[Need]| needs.contains(&Need::Carrier);
    for (name, _) in FUNCTIONS.iter().filter(|(_, needs)| dials(needs)) {
        let id = template.functions()[name];
        let env = environment(&template, &template.function_variables(id));
        let knowlarity = KnowlarityConfig::from_env(&env).unwrap();
        let expected = "wss://relay.example.org/knowlarity-stream";
        assert_eq!(knowlarity.stream_url, expected, "{name}");
    }
}

#[test]
fn secrets_come_from_secrets_manager_each_under_its_own_name() {
    let template = Template::read();
    let container = template.relay_container();
    let secret = |name: &&str| SECRETS.contains(name);
    for (name, id) in template.functions() {
        for (variable, value) in template.function_variables(id) {
            let key = secret_key(unconditional(&value));
            let expected = Some(variable.as_str()).filter(secret);
            assert_eq!(key, expected, "{variable} of {name}");
        }
    }
    let plain = super::pairs(&container["Environment"], "Name", "Value");
    let unsafe_names: Vec<_> = names(&plain).into_iter().filter(secret).collect();
    assert!(
        unsafe_names.is_empty(),
        "the relay has {unsafe_names:?} in plain text"
    );
    for (variable, value) in super::pairs(&container["Secrets"], "Name", "ValueFrom") {
        assert_eq!(secret_key(&value), Some(variable.as_str()));
    }
}

#[test]
fn the_relay_holds_only_the_secrets_it_needs() {
    let template = Template::read();
    let secrets = super::pairs(&template.relay_container()["Secrets"], "Name", "ValueFrom");
    let needed = BTreeSet::from([
        "ELEVENLABS_API_KEY",
        "TOKEN_SECRET",
        "TOKEN_SECRET_PREVIOUS",
    ]);
    same("secrets of the relay", names(&secrets), needed);
}

#[test]
fn limits_that_are_left_empty_are_none() {
    let template = Template::read();
    for name in ["AgentConcurrency", "DialsPerSecond", "MonitoringWebhookUrl"] {
        assert_eq!(template.0["Parameters"][name]["Default"], "", "{name}");
    }
    let env = Env::from_reader(|_| Some(String::new()));
    let policy = policy(&env).unwrap();
    assert_eq!(
        (policy.agent_concurrency, policy.dials_per_second),
        (None, None)
    );
    assert!(!policy.reports_outcomes);
}
