//! The page that shows the description, and what an error means, in a browser.

use super::{FILE_PATH, PAGE_PATH, PATH, PROBLEM_PATH};
use crate::http::{ApiError, title_of};
use axum::{
    extract::Path,
    http::{
        HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};
use std::sync::Arc;
use utoipa_swagger_ui::{Config, serve};

/// Swagger UI styles its elements by attributes, and draws its icons from addresses of its own.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// The page that shows the description.
#[utoipa::path(
    get,
    path = PAGE_PATH,
    operation_id = "showDescription",
    tag = "description",
    summary = "This description, to read",
    responses((status = 302, description = "Leads to the page",
        headers(("location" = String, description = "The page")))),
)]
pub(super) async fn page() -> impl IntoResponse {
    let page = format!("{PAGE_PATH}/index.html");
    (StatusCode::FOUND, [(LOCATION, page)])
}

/// A file of Swagger UI.
#[utoipa::path(
    get,
    path = FILE_PATH,
    operation_id = "showDescriptionFile",
    tag = "description",
    summary = "What the page loads",
    params(("file" = String, Path, description = "The file's name")),
    responses(
        (status = 200, description = "The file",
            content((String = "text/html"), (String = "text/css"), (String = "text/javascript"), (Vec<u8> = "image/png"))),
        (status = 404, description = "no_such_route"),
    ),
)]
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let config = Config::from(PATH).validator_url("none").use_base_layout();
    let Ok(Some(file)) = serve(&name, Arc::new(config)) else {
        return ApiError::NoSuchRoute.into_response();
    };
    let kind = match file.content_type.split_once('/') {
        Some(("text", _)) => format!("{}; charset=utf-8", file.content_type),
        _ => file.content_type,
    };
    ([(CONTENT_TYPE, kind)], safe(), file.bytes.into_owned()).into_response()
}

/// What an error means.
#[utoipa::path(
    get,
    path = PROBLEM_PATH,
    operation_id = "showProblem",
    tag = "description",
    summary = "What an error means",
    params(("code" = String, Path, description = "The `code` of the error")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "What is wrong and what to do"),
        (status = 404, description = "no_such_route"),
    ),
)]
pub(super) async fn problem(Path(code): Path<String>) -> Response {
    let known = ApiError::known();
    let Some(error) = known.iter().find(|error| error.code() == code) else {
        return ApiError::NoSuchRoute.into_response();
    };
    let html = axum::response::Html(explained(error).into_string());
    (safe(), html).into_response()
}

fn explained(error: &ApiError) -> Markup {
    let title = title_of(error.code());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="/assets/icon.svg";
            }
            body {
                main {
                    h1 { (title) }
                    p { code { (error.code()) } ", HTTP status " (error.status().as_u16()) }
                    p { (error.remedy()) }
                    p { a href=(PAGE_PATH) { "The whole API" } }
                }
            }
        }
    }
}

/// What the browser is told of every answer.
fn safe() -> [(HeaderName, HeaderValue); 4] {
    [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        ),
    ]
}
