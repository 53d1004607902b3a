//! Reading the body of a request, within bounds.

use super::{ApiError, BODY_BYTES_MAX, Violation};
use axum::body::{Body, Bytes};
use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::{Map, Value};

/// Reads a whole body, within `bytes_max`.
pub(crate) async fn read_bytes(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, ApiError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok());
    let announced: Option<usize> = announced.and_then(|length| length.parse().ok());
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(ApiError::TooLarge(bytes_max));
    }
    // The only other failure is a client that went away, who reads no answer.
    let read = axum::body::to_bytes(body, bytes_max).await;
    read.map_err(|_| ApiError::TooLarge(bytes_max))
}

/// Reads a whole body as text, within [`BODY_BYTES_MAX`].
pub(crate) async fn read_text(headers: &HeaderMap, body: Body) -> Result<String, ApiError> {
    let bytes = read_bytes(headers, body, BODY_BYTES_MAX).await?;
    String::from_utf8(bytes.into()).map_err(|_| ApiError::NotUtf8)
}

/// Reads a body that must be one JSON object, announced as JSON.
pub(crate) async fn read_object(
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, ApiError> {
    if !is_json(headers) {
        return Err(ApiError::ContentType);
    }
    object(parse(&read_text(headers, body).await?)?)
}

/// Like [`read_object`], for a body that may be left out, and its content type with it, or be `null`.
pub(crate) async fn read_object_if_any(
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, ApiError> {
    let text = read_text(headers, body).await?;
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    if !is_json(headers) {
        return Err(ApiError::ContentType);
    }
    let body = parse(&text)?;
    if body.is_null() {
        return Ok(Map::new());
    }
    object(body)
}

/// Takes the top level of a body apart.
fn object(value: Value) -> Result<Map<String, Value>, ApiError> {
    let Value::Object(object) = value else {
        return Err(Violation::new("body", "a JSON object").into());
    };
    Ok(object)
}

fn parse(text: &str) -> Result<Value, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::NotJson {
        line: error.line(),
        column: error.column(),
    })
}

/// Whether the content type is `application/json` or one of its `+json` kin.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
