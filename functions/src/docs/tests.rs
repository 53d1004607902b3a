use super::*;
use crate::{ROUTES, tests::call};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

/// Every operation, by method and path.
fn operations(document: &Value) -> BTreeMap<(String, String), &Value> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| ((method.to_uppercase(), path.clone()), operation))
    });
    all.collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let described: BTreeSet<_> = operations(&document).into_keys().collect();
    let served = ROUTES.iter().filter(|route| route.function != "page");
    let served = served.map(|route| (route.method.to_owned(), route.path.to_owned()));
    assert_eq!(described, served.collect());
}

#[test]
fn every_operation_says_what_it_does_and_for_whom() {
    let document = document();
    let known: Vec<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut ids = BTreeSet::new();
    for (route, operation) in operations(&document) {
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|says| !says.is_empty()),
            "{route:?}"
        );
        assert!(known.contains(&&operation["tags"][0]), "{route:?}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{route:?}"
        );
        let is_open = operation["tags"][0] == "description" || operation["security"].is_null();
        let refuses = operation["responses"].get("401").is_some();
        let is_carrier = route.1.starts_with("/api/knowlarity");
        assert!(refuses != is_open || is_carrier, "{route:?}");
    }
}

#[test]
fn every_word_has_its_meaning() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let told: BTreeMap<_, BTreeSet<_>> = words::all()
        .map(|(name, words)| (*name, words.iter().map(|(word, _)| *word).collect()))
        .collect();
    // What they mean is what they say.
    let plain = ["Weekday"];
    for (name, schema) in schemas {
        let Some(values) = schema["enum"].as_array() else {
            continue;
        };
        if plain.contains(&name.as_str()) {
            continue;
        }
        let values: BTreeSet<_> = values.iter().map(|value| value.as_str().unwrap()).collect();
        assert_eq!(told.get(name.as_str()), Some(&values), "{name}");
    }
    let unused: Vec<_> = told
        .keys()
        .filter(|name| !schemas.contains_key(**name))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(to)) = fields.get("$ref") {
                    found.insert(to);
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    let name = |to: &&str| to.strip_prefix("#/components/schemas/").unwrap().to_owned();
    let found: BTreeSet<String> = found.iter().map(name).collect();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let known: BTreeSet<String> = schemas.keys().cloned().collect();
    assert_eq!(
        found.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}

#[test]
fn every_operation_that_answers_with_json_has_an_example() {
    for (route, operation) in operations(&document()) {
        let answers = operation["responses"].as_object().unwrap().iter();
        let good = answers.filter(|(status, _)| status.starts_with('2'));
        let contents = good.filter_map(|(_, answer)| answer["content"].get("application/json"));
        let contents: Vec<_> = contents.collect();
        let is_shown = contents
            .iter()
            .any(|content| content.get("examples").is_some());
        let is_itself = operation["operationId"] == "getDescription";
        assert!(is_shown || contents.is_empty() || is_itself, "{route:?}");
    }
}

#[test]
fn bodies_take_no_field_that_is_not_described() {
    let document = document();
    for name in [
        "PlaceCall",
        "PatientData",
        "CampaignBody",
        "AnnouncedFile",
        "PlanBody",
        "PauseBody",
    ] {
        let schema = &document["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
}

#[tokio::test]
async fn what_a_browser_is_shown_comes_from_here_alone() {
    for path in [
        "/api/docs/index.html",
        "/api/docs/swagger-initializer.js",
        "/api/problems/phone_busy",
    ] {
        let answer = call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{path}");
        assert!(
            !policy.contains("http") && !policy.contains("script-src"),
            "{path}"
        );
    }
    for path in ["/api/docs/nothing.js", "/api/problems/nothing"] {
        call("GET", path, None).await.is(404, "no_such_route");
    }
}
