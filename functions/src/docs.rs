//! `GET /api/openapi.json`, `/api/docs` and `/api/problems/{code}`: the API described by itself, for programs
//! and for people, without a key and without anything from elsewhere.

mod closed;
mod events;
mod examples;
mod html;
mod info;
mod refusals;
mod words;

use crate::{
    app::App,
    campaigns, channels,
    described::{Routes, served},
    dialling, health, list, mcp,
    needs::Need,
    opt_outs, patients, post_call, recording, replay, reports, status, tools, trigger, unknown,
    webhook,
};
use axum::{Router, http::header::CONTENT_TYPE, response::IntoResponse};
use std::sync::{Arc, LazyLock};
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

/// What it works with: nothing but itself.
pub const NEEDS: &[Need] = &[];

/// The path of the description.
pub const PATH: &str = "/api/openapi.json";
/// The path of the page that shows it.
pub const PAGE_PATH: &str = "/api/docs";
/// The path of what that page loads.
pub const FILE_PATH: &str = "/api/docs/{file}";
/// The path of what an error means.
pub const PROBLEM_PATH: &str = "/api/problems/{code}";

/// The router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(description))
        .routes(routes!(html::page))
        .routes(routes!(html::file))
        .routes(routes!(html::problem))
}

/// Every route but those of the page and of the MCP server.
pub(crate) fn described() -> Routes {
    trigger::routes()
        .merge(status::routes())
        .merge(recording::routes())
        .merge(health::routes())
        .merge(list::routes())
        .merge(opt_outs::routes())
        .merge(campaigns::routes())
        .merge(replay::routes())
        .merge(channels::routes())
        .merge(dialling::routes())
        .merge(unknown::routes())
        .merge(tools::routes())
        .merge(post_call::routes())
        .merge(patients::routes())
        .merge(reports::analytics::routes())
        .merge(reports::export::routes())
        .merge(webhook::routes())
        .merge(routes())
}

/// The API's description, OpenAPI 3.1.
pub fn openapi() -> OpenApi {
    let mut api = described().merge(mcp::described()).into_openapi();
    info::add(&mut api);
    refusals::add(&mut api);
    closed::close(&mut api);
    words::add(&mut api);
    events::add(&mut api);
    examples::add(&mut api);
    api
}

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let text = serde_json::to_string(&openapi());
    text.expect("a description is plain data")
});

/// The description, OpenAPI 3.1.
#[utoipa::path(
    get,
    path = PATH,
    operation_id = "getDescription",
    tag = "description",
    summary = "This description",
    responses((status = 200, body = serde_json::Map<String, serde_json::Value>, description = "OpenAPI 3.1")),
)]
async fn description() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], TEXT.as_str())
}

#[cfg(test)]
mod tests;
