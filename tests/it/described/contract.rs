//! What the API takes and gives, line by line: whoever changes a word of it sees that in a review.

use functions::docs::openapi;
use serde_json::{Map, Value};
use std::fmt::Write;

#[test]
fn nothing_that_is_promised_changes_unseen() {
    let document = serde_json::to_value(openapi()).unwrap();
    let mut text = String::new();
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            let method = method.to_uppercase();
            writeln!(text, "{method} {path}").unwrap();
            lines_of(operation, &mut text);
        }
    }
    for (event, item) in object(&document["webhooks"]) {
        writeln!(text, "event {event}").unwrap();
        object(item)
            .values()
            .for_each(|operation| lines_of(operation, &mut text));
    }
    for (name, schema) in object(&document["components"]["schemas"]) {
        writeln!(text, "{name} = {}", shape(schema)).unwrap();
    }
    insta::assert_snapshot!("contract", text);
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// What an operation takes and answers.
fn lines_of(operation: &Value, text: &mut String) {
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (place, name) = (&parameter["in"], &parameter["name"]);
        let must = if parameter["required"] == true {
            "!"
        } else {
            ""
        };
        let (place, name) = (place.as_str().unwrap(), name.as_str().unwrap());
        writeln!(
            text,
            "  {place} {name}{must} {}",
            shape(&parameter["schema"])
        )
        .unwrap();
    }
    for (kind, body) in contents(&operation["requestBody"]) {
        writeln!(text, "  takes {kind} {}", shape(&body["schema"])).unwrap();
    }
    for (status, response) in object(&operation["responses"]) {
        let bodies =
            contents(response).map(|(kind, body)| format!(" {kind} {}", shape(&body["schema"])));
        writeln!(text, "  {status}{}", bodies.collect::<String>()).unwrap();
    }
}

fn contents(of: &Value) -> impl Iterator<Item = (&String, &Value)> {
    of["content"].as_object().into_iter().flatten()
}

/// A schema in a line, without what it says in words.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    for (several, sign) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(parts) = schema[several].as_array() {
            return parts.iter().map(shape).collect::<Vec<_>>().join(sign);
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values.iter().map(Value::to_string);
        return values.collect::<Vec<_>>().join("|");
    }
    let mut line = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            kinds.collect::<Vec<_>>().join("|")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "any".to_owned(),
    };
    if schema.get("items").is_some() {
        line = format!("{line} of {}", shape(&schema["items"]));
    }
    for bound in [
        "format",
        "const",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    ] {
        if let Some(value) = schema.get(bound) {
            write!(line, " {bound}={value}").unwrap();
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        let required: Vec<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        for (name, property) in properties {
            let must = if required.iter().any(|r| *r == name) {
                "!"
            } else {
                ""
            };
            write!(
                line,
                "\n    {name}{must} {}",
                shape(property).replace('\n', "\n    ")
            )
            .unwrap();
        }
    }
    line
}
