//! The tables of the documents say what the code says.

use settings::VARIABLES;
use std::{fs, path::Path};

/// A document, by its path in the tree.
fn document(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(path)).unwrap()
}

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
