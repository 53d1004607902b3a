//! The HTTP API and the sweep: stateless functions around [`store::calls::Calls`].
//!
//! Every module is one function: it authenticates, reads, lets the domain decide, and answers.
//! [`router`] joins them for one server; each binary under `bin` serves one of them on Lambda.

mod app;
mod auth;
pub mod campaigns;
pub mod channels;
pub mod complaints;
pub mod config;
mod described;
mod dial;
pub mod dialling;
pub mod dnd_list;
pub mod docs;
pub mod health;
mod http;
pub mod list;
pub mod mcp;
mod needs;
pub mod opt_outs;
pub mod page;
pub mod patients;
pub mod post_call;
mod query;
mod record;
pub mod recording;
mod renewed;
pub mod replay;
pub mod reports;
mod request_key;
mod serve;
pub mod status;
pub mod sweep;
pub mod tools;
pub mod trigger;
pub mod unknown;
mod validate;
pub mod webhook;

pub use app::{App, StartError, check_settings};
pub use http::{BODY_BYTES_MAX, problem};
pub use needs::Need;
pub use opt_outs::REASON_CHARS_MAX;
pub use renewed::Renewed;
pub use request_key::REQUEST_KEY_CHARS_MAX;
pub use serve::{cold_start, serve};
pub use validate::{AGENT_ID_CHARS_MAX, AHEAD_MAX, CALLBACK_URL_CHARS_MAX};

use axum::Router;
use std::sync::Arc;

/// One line of the API: which function answers what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Path, with parameters in braces, as API Gateway and axum both write it.
    pub path: &'static str,
    /// Name of the function, which is the name of its binary.
    pub function: &'static str,
}

const fn route(method: &'static str, path: &'static str, function: &'static str) -> Route {
    Route {
        method,
        path,
        function,
    }
}

/// Every function with what it works with, by the name of its binary.
pub const FUNCTIONS: &[(&str, &[Need])] = &[
    ("trigger", trigger::NEEDS),
    ("status", status::NEEDS),
    ("list", list::NEEDS),
    ("opt_outs", opt_outs::NEEDS),
    ("campaigns", campaigns::NEEDS),
    ("replay", replay::NEEDS),
    ("channels", channels::NEEDS),
    ("dialling", dialling::NEEDS),
    ("unknown", unknown::NEEDS),
    ("mcp", mcp::NEEDS),
    ("tools", tools::NEEDS),
    ("analytics", reports::analytics::NEEDS),
    ("export", reports::export::NEEDS),
    ("post_call", post_call::NEEDS),
    ("patients", patients::NEEDS),
    ("webhook", webhook::NEEDS),
    ("page", page::NEEDS),
    ("docs", docs::NEEDS),
    ("sweep", sweep::NEEDS),
];

