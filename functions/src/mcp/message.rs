//! The JSON-RPC message in a request's body, and what is answered when there is none.

use crate::http::{self, ApiError};
use axum::{
    Json,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use rmcp::model::ErrorCode;
use serde_json::{Value, json};

/// What is said of a tool that is not there; the name that was asked for is not repeated.
pub(super) const NO_SUCH_TOOL: &str = "there is no such tool";

/// Reads a body within the limit that every route has, whatever the protocol's library would take,
/// and answers what is no message in the protocol's own form.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Response> {
    let bytes = http::read_bytes(headers, body, http::BODY_BYTES_MAX).await;
    let bytes = bytes.map_err(IntoResponse::into_response)?;
    match serde_json::from_slice::<Value>(&bytes) {
        Err(_) => Err(refusal(ErrorCode::PARSE_ERROR)),
        Ok(_) if !http::is_json(headers) => Err(ApiError::ContentType.into_response()),
        Ok(_) => Ok(bytes),
    }
}

/// 400 with a JSON-RPC error that names no request, because none could be read.
pub(super) fn refusal(code: ErrorCode) -> Response {
    let error = json!({ "code": code.0, "message": words(code).unwrap_or_default() });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// Gives an error its own words: those of the protocol's library repeat what was asked.
pub(super) fn plain(answer: &mut Value) {
    let Some(error) = answer.get_mut("error").and_then(Value::as_object_mut) else {
        return;
    };
    let code = error.get("code").and_then(Value::as_i64);
    let code = code.and_then(|code| i32::try_from(code).ok());
    let is_ours = error
        .get("message")
        .is_some_and(|said| said == NO_SUCH_TOOL);
    if let (Some(words), false) = (code.and_then(|code| words(ErrorCode(code))), is_ours) {
        error.insert("message".to_owned(), words.into());
        error.remove("data");
    }
}

/// What is said for an error of the protocol; nothing for those whose text a client reads, such as
/// the versions that are spoken here.
fn words(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::PARSE_ERROR => "the body is not valid JSON",
        ErrorCode::INVALID_REQUEST => "the body is not a JSON-RPC message of the protocol",
        ErrorCode::METHOD_NOT_FOUND => "there is no such method",
        ErrorCode::INVALID_PARAMS => "the method does not take these parameters",
        ErrorCode::HEADER_MISMATCH => "the headers do not belong to the message",
        ErrorCode::INTERNAL_ERROR => "the request could not be served",
        _ => return None,
    })
}
