//! A real exchange for each operation, and each event as it was received.

use super::info::operations;
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};
use utoipa::openapi::{Content, OpenApi, RefOr, example::ExampleBuilder};

/// By the operation's id or the event's name: `request`, if it has a body, `status` and `response`.
static EXAMPLES: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let text = include_str!("examples.json");
    serde_json::from_str(text).expect("the examples are JSON")
});

/// The example of an operation or an event.
pub(super) fn of(name: &str) -> Option<&'static Value> {
    EXAMPLES.get(name)
}

pub(super) fn add(api: &mut OpenApi) {
    for operation in operations(api) {
        let Some(example) = operation.operation_id.as_deref().and_then(of) else {
            continue;
        };
        if let (Some(RefOr::T(body)), Some(request)) =
            (&mut operation.request_body, example.get("request"))
        {
            let contents = body.content.iter_mut();
            contents.for_each(|(kind, content)| show(kind, content, request));
        }
        let status = example["status"].to_string();
        if let (Some(RefOr::T(response)), Some(shown)) = (
            operation.responses.responses.get_mut(&status),
            example.get("response"),
        ) {
            let contents = response.content.iter_mut();
            contents.for_each(|(kind, content)| show(kind, content, shown));
        }
    }
}

fn show(kind: &str, content: &mut RefOr<Content>, value: &Value) {
    if let ("application/json", RefOr::T(content)) = (kind, content) {
        let example = ExampleBuilder::new().value(Some(value.clone())).build();
        content
            .examples
            .insert("real".to_owned(), RefOr::T(example));
    }
}
