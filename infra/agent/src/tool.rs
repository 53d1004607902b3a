//! Tools as the platform stores them (`ClientToolConfigInput`, `WebhookToolConfigInput`).

use super::options::BaseUrl;
use agent_tools::Tool;
use elevenlabs::ANSWER_TOKEN;
use serde_json::{Map, Value, json};

/// Longest wait of the agent for a tool, in seconds. The platform takes 5 to 300 for webhooks and
/// MCP, 1 to 120 for client tools; a patient does not wait longer.
const WITHIN_S: u32 = 20;

/// Header that carries how many turns the agent has had, for the same answer sent twice.
const TURN_HEADER: &str = "x-agent-turn";

/// The headers that say which call is meant. Both values are the conversation's own: a dynamic
/// variable is named as `ConvAiDynamicVariable`, and a `secret__…` one never reaches the model.
pub(super) fn headers() -> Value {
    json!({
        "Authorization": { "variable_name": ANSWER_TOKEN },
        TURN_HEADER: { "variable_name": "system__agent_turns" },
    })
}

/// Settings that every kind of tool takes. Saving takes milliseconds, so nothing is said before it.
pub(super) fn pace() -> Map<String, Value> {
    let pace = json!({
        "response_timeout_secs": WITHIN_S,
        "pre_tool_speech": "off",
        "execution_mode": "immediate",
    });
    let Value::Object(pace) = pace else {
        unreachable!("written as an object");
    };
    pace
}

fn config(kind: &str, tool: &Tool) -> Map<String, Value> {
    let mut config = pace();
    config.insert("type".to_owned(), kind.into());
    config.insert("name".to_owned(), tool.name.into());
    config.insert("description".to_owned(), tool.description.into());
    // The platform hides a tool's error from the model unless told otherwise; ours says what is
    // expected of an answer, and the agent is to ask again.
    config.insert("tool_error_handling_mode".to_owned(), "passthrough".into());
    config
}

/// A tool that the relay answers.
pub(super) fn client(tool: &Tool) -> Value {
    let mut config = config("client", tool);
    config.insert("expects_response".to_owned(), true.into());
    if has_parameters(tool) {
        config.insert(
            "parameters".to_owned(),
            object(&tool.schema, "The arguments"),
        );
    }
    Value::Object(config)
}

/// A tool that the functions answer.
pub(super) fn webhook(tool: &Tool, base: &BaseUrl) -> Value {
    let mut config = config("webhook", tool);
    let schema = json!({
        "url": base.at(&format!("/api/tools/{}", tool.name)),
        "method": "POST",
        "content_type": "application/json",
        "request_headers": headers(),
        "request_body_schema": object(&tool.schema, "The arguments"),
    });
    config.insert("api_schema".to_owned(), schema);
    Value::Object(config)
}

fn has_parameters(tool: &Tool) -> bool {
    let properties = tool.schema.get("properties").and_then(Value::as_object);
    properties.is_some_and(|properties| !properties.is_empty())
}

/// The platform's own form of an object's schema (`ObjectJsonSchemaPropertyInput`). It knows no
/// bounds: what is out of bounds is answered by the tool.
fn object(schema: &Map<String, Value>, fallback: &str) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    let properties: Map<String, Value> = properties
        .map(|(name, schema)| (name.clone(), property(name, schema)))
        .collect();
    json!({
        "type": "object",
        "description": described(schema.get("description"), fallback),
        "required": schema.get("required").cloned().unwrap_or_else(|| json!([])),
        "properties": properties,
    })
}

fn property(name: &str, schema: &Value) -> Value {
    match schema.as_object() {
        Some(nested) if schema["type"] == "object" => object(nested, name),
        _ if schema["type"] == "array" => json!({
            "type": "array",
            "description": described(schema.get("description"), name),
            "items": property(name, &schema["items"]),
        }),
        _ => literal(name, schema),
    }
}

/// `LiteralJsonSchemaProperty`. One type only: a value that may be a number or words, because it
/// depends on the question, is sent as words, and every tool reads numbers from words.
fn literal(name: &str, schema: &Value) -> Value {
    let kind = &schema["type"];
    let kinds: &[Value] = kind
        .as_array()
        .map_or(std::slice::from_ref(kind), Vec::as_slice);
    let first = kinds.iter().find(|kind| kind.is_string());
    let words = kinds.iter().find(|kind| *kind == "string");
    let kind = words.or(first).cloned();
    let kind = kind.unwrap_or_else(|| json!("string"));
    let mut literal = json!({
        "type": kind,
        "description": described(schema.get("description"), name),
    });
    if let Some(values) = schema.get("enum") {
        literal["enum"] = values.clone();
    }
    literal
}

/// A property without a description would have no source for its value.
fn described(description: Option<&Value>, fallback: &str) -> Value {
    description.cloned().unwrap_or_else(|| fallback.into())
}
