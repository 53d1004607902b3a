//! JSON in, JSON out, and the one place where an error becomes a status code.

mod body;
mod error;
mod known;
mod path;
mod problem;
mod span;
mod violation;

pub(crate) use body::{is_json, read_bytes, read_object, read_object_if_any, read_text};
pub(crate) use error::ApiError;
pub(crate) use path::{Named, named};
pub use problem::problem;
pub(crate) use problem::{ErrorObject, Problem, title_of};
pub(crate) use span::answered;
pub(crate) use violation::Violation;

use axum::{
    Router,
    http::{
        HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, LOCATION},
    },
    response::{IntoResponse, Response},
};

/// Most bytes of a request body (64 KiB). The largest valid trigger is near 30 KiB; API Gateway
/// would let 10 MB through.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// An answer with patients' data: no proxy on the way may keep it.
pub(crate) fn unkept(answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    let no_store = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(CACHE_CONTROL, no_store);
    answer
}

/// Adds the JSON answers for unknown routes and methods; the last step of every router.
pub(crate) fn finish(router: Router) -> Router {
    router
        .fallback(elsewhere)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
}

/// A path with a slash too many leads to the one without it, by the same method and with the same body.
async fn elsewhere(uri: Uri) -> Response {
    let path = uri.path().trim_end_matches('/');
    // Two slashes at the start would lead to another host.
    if path.len() == uri.path().len() || path.is_empty() || path.starts_with("//") {
        return ApiError::NoSuchRoute.into_response();
    }
    let query = uri.query().map(|query| format!("?{query}"));
    let meant = format!("{path}{}", query.unwrap_or_default());
    match HeaderValue::try_from(meant) {
        Ok(meant) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, meant)]).into_response(),
        Err(_) => ApiError::NoSuchRoute.into_response(),
    }
}
