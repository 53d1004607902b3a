//! Whether a value is what a schema of the description says, and holds nothing that it does not name.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub(super) struct Schemas<'a>(pub(super) &'a Value);

impl<'a> Schemas<'a> {
    /// What is wrong with a value, by its place.
    pub(super) fn faults_in(&self, schema: &'a Value, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(schema, value, "", &mut faults);
        faults
    }

    fn check(&self, schema: &'a Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.led(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice| self.faults_in(choice, value).is_empty();
            if !choices.iter().any(fits) {
                let best = choices.iter().map(|choice| self.faults_in(choice, value));
                let best = best.min_by_key(Vec::len).unwrap();
                faults.extend(best.iter().map(|fault| format!("{at}{fault}")));
            }
            return;
        }
        if !is_of_type(schema, value) {
            faults.push(format!("{at} is {value}, and the type {}", schema["type"]));
            return;
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            faults.push(format!("{at} is {value}, none of its words"));
        }
        match value {
            // Whatever it holds.
            _ if schema.as_object().is_none_or(Map::is_empty) => {}
            Value::Object(fields) => self.check_fields(schema, fields, at, faults),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(&schema["items"], item, &format!("{at}[{index}]"), faults);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn check_fields(
        &self,
        schema: &'a Value,
        fields: &Map<String, Value>,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        let mut known = BTreeMap::new();
        let mut required = Vec::new();
        self.gather(schema, &mut known, &mut required);
        for name in required {
            if !fields.contains_key(name) {
                faults.push(format!("{at}.{name} is missing"));
            }
        }
        let others = schema.get("additionalProperties");
        for (name, value) in fields {
            let at = format!("{at}.{name}");
            match (known.get(name.as_str()), others) {
                (Some(schema), _) => self.check(schema, value, &at, faults),
                (None, Some(Value::Bool(false)) | None) => {
                    faults.push(format!("{at} is not described"));
                }
                (None, Some(schema)) => self.check(schema, value, &at, faults),
            }
        }
    }

    /// The fields that an object has, those of its parts too, and which of them must be there.
    fn gather(
        &self,
        schema: &'a Value,
        known: &mut BTreeMap<&'a str, &'a Value>,
        required: &mut Vec<&'a str>,
    ) {
        let schema = self.led(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.gather(part, known, required);
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            known.insert(name, field);
        }
        let names = schema["required"].as_array().into_iter().flatten();
        required.extend(names.map(|name| name.as_str().unwrap()));
    }

    fn led(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(to) => self.led(self.0.pointer(to.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }
}

fn is_of_type(schema: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("no type {other}"),
    };
    match schema["type"].as_array() {
        Some(kinds) => kinds.iter().any(is),
        None => schema["type"].is_null() || is(&schema["type"]),
    }
}

#[test]
fn what_a_schema_does_not_say_is_a_fault() {
    let document = serde_json::json!({ "a": { "type": "object", "required": ["b"], "properties": {
        "b": { "type": ["string", "null"] },
        "c": { "type": "array", "items": { "type": "integer" } },
    }}});
    let schemas = Schemas(&document);
    let part = serde_json::json!({ "allOf": [{ "$ref": "#/a" }, { "properties": { "d": {} } }] });
    let faults = |value: Value| schemas.faults_in(&part, &value);
    assert_eq!(
        faults(serde_json::json!({ "b": null, "c": [1], "d": true })),
        [""; 0]
    );
    assert_eq!(faults(serde_json::json!({})), [".b is missing"]);
    assert_eq!(
        faults(serde_json::json!({ "b": "", "e": 1 })),
        [".e is not described"]
    );
    assert_eq!(
        faults(serde_json::json!({ "b": "", "c": [1, "2"] })),
        [".c[1] is \"2\", and the type \"integer\""]
    );
}
