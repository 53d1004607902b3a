//! The environment: what the template sets, the code reads, and it is enough to start with.

mod secrets;
mod start;

use super::Template;
use functions::{FUNCTIONS, Need};
use knowlarity::KnowlarityConfig;
use serde_json::{Map, Value};
use settings::{Env, Secret, VARIABLES, policy};
use std::collections::{BTreeSet, HashMap};
use webhooks::{NotifyConfig, draw_signing_key};

/// Values for parameters and resources that only a deployment knows, and for limits that are none
/// unless they are set.
const DEPLOYED: [(&str, &str); 10] = [
    ("AWS::StackName", "outbound"),
    ("AgentConcurrency", "20"),
    ("CallsTable", "calls"),
    ("DialsPerSecond", "5"),
    ("ElevenLabsAgentId", "agent_x"),
    ("KnowlarityCallerId", "+911234567890"),
    ("MaxConcurrentCalls", "30"),
    ("MonitoringWebhookUrl", "https://monitoring.example.org"),
    ("RecordingsBucket", "recordings-of-calls"),
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

/// The secrets that a variable names, by their resources.
fn secrets_named(value: &Value) -> Vec<Secret> {
    let text = value["Ref"].as_str().or(value["Fn::Sub"].as_str());
    let ids = text.unwrap().split(',');
    let ids = ids.map(|id| id.trim_start_matches("${").trim_end_matches('}'));
    let known = |id: &str| {
        Secret::ALL
            .into_iter()
            .find(|secret| resource_of(*secret) == id)
    };
    ids.map(|id| known(id).unwrap_or_else(|| panic!("{id} is no secret")))
        .collect()
}

/// The logical id of a secret.
fn resource_of(secret: Secret) -> String {
    format!("{secret:?}Secret")
}

/// What the variable holds once the stack is deployed with every default.
fn deployed(template: &Template, value: &Value) -> String {
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

/// What a process sees: its variables, and what its secrets fill.
fn values(template: &Template, variables: &Map<String, Value>) -> HashMap<String, String> {
    let plain = variables.iter().filter(|(name, _)| *name != "SECRETS");
    let values = plain.map(|(name, value)| (name.clone(), deployed(template, value)));
    let mut values: HashMap<String, String> = values.collect();
    if let Some(named) = variables.get("SECRETS") {
        values.insert("SECRETS".to_owned(), "read".to_owned());
        for filled in secrets_named(named) {
            let variables = filled.variables().iter();
            values.extend(variables.map(|name| ((*name).to_owned(), secret(name))));
        }
    }
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

#[test]
fn functions_and_relays_tell_the_same_collector_and_by_default_none() {
    let template = Template::read();
    let functions = template.functions().into_values();
    let functions = functions.map(|id| template.function_variables(id));
    for variables in functions.chain([template.relay_variables()]) {
        let endpoint = &variables["OTEL_EXPORTER_OTLP_ENDPOINT"];
        assert_eq!(endpoint["Ref"], "TracesEndpoint");
    }
    assert_eq!(template.0["Parameters"]["TracesEndpoint"]["Default"], "");
}
