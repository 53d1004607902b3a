//! What a span says of a request that was answered, by OpenTelemetry's semantic conventions. The path itself
//! is left out: it may hold a secret.

use axum::http::StatusCode;
use traces::Span;

/// Says what was asked, by the route's pattern, and what came of it.
pub(crate) fn answered(
    span: Span,
    method: &'static str,
    route: &'static str,
    status: StatusCode,
) -> Span {
    let span = span
        .server()
        .word("http.request.method", method)
        .word("http.route", route)
        .number("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.failed("server_error")
    } else {
        span
    }
}
