//! The API's description against a running system: each operation and each event once, answered as its
//! example, with nothing that is not described.
//!
//! `EXAMPLES_UPDATE=1` writes the examples anew, `INSTA_UPDATE=always` the contract; look at them before they are
//! committed.

mod contract;
mod example;
mod exchanges;
mod schema;

use example::{places, plain};
use exchanges::Exchanges;
use schema::Schemas;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, fs};

const EXAMPLES: &str = "../functions/src/docs/examples.json";

fn document() -> Value {
    serde_json::to_value(functions::docs::openapi()).unwrap()
}

/// Every operation's method, path and description, by its id.
fn operations(document: &Value) -> impl Iterator<Item = (&str, String, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| {
            let id = operation["operationId"].as_str().unwrap();
            (id, method.to_uppercase(), path.as_str(), operation)
        })
    })
}

/// What is wrong with an answer of this status, by the operation's description.
fn faults(schemas: &Schemas<'_>, operation: &Value, status: u16, body: &Value) -> Vec<String> {
    let Some(answer) = operation["responses"].get(status.to_string()) else {
        return vec![format!("{status} is not described")];
    };
    let kind = if status < 400 {
        "application/json"
    } else {
        "application/problem+json"
    };
    match answer["content"].get(kind) {
        None if body.is_null() => Vec::new(),
        None => vec![format!("{status} has a body that is not described")],
        Some(content) => schemas.faults_in(&content["schema"], body),
    }
}

#[tokio::test]
async fn every_operation_and_event_is_as_described_and_as_its_example() {
    crate::privacy::watch();
    let document = document();
    let schemas = Schemas(&document);
    let real = Exchanges::of_a_day(&document).await;
    let mut wrong = Vec::new();
    for (id, _, _, operation) in operations(&document) {
        // They answer with files, and with no stream.
        if operation["tags"][0] == "description" || id == "mcpStream" {
            continue;
        }
        let Some(exchange) = real.of(id) else {
            wrong.push(format!("{id} was not asked"));
            continue;
        };
        let status = u16::try_from(exchange["status"].as_u64().unwrap()).unwrap();
        let found = faults(&schemas, operation, status, &exchange["response"]);
        wrong.extend(found.iter().map(|fault| format!("{id}: {fault}")));
        if let (Some(request), Some(content)) = (
            exchange.get("request"),
            operation["requestBody"]["content"].get("application/json"),
        ) {
            let found = schemas.faults_in(&content["schema"], request);
            wrong.extend(found.iter().map(|fault| format!("{id} is sent: {fault}")));
        }
    }
    for (name, item) in document["webhooks"].as_object().unwrap() {
        let Some(event) = real.of(name) else {
            wrong.push(format!("{name} did not come"));
            continue;
        };
        let content = &item["post"]["requestBody"]["content"]["application/json"];
        let found = schemas.faults_in(&content["schema"], &event["response"]);
        wrong.extend(found.iter().map(|fault| format!("{name}: {fault}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
    compare(&real.all());
}

/// Each example has the fields of what was really sent and answered, and no others.
fn compare(real: &Map<String, Value>) {
    let shown = plain(&Value::Object(real.clone()));
    if std::env::var_os("EXAMPLES_UPDATE").is_some() {
        let text = serde_json::to_string_pretty(&shown).unwrap();
        fs::write(EXAMPLES, text + "\n").unwrap();
        return;
    }
    let examples: Value = serde_json::from_str(&fs::read_to_string(EXAMPLES).unwrap()).unwrap();
    let (examples, shown) = (examples.as_object().unwrap(), shown.as_object().unwrap());
    let names = |of: &Map<String, Value>| of.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(examples), names(shown));
    for (name, example) in examples {
        assert_eq!(places(example), places(&shown[name]), "{name}");
    }
}
