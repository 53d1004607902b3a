//! The cores stay pure: what they must not name, they do not name.

mod circles;

use std::{fs, path::Path};

/// Words that mean waiting, sending, or reading a clock or the environment.
const FORBIDDEN: [&str; 14] = [
    "tokio",
    "aws_",
    "reqwest",
    "axum",
    "hyper",
    "std::env",
    "std::net",
    "std::fs",
    "Instant::now",
    "SystemTime",
    "tracing",
    "traces::",
    "opentelemetry",
    "Uuid::new",
];

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue; // Tests may use what they like.
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
    found
}

/// Shows every source file below a folder, tests included.
pub(crate) fn each_source(folder: &Path, show: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, show);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            show(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// A file without the items that are compiled for its tests only, which may use what they like.
fn production(source: &str) -> String {
    let mut kept = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push_str(line);
            kept.push('\n');
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let ends = [format!("{indent}}}"), format!("{indent}}});")];
        // One line, or a block that ends at its own indent.
        let mut item = lines.next();
        while item.is_some_and(|line| line.trim_start().starts_with("#[")) {
            item = lines.next();
        }
        if item.is_some_and(|first| first.trim_end().ends_with('{')) {
            while item.is_some_and(|line| !ends.iter().any(|end| end == line)) {
                item = lines.next();
            }
        }
    }
    kept
}

#[test]
fn what_follows_the_tests_of_a_file_is_read_too() {
    let source = "fn a() {}\n#[cfg(test)]\nmod tests;\nuse tokio::time;\n#[cfg(test)]\nmod more {\n    use std::fs;\n}\nfn b() {}\n";
    assert_eq!(
        production(source),
        "fn a() {}\nuse tokio::time;\nfn b() {}\n"
    );
}

#[track_caller]
fn check(folder: &str, also_forbidden: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let files = sources(&root.join(folder));
    assert!(!files.is_empty(), "{folder} holds no source");
    for (path, source) in files {
        for word in FORBIDDEN.iter().chain(also_forbidden) {
            assert!(!production(&source).contains(word), "{path} names `{word}`");
        }
    }
}

#[test]
fn the_domain_knows_neither_store_nor_vendor_nor_network() {
    check("shared/call/src", &[]);
    check("shared/campaign/src", &["spreadsheet::"]);
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap()
}

/// What a crate depends on, its tests apart.
fn dependencies(place: &str) -> Vec<String> {
    let manifest = read(&format!("{place}/Cargo.toml"));
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    let names = dependencies.lines().filter_map(|line| line.split_once('.'));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_crate_stands_on_lower_floors_only() {
    // From the ground up: each knows those before it that are named.
    let floors: [(&str, &[&str]); 18] = [
        ("infra/simulators", &[]),
        ("shared/spreadsheet", &[]),
        ("shared/call", &[]),
        ("shared/campaign", &["call"]),
        ("shared/settings", &["call"]),
        ("shared/logging", &["call"]),
        ("shared/traces", &["call", "settings"]),
        ("shared/secrets", &["call", "logging", "settings"]),
        ("shared/access", &["call", "settings"]),
        (
            "shared/store",
            &["call", "campaign", "logging", "settings", "traces"],
        ),
        ("shared/knowlarity", &["call", "settings"]),
        ("shared/elevenlabs", &["call", "settings"]),
        ("shared/webhooks", &["call", "settings"]),
        ("shared/recordings", &["call", "settings"]),
        ("shared/agent_tools", &["access", "call", "store", "traces"]),
        ("infra/agent", &["agent_tools", "call", "elevenlabs"]),
        (
            "relay",
            &[
                "access",
                "agent_tools",
                "call",
                "elevenlabs",
                "knowlarity",
                "logging",
                "recordings",
                "secrets",
                "settings",
                "store",
                "traces",
            ],
        ),
        (
            "functions",
            &[
                "access",
                "agent_tools",
                "call",
                "campaign",
                "elevenlabs",
                "knowlarity",
                "logging",
                "recordings",
                "secrets",
                "settings",
                "spreadsheet",
                "store",
                "traces",
                "webhooks",
            ],
        ),
    ];
    let ours = read("Cargo.toml");
    let is_ours = |name: &String| ours.contains(&format!("\n{name} = {{ path"));
    for (place, allowed) in floors {
        let mut known = dependencies(place);
        known.retain(is_ours);
        assert_eq!(known, allowed, "{place}");
    }
}

#[test]
fn the_domain_is_built_of_values_alone() {
    let values = [
        "jiff",
        "phonenumber",
        "serde",
        "serde_json",
        "thiserror",
        "utoipa",
        "uuid",
    ];
    assert_eq!(dependencies("shared/call"), values);
    let values = ["call", "jiff", "serde", "serde_json", "thiserror", "utoipa"];
    assert_eq!(dependencies("shared/campaign"), values);
}

#[test]
fn the_bridge_knows_neither_socket_nor_call_nor_wire() {
    check(
        "relay/src/bridge",
        &[
            "call::Call",
            "store::",
            "knowlarity::",
            "elevenlabs::",
            "tungstenite",
            "serde_json",
        ],
    );
}

#[test]
fn no_task_of_the_relay_is_without_an_owner() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (path, source) in sources(&root.join("relay/src")) {
        for word in ["tokio::spawn", "task::spawn", "Handle::current"] {
            assert!(!production(&source).contains(word), "{path} names `{word}`");
        }
    }
}

#[test]
fn the_messages_of_both_vendors_know_no_socket() {
    check("shared/knowlarity/src/stream", &["store::", "tungstenite"]);
    check("shared/knowlarity/src/report", &["store::", "tungstenite"]);
}
