//! The page: what goes on, for people, in a browser.
//!
//! All HTML is made here; one script asks for the live part of a view again and puts it in its place, another
//! sends a spreadsheet in parts.
//! Nothing is loaded from elsewhere, and nothing of a patient is shown unmasked that was not asked for.

mod assets;
mod call;
mod calls;
mod campaign;
mod campaigns;
mod cookie;
mod document;
mod door;
mod error;
mod figures;
mod ids;
mod lanes;
mod language;
mod layout;
mod masked;
mod now;
mod opt_outs;
mod plan;
mod recording;
mod safe;
mod table;
mod upload;
mod visitor;
mod words;

use crate::{app::App, http::BODY_BYTES_MAX, needs::Need};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::map_response,
    routing::{get, post, put},
};
use std::sync::Arc;

/// What it works with.
pub const NEEDS: &[Need] = &[
    Need::Clients,
    Need::Tokens,
    Need::Questions,
    Need::NewCalls,
    Need::Reports,
    Need::Prices,
    Need::Recordings,
];

/// What goes on at this moment.
pub const NOW_PATH: &str = "/";
/// The calls of a day, and those of a patient.
pub const CALLS_PATH: &str = "/calls";
/// One call.
pub const CALL_PATH: &str = "/calls/{sessionId}";
/// What was recorded of a call.
pub const RECORDING_PATH: &str = "/calls/{sessionId}/recording";
/// A call is cancelled.
pub const CANCEL_PATH: &str = "/calls/{sessionId}/cancel";
/// All campaigns.
pub const CAMPAIGNS_PATH: &str = "/campaigns";
/// The form of a new one.
pub const NEW_CAMPAIGN_PATH: &str = "/campaigns/new";
/// One campaign.
pub const CAMPAIGN_PATH: &str = "/campaigns/{campaignId}";
/// What is said of a campaign's file.
pub const FILE_PATH: &str = "/campaigns/{campaignId}/file";
/// A part of its file, numbered from 1.
pub const PART_PATH: &str = "/campaigns/{campaignId}/parts/{n}";
/// A campaign's file is read, it is started, paused, resumed or cancelled, or its failed rows are called again.
pub const COMMAND_PATH: &str = "/campaigns/{campaignId}/{command}";
/// The rows of a campaign.
pub const ROWS_PATH: &str = "/campaigns/{campaignId}/rows";
/// What came of a campaign, as a workbook.
pub const RESULTS_PATH: &str = "/campaigns/{campaignId}/results";
/// The form of a campaign's plan.
pub const PLAN_PATH: &str = "/campaigns/{campaignId}/plan";
/// What is to be expected of a campaign.
pub const FORECAST_PATH: &str = "/campaigns/{campaignId}/forecast";
/// Numbers that want no calls.
pub const OPT_OUTS_PATH: &str = "/opt-outs";
/// What came of many calls.
pub const FIGURES_PATH: &str = "/figures";
/// Where a key is shown.
pub const LOGIN_PATH: &str = "/login";
/// Where a browser forgets it.
pub const LOGOUT_PATH: &str = "/logout";
/// In which language all is said.
pub const LANGUAGE_PATH: &str = "/language/{language}";
/// How it looks, and the scripts.
pub const ASSETS_PATH: &str = "/assets/{name}";

/// The router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    routes(app).fallback(error::no_such_view)
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route(NOW_PATH, get(now::show))
        .route(CALLS_PATH, get(calls::of_day).post(calls::of_patient))
        .route(CALL_PATH, get(call::show).post(call::reveal))
        .route(RECORDING_PATH, get(recording::listen))
        .route(CANCEL_PATH, post(call::cancel))
        .route(CAMPAIGNS_PATH, get(campaigns::show).post(upload::create))
        .route(NEW_CAMPAIGN_PATH, get(upload::new))
        .route(CAMPAIGN_PATH, get(campaign::show))
        .route(FILE_PATH, put(upload::announce))
        .route(PART_PATH, put(upload::part))
        .route(COMMAND_PATH, post(campaign::command))
        .route(ROWS_PATH, get(campaign::rows::show))
        .route(RESULTS_PATH, post(campaign::results::download))
        .route(
            PLAN_PATH,
            get(campaign::plan::show).post(campaign::plan::change),
        )
        .route(FORECAST_PATH, get(campaign::forecast::show))
        .route(OPT_OUTS_PATH, get(opt_outs::show).post(opt_outs::add))
        .route(FIGURES_PATH, get(figures::show))
        .route(LOGIN_PATH, get(door::show).post(door::enter))
        .route(LOGOUT_PATH, post(door::leave))
        .route(LANGUAGE_PATH, get(door::language))
        .route(ASSETS_PATH, get(assets::show))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(map_response(safe::headers))
        .with_state(app)
}