/// Every route of the API.
pub const ROUTES: &[Route] = &[
    route("POST", trigger::PATH, "trigger"),
    route("POST", trigger::test_call::PATH, "trigger"),
    route("GET", status::PATH, "status"),
    route("DELETE", status::PATH, "status"),
    route("GET", recording::PATH, "status"),
    route("DELETE", recording::PATH, "status"),
    route("GET", health::PATH, "status"),
    route("GET", list::PATH, "list"),
    route("POST", opt_outs::PATH, "opt_outs"),
    route("GET", opt_outs::PATH, "opt_outs"),
    route("DELETE", opt_outs::PATH, "opt_outs"),
    route("POST", dnd_list::PATH, "opt_outs"),
    route("GET", dnd_list::PATH, "opt_outs"),
    route("POST", complaints::PATH, "opt_outs"),
    route("POST", campaigns::PATH, "campaigns"),
    route("GET", campaigns::PATH, "campaigns"),
    route("GET", campaigns::ONE_PATH, "campaigns"),
    route("PUT", campaigns::FILE_PATH, "campaigns"),
    route("PUT", campaigns::PART_PATH, "campaigns"),
    route("POST", campaigns::IMPORT_PATH, "campaigns"),
    route("GET", campaigns::ROWS_PATH, "campaigns"),
    route("GET", campaigns::RESULTS_PATH, "campaigns"),
    route("GET", campaigns::FORECAST_PATH, "campaigns"),
    route("PUT", campaigns::PLAN_PATH, "campaigns"),
    route("POST", campaigns::START_PATH, "campaigns"),
    route("POST", campaigns::PAUSE_PATH, "campaigns"),
    route("POST", campaigns::RESUME_PATH, "campaigns"),
    route("POST", campaigns::CANCEL_PATH, "campaigns"),
    route("POST", campaigns::RETRY_FAILED_PATH, "campaigns"),
    route("POST", replay::PATH, "replay"),
    route("POST", channels::PATH, "channels"),
    route("GET", dialling::PATH, "dialling"),
    route("POST", dialling::PAUSE_PATH, "dialling"),
    route("POST", dialling::RESUME_PATH, "dialling"),
    route("GET", unknown::PATH, "unknown"),
    route("POST", mcp::PATH, "mcp"),
    route("GET", mcp::PATH, "mcp"),
    route("POST", tools::PATH, "tools"),
    route("GET", reports::analytics::PATH, "analytics"),
    route("GET", reports::export::PATH, "export"),
    route("POST", post_call::PATH, "post_call"),
    route("DELETE", patients::PATH, "patients"),
    route("PUT", patients::HOLD_PATH, "patients"),
    route("DELETE", patients::HOLD_PATH, "patients"),
    route("GET", patients::ERASURES_PATH, "patients"),
    route("GET", webhook::PATH, "webhook"),
    route("POST", webhook::PATH, "webhook"),
    route("GET", webhook::SECRET_PATH, "webhook"),
    route("POST", webhook::SECRET_PATH, "webhook"),
    route("GET", docs::PATH, "docs"),
    route("GET", docs::PAGE_PATH, "docs"),
    route("GET", docs::FILE_PATH, "docs"),
    route("GET", docs::PROBLEM_PATH, "docs"),
    route("GET", page::NOW_PATH, "page"),
    route("GET", page::CALLS_PATH, "page"),
    route("POST", page::CALLS_PATH, "page"),
    route("GET", page::CALL_PATH, "page"),
    route("POST", page::CALL_PATH, "page"),
    route("GET", page::RECORDING_PATH, "page"),
    route("POST", page::CANCEL_PATH, "page"),
    route("GET", page::CAMPAIGNS_PATH, "page"),
    route("POST", page::CAMPAIGNS_PATH, "page"),
    route("GET", page::NEW_CAMPAIGN_PATH, "page"),
    route("GET", page::CAMPAIGN_PATH, "page"),
    route("PUT", page::FILE_PATH, "page"),
    route("PUT", page::PART_PATH, "page"),
    route("POST", page::COMMAND_PATH, "page"),
    route("GET", page::ROWS_PATH, "page"),
    route("POST", page::RESULTS_PATH, "page"),
    route("GET", page::PLAN_PATH, "page"),
    route("POST", page::PLAN_PATH, "page"),
    route("GET", page::FORECAST_PATH, "page"),
    route("GET", page::OPT_OUTS_PATH, "page"),
    route("POST", page::OPT_OUTS_PATH, "page"),
    route("GET", page::FIGURES_PATH, "page"),
    route("GET", page::LOGIN_PATH, "page"),
    route("POST", page::LOGIN_PATH, "page"),
    route("POST", page::LOGOUT_PATH, "page"),
    route("GET", page::LANGUAGE_PATH, "page"),
    route("GET", page::ASSETS_PATH, "page"),
];

/// All functions behind one server, with the same handlers as on Lambda.
pub fn router(app: Arc<App>) -> Router {
    let described = described::carried_out(docs::described(), app.clone());
    http::finish(
        described
            .merge(mcp::routes(app.clone()))
            .merge(page::routes(app)),
    )
}

#[cfg(test)]
mod tests;
