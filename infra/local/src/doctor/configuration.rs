//! What the environment says: every variable that is missing, unreadable, unknown or contradicts another.

use super::Finding;
use access::TokenKey;
use call::Policy;
use elevenlabs::{ElevenLabsConfig, PostCallConfig};
use functions::config::ApiConfig;
use knowlarity::KnowlarityConfig;
use relay::config::RelayConfig;
use settings::{ConfigError, Env, VARIABLES};
use std::collections::BTreeSet;
use store::StoreConfig;
use traces::TracesConfig;
use webhooks::NotifyConfig;

const LOOK: &str = "settings";

/// What our own variables begin with, so that a misspelt one is found.
const OURS: [&str; 6] = [
    "KNOWLARITY_",
    "ELEVENLABS_",
    "RETRY_",
    "RELAY_",
    "CALLBACK_",
    "CALLING_",
];

pub(super) fn look(env: &Env, names: &[String]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = problems(env).iter().map(|text| of(text)).collect();
    findings.extend(unknown(names));
    findings.extend(contradictions(env));
    if findings.is_empty() {
        let set = VARIABLES
            .iter()
            .filter(|variable| env.is_set(variable.name));
        let found = format!(
            "{} variables are set, all can be read, none contradicts another",
            set.count()
        );
        findings.push(Finding::fine(LOOK, found));
    }
    findings
}

/// What is wrong with any variable of functions and relay, once each.
fn problems(env: &Env) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    note(&mut found, ApiConfig::from_env(env));
    note(&mut found, TokenKey::from_env(env));
    note(&mut found, KnowlarityConfig::from_env(env));
    note(&mut found, NotifyConfig::from_env(env));
    note(&mut found, PostCallConfig::from_env(env));
    note(&mut found, ElevenLabsConfig::from_env(env));
    note(&mut found, StoreConfig::from_env(env));
    note(&mut found, TracesConfig::from_env(env));
    let policy = settings::policy(env);
    note(
        &mut found,
        RelayConfig::from_env(env, policy.as_ref().unwrap_or(&Policy::default())),
    );
    note(&mut found, policy);
    found
}

fn note<T>(found: &mut BTreeSet<String>, group: Result<T, ConfigError>) {
    if let Err(error) = group {
        found.extend(error.problems().iter().cloned());
    }
}

/// A problem, with what the variable is for.
fn of(problem: &str) -> Finding {
    let name = problem.split([' ', ':']).next().unwrap_or_default();
    let variable = VARIABLES.iter().find(|variable| variable.name == name);
    let Some(variable) = variable else {
        return Finding::wrong(LOOK, problem, "correct it");
    };
    let verb = if problem.ends_with("is not set") {
        "set"
    } else {
        "correct"
    };
    Finding::wrong(
        LOOK,
        problem,
        format!("{verb} {name}: {}", variable.meaning),
    )
}

/// Variables that look like ours and are read by nobody.
fn unknown(names: &[String]) -> Vec<Finding> {
    let is_ours = |name: &&String| OURS.iter().any(|ours| name.starts_with(ours));
    let is_read = |name: &str| VARIABLES.iter().any(|variable| variable.name == name);
    let unknown = names.iter().filter(is_ours).filter(|name| !is_read(name));
    let finding = |name: &String| {
        let remedy = "correct its name by the table in infra/aws/README.md, or take it away";
        Finding::wrong(LOOK, format!("{name} is set, and nothing reads it"), remedy)
    };
    unknown.map(finding).collect()
}

/// Settings that are right each by itself, and not together.
fn contradictions(env: &Env) -> Vec<Finding> {
    let (carrier, stream) = (
        env.text("KNOWLARITY_API_URL"),
        env.text("SERVER_WEBSOCKET_URL"),
    );
    let carrier = carrier.unwrap_or_default();
    let is_live = !is_here(&carrier);
    let stream = stream.unwrap_or_default();
    let flag = |name: &str| env.text(name).is_some_and(|text| text == "true");
    let secrets = ["TOKEN_SECRET", "TOKEN_SECRET_PREVIOUS"].map(|name| env.text(name));
    let has_outcomes = env.is_set("MONITORING_WEBHOOK_URL") || env.is_set("CALLBACK_HOSTS");
    let rules = [
        (
            is_live && !stream.is_empty() && is_here(&stream),
            "SERVER_WEBSOCKET_URL is this machine, and the carrier of KNOWLARITY_API_URL is not",
            "set SERVER_WEBSOCKET_URL to a public address of the relay",
        ),
        (
            is_live && stream.starts_with("ws://"),
            "SERVER_WEBSOCKET_URL has no TLS, and voices would go over the internet readable for all",
            "give the relay a certificate, and SERVER_WEBSOCKET_URL wss://",
        ),
        (
            is_live && flag("CALLBACK_ALLOW_PRIVATE"),
            "CALLBACK_ALLOW_PRIVATE lets whoever places a call have this service ask addresses of its own network",
            "take CALLBACK_ALLOW_PRIVATE away where calls are real",
        ),
        (
            is_live && env.text("STREAM_AUTH").is_some_and(|auth| auth == "open"),
            "STREAM_AUTH is open: whoever knows a patient's number could take the call",
            "set STREAM_AUTH to token",
        ),
        (
            secrets[0].is_some() && secrets[0] == secrets[1],
            "TOKEN_SECRET and TOKEN_SECRET_PREVIOUS are the same",
            "take TOKEN_SECRET_PREVIOUS away, or draw a new TOKEN_SECRET",
        ),
        (
            has_outcomes && !env.is_set("WEBHOOK_SIGNING_KEYS"),
            "outcomes have an address, and without WEBHOOK_SIGNING_KEYS none is sent",
            "draw a key with `cargo run -- signing-key`, and put it into WEBHOOK_SIGNING_KEYS",
        ),
    ];
    let broken = rules.into_iter().filter(|(is_broken, ..)| *is_broken);
    broken
        .map(|(_, found, remedy)| Finding::wrong(LOOK, found, remedy))
        .collect()
}

/// Whether an address is one of this machine.
fn is_here(address: &str) -> bool {
    let host = url::Url::parse(address).ok();
    let host = host.as_ref().and_then(url::Url::host);
    match host {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
