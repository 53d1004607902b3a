//! The tables of the documents say what the code says.

use crate::documents::{document, documents};
use settings::VARIABLES;
use std::{collections::BTreeSet, fs, path::Path};

/// The row that the table must have for a variable.
fn row(variable: &settings::Variable) -> String {
    let default = variable
        .default
        .map_or("–".to_owned(), |default| format!("`{default}`"));
    format!("| `{}` | {default} | {} |", variable.name, variable.meaning)
}

#[test]
fn the_configuration_table_is_that_of_the_code() {
    let text = document("infra/aws/README.md");
    let expected: Vec<String> = VARIABLES.iter().map(row).collect();
    let table = text
        .split("| variable | default | meaning |")
        .nth(1)
        .unwrap();
    let found: Vec<&str> = table
        .lines()
        .skip(2)
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_route_of_the_functions_is_described() {
    let text = document("functions/README.md");
    for route in functions::ROUTES {
        let path = route.path.replace("/{secret}", "[/{secret}]");
        assert!(
            text.contains(&path),
            "functions/README.md does not mention {}",
            route.path
        );
    }
}

/// What stands in quotes in the function of a source file that begins so.
fn quoted<'a>(source: &'a str, function: &str) -> Vec<&'a str> {
    let body = source.split(function).nth(1).unwrap();
    let body = body.split("\n    }\n").next().unwrap();
    body.split('"').skip(1).step_by(2).collect()
}

/// The variants of an enum without fields, as the API writes them.
fn variants(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).unwrap();
    let body = body.split("\n}\n").next().unwrap();
    let names = body
        .lines()
        .filter_map(|line| line.trim().strip_suffix(','));
    let snake = |c: char| {
        let gap = if c.is_uppercase() { "_" } else { "" };
        format!("{gap}{}", c.to_lowercase())
    };
    names
        .map(|name| name.chars().map(snake).collect::<String>())
        .map(|name| name.trim_start_matches('_').to_owned())
        .collect()
}

#[test]
fn every_error_cause_and_outcome_of_the_api_is_described() {
    let text = document("functions/README.md");
    let errors = document("functions/src/http/error.rs");
    let outcomes = document("shared/call/src/attempt.rs");
    let causes = variants(&document("shared/call/src/state.rs"), "EndCause");
    let codes = quoted(&errors, "fn code(&self)");
    let outcomes = quoted(&outcomes, "const fn label(self)");
    assert!(causes.len() > 10 && codes.len() > 10 && outcomes.len() > 10);
    for word in codes.into_iter().chain(outcomes).map(str::to_owned) {
        assert!(text.contains(&format!("`{word}`")), "{word}");
    }
    let record = text.split("## The record").nth(1).unwrap();
    for cause in causes {
        assert!(record.contains(&format!("`{cause}`")), "{cause}");
    }
}

#[test]
fn every_proof_that_is_named_exists() {
    let text = document("tests/README.md");
    let promises = text.split("| promise | proof |").nth(1).unwrap();
    let promises = promises.split("\n\n").next().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut code = String::new();
    for folder in ["shared", "relay/src", "functions/src", "tests/it"] {
        crate::boundaries::each_source(&root.join(folder), &mut |source| code.push_str(source));
    }
    for name in promises.split('`').skip(1).step_by(2) {
        let is_file = root.join(name).exists();
        let is_test = name.ends_with('*') || code.contains(&format!("fn {name}("));
        assert!(
            is_file || is_test,
            "tests/README.md names {name}, which does not exist"
        );
    }
}

/// Variables that are read by others: tools, and the tests themselves.
const FOREIGN: [&str; 10] = [
    "AWS_",
    "CAPABILITY_",
    "CARGO_",
    "CRASH_",
    "DEPLOY_",
    "INSTA_",
    "RUST_",
    "SIMULATION_",
    "TEST_",
    "XDG_",
];

/// Words of a document that are written as environment variables are.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(move |c| !is_part(c));
    words.filter(|word| word.trim_matches('_').contains('_'))
}

#[test]
fn every_variable_that_a_document_names_is_read() {
    let is_known = |name: &str| VARIABLES.iter().any(|variable| variable.name == name);
    let is_foreign = |name: &str| FOREIGN.iter().any(|prefix| name.starts_with(prefix));
    let mut unread = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let wrong = variables(&text).filter(|name| !is_known(name) && !is_foreign(name));
        unread.extend(wrong.map(|name| format!("{}: {name}", path.display())));
    }
    assert_eq!(unread, Vec::<String>::new());
}

#[test]
fn the_carriers_guide_names_every_setting_of_the_carriers() {
    let guide = document("shared/knowlarity/README.md");
    let of_carrier = ["KNOWLARITY_", "STREAM_", "WELCOME_", "CARRIER_"];
    for variable in VARIABLES {
        let is_carriers = of_carrier.iter().any(|p| variable.name.starts_with(p));
        assert!(
            !is_carriers || variables(&guide).any(|name| name == variable.name),
            "the guide does not name {}",
            variable.name
        );
    }
}

/// Most bytes of the README (9 KB): a newcomer reads it to its end, and finds the rest by its map.
const README_BYTES_MAX: usize = 9_000;

#[test]
fn the_readme_is_short_and_names_its_two_commands_on_lines_of_their_own() {
    let readme = document("README.md");
    assert!(readme.len() <= README_BYTES_MAX, "{}", readme.len());
    for command in ["cargo run", "cargo test --workspace"] {
        assert!(readme.lines().any(|line| line == command), "{command}");
    }
}

#[test]
fn hosted_checks_are_those_of_every_machine() {
    let workflow = document(".github/workflows/ci.yml");
    assert!(workflow.lines().any(|line| line.trim() == "- run: .ci/run"));
}

/// The arrows of the diagram of states.
fn arrows(text: &str) -> BTreeSet<(String, String)> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().split_once(" --> "));
    let states = lines.map(|(from, rest)| (from, rest.split(':').next().unwrap()));
    states
        .filter(|(from, to)| !from.contains('*') && !to.contains('*'))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect()
}

#[test]
fn the_diagram_of_states_is_the_table_of_states_and_events() {
    let table = document("shared/call/src/snapshots/call__tests__every_state_and_event.snap");
    let states = call::CallState::ALL.map(call::CallState::label);
    let rows = table.lines().map(|line| line.split_whitespace().collect());
    let mut expected: BTreeSet<(String, String)> = rows
        .filter_map(|row: Vec<&str>| Some((*row.first()?, *row.get(2)?)))
        .filter(|(from, to)| from != to && states.contains(from) && states.contains(to))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    // The table's calls were never given up; who was and picks up late is talked to.
    expected.insert(("initiating".to_owned(), "connected".to_owned()));
    assert_eq!(arrows(&document("shared/README.md")), expected);
}
