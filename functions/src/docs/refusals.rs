//! The errors of each operation: those that it names by their codes, and those that follow from what it takes.

use super::info::{REQUEST_KEY, operations};
use crate::http::{ApiError, Problem};
use std::collections::BTreeMap;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema,
        example::ExampleBuilder,
        path::{Operation, ParameterIn},
    },
};

pub(super) fn add(api: &mut OpenApi) {
    let known = ApiError::known();
    for operation in operations(api) {
        let codes = codes_of(operation);
        operation
            .responses
            .responses
            .retain(|status, _| !is_refusal(status));
        let mut by_status = BTreeMap::<u16, Vec<&ApiError>>::new();
        for code in codes {
            let error = known.iter().find(|error| error.code() == code);
            let error = error.unwrap_or_else(|| panic!("no error has the code {code}"));
            let errors = by_status.entry(error.status().as_u16()).or_default();
            errors.push(error);
        }
        for (status, errors) in by_status {
            let response = response(&errors);
            let responses = &mut operation.responses.responses;
            responses.insert(status.to_string(), RefOr::T(response));
        }
    }
    let components = api.components.get_or_insert_default();
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

fn is_refusal(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

/// The codes that an operation names, as descriptions of its refusals, and those that follow from the rest.
fn codes_of(operation: &Operation) -> Vec<&'static str> {
    let known = ApiError::known();
    let mut codes = Vec::new();
    for (status, response) in &operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        if !is_refusal(status) || !response.content.is_empty() {
            continue;
        }
        for word in response.description.split(", ") {
            let error = known.iter().find(|error| error.code() == word);
            let error = error.unwrap_or_else(|| panic!("no error has the code {word}"));
            codes.push(error.code());
        }
    }
    codes.extend(following(operation));
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// What is refused by whom is asked for a key, takes a body or parameters, or reads the table.
fn following(operation: &Operation) -> Vec<&'static str> {
    let is_description = operation
        .tags
        .iter()
        .flatten()
        .any(|tag| tag == "description");
    if is_description {
        return Vec::new();
    }
    let mut codes = vec!["internal", "unavailable"];
    let ways = operation.security.iter().flatten();
    let ways: Vec<String> = ways
        .map(|way| serde_json::to_string(way).unwrap_or_default())
        .collect();
    let names = |scheme: &str| ways.iter().any(|way| way.contains(scheme));
    if !ways.is_empty() {
        codes.push("unauthorized");
    }
    if names("apiKey") {
        codes.push("forbidden");
    }
    if let Some(RefOr::T(body)) = &operation.request_body {
        codes.extend(["invalid_utf8", "body_too_large", "unsupported_content_type"]);
        let is_json = |kind: &String| kind == "application/json";
        if body.content.keys().any(is_json) {
            codes.push("invalid_json");
        }
        codes.push("invalid_field");
    }
    let parameters = operation.parameters.iter().flatten();
    let parameters = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    for parameter in parameters {
        if matches!(
            parameter.parameter_in,
            ParameterIn::Query | ParameterIn::Header
        ) {
            codes.push("invalid_field");
        }
        if parameter.name == REQUEST_KEY {
            codes.extend(["body_too_large", "idempotency_key_reused"]);
        }
    }
    codes
}

/// The refusals of one status, each with an example.
fn response(errors: &[&ApiError]) -> Response {
    let codes: Vec<String> = errors
        .iter()
        .map(|error| format!("`{}`", error.code()))
        .collect();
    let mut response = ResponseBuilder::new().description(codes.join(", "));
    let (calls, problems): (Vec<&ApiError>, Vec<&ApiError>) = errors
        .iter()
        .partition(|error| matches!(error, ApiError::CallFailed));
    if !problems.is_empty() {
        response = response.content("application/problem+json", content("Problem", &problems));
    }
    if !calls.is_empty() {
        let schema: RefOr<Schema> = Ref::from_schema_name("PlacedCall").into();
        let content = ContentBuilder::new().schema(Some(schema)).build();
        response = response.content("application/json", content);
    }
    response.build()
}

fn content(schema: &str, errors: &[&ApiError]) -> Content {
    let examples = errors.iter().map(|error| {
        let problem = serde_json::to_value(error.problem()).expect("a problem is plain data");
        let example = ExampleBuilder::new().value(Some(problem)).build();
        (error.code(), RefOr::T(example))
    });
    let schema: RefOr<Schema> = Ref::from_schema_name(schema).into();
    ContentBuilder::new()
        .schema(Some(schema))
        .examples_from_iter(examples)
        .build()
}
