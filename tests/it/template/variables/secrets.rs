//! Secrets come from Secrets Manager, to those who work with them.

use super::*;
use crate::template::{pairs, same};

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
    let plain = pairs(&container["Environment"], "Name", "Value");
    let unsafe_names: Vec<_> = names(&plain).into_iter().filter(secret).collect();
    assert!(
        unsafe_names.is_empty(),
        "the relay has {unsafe_names:?} in plain text"
    );
    for (variable, value) in pairs(&container["Secrets"], "Name", "ValueFrom") {
        assert_eq!(secret_key(&value), Some(variable.as_str()));
    }
}

#[test]
fn the_relay_holds_only_the_secrets_it_needs() {
    let template = Template::read();
    let secrets = pairs(&template.relay_container()["Secrets"], "Name", "ValueFrom");
    let needed = BTreeSet::from([
        "ELEVENLABS_API_KEY",
        "TOKEN_SECRET",
        "TOKEN_SECRET_PREVIOUS",
    ]);
    same("secrets of the relay", names(&secrets), needed);
}
