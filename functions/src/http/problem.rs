//! An error as it stands on the wire: problem details (RFC 9457), with the `error` object beside them.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use call::{CallState, ids::CallId};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a kind of problem is described, before its code.
pub(crate) const TYPE_PATH: &str = "/api/problems/";

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What every error is answered with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Where this kind of problem is described, at the same host.
    r#type: String,
    /// The kind of problem in words; the same for every problem of the kind.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time. Never holds a value that was sent.
    detail: String,
    /// The kind of problem, as client code may rely on it.
    code: &'static str,
    /// Which field, header or parameter breaks a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    error: ErrorObject,
}

/// The same for clients that do not read problem details.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorObject {
    /// The kind of problem, as client code may rely on it.
    code: &'static str,
    /// What is wrong this time.
    message: String,
    /// Which field, header or parameter breaks a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    /// The call that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<CallId>,
    /// Where that call stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<CallState>,
    /// The numbers of the parts that have not come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<Vec<u16>>,
}

impl ErrorObject {
    pub(super) fn new(code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            field: None,
            session_id: None,
            status: None,
            missing: None,
        }
    }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error: ErrorObject) -> Self {
        Self {
            r#type: format!("{TYPE_PATH}{}", error.code),
            title: title_of(error.code),
            status: status.as_u16(),
            detail: error.message.clone(),
            code: error.code,
            field: error.field.clone(),
            error,
        }
    }
}

/// An answer of a server that did not get as far as a function: `code` names the problem and `detail`
/// says what is wrong, as every error does.
pub fn problem(status: StatusCode, code: &'static str, detail: &str) -> Response {
    Problem::new(status, ErrorObject::new(code, detail.to_owned())).into_response()
}

/// `phone_busy` as `Phone busy`.
pub(crate) fn title_of(code: &str) -> String {
    let words = code.replace('_', " ");
    let (first, rest) = words.split_at_checked(1).unwrap_or_default();
    first.to_uppercase() + rest
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        response
    }
}
