//! What each function and the relay are given is enough to start with, and nothing else.

use super::*;
use crate::template::same;
use access::TokenKey;
use elevenlabs::{ElevenLabsConfig, PostCallConfig};
use functions::check_settings;
use std::sync::{Arc, Mutex};
use store::StoreConfig;

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
        let mut read = read_by(&template, name, needs);
        if needs.iter().any(|need| need.secret().is_some()) {
            read.insert("SECRETS".to_owned());
        }
        // By the log, before anything else.
        read.insert("METRICS_NAMESPACE".to_owned());
        let read = read.intersection(&any).cloned().collect();
        same(&format!("variables of {name}"), given(name), read);
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
fn every_function_uses_the_table_and_only_who_completes_records_has_accounts() {
    let template = Template::read();
    for (name, id) in template.functions() {
        let env = environment(&template, &template.function_variables(id));
        let post_call = PostCallConfig::from_env(&env).unwrap();
        let (takes, asks) = (
            !post_call.secrets.is_empty(),
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
