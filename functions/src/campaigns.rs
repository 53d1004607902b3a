//! `/api/campaigns`: a campaign made, its file taken part by part and imported, all of it shown, and the
//! commands that carry it out.
//!
//! A file is larger than a request may be, so it comes in numbered parts, in any order and as often as
//! a client likes; the sweep reads its rows. Nothing rings before somebody starts the campaign.

mod assumptions;
mod body;
mod control;
mod create;
mod digest;
mod file;
mod forecast;
mod history;
mod list;
mod live;
mod one;
mod plan;
mod results;
mod rows;
mod told;
mod view;

pub(crate) use control::{change_plan, retry, tell};
pub(crate) use create::make;
pub(crate) use file::{announce, begin_import, keep_part};
pub(crate) use forecast::{Likely, foreseen};
pub(crate) use live::Live;
pub use results::ResultsBook;
pub(crate) use results::{BOOK_ROWS, NoBook, workbook};
pub(crate) use rows::Wanted as RowsWanted;
pub(crate) use told::rows_told;

use crate::{
    app::App,
    http::{self, ApiError},
    needs::Need,
};
use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    routing::{get, post, put},
};
use campaign::{CampaignId, Event};
use std::sync::Arc;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients, Need::NewCalls, Need::Questions];

/// The path of all campaigns.
pub const PATH: &str = "/api/campaigns";
/// The path of one campaign.
pub const ONE_PATH: &str = "/api/campaigns/{id}";
/// The path of what is said of its file.
pub const FILE_PATH: &str = "/api/campaigns/{id}/file";
/// The path of a part of its file, numbered from 1.
pub const PART_PATH: &str = "/api/campaigns/{id}/parts/{n}";
/// The path that has its file imported.
pub const IMPORT_PATH: &str = "/api/campaigns/{id}/import";
/// The path of its rows.
pub const ROWS_PATH: &str = "/api/campaigns/{id}/rows";
/// The path of what is to be expected of it.
pub const FORECAST_PATH: &str = "/api/campaigns/{id}/forecast";
/// The path of what came of them.
pub const RESULTS_PATH: &str = "/api/campaigns/{id}/results";
/// The path of its plan.
pub const PLAN_PATH: &str = "/api/campaigns/{id}/plan";
/// The path that starts it.
pub const START_PATH: &str = "/api/campaigns/{id}/start";
/// The path that pauses it.
pub const PAUSE_PATH: &str = "/api/campaigns/{id}/pause";
/// The path that lets it go on.
pub const RESUME_PATH: &str = "/api/campaigns/{id}/resume";
/// The path that ends it.
pub const CANCEL_PATH: &str = "/api/campaigns/{id}/cancel";
/// The path that has its failed rows called again.
pub const RETRY_FAILED_PATH: &str = "/api/campaigns/{id}/retry-failed";

/// The campaigns' router, as its Lambda serves it.
pub fn router(app: Arc<App>) -> Router {
    http::finish(routes(app))
}

pub(crate) fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route(PATH, post(create::create).get(list::list))
        .route(ONE_PATH, get(one::show))
        .route(FILE_PATH, put(file::replace))
        .route(PART_PATH, put(file::put_part))
        .route(IMPORT_PATH, post(file::import))
        .route(ROWS_PATH, get(rows::list))
        .route(RESULTS_PATH, get(results::list))
        .route(FORECAST_PATH, get(forecast::show))
        .route(PLAN_PATH, put(control::set_plan))
        .route(START_PATH, post(control::start))
        .route(PAUSE_PATH, control::told(Event::Paused))
        .route(RESUME_PATH, control::told(Event::Resumed))
        .route(CANCEL_PATH, control::told(Event::Cancelled))
        .route(RETRY_FAILED_PATH, post(control::retry_failed))
        .with_state(app)
}

type Id = Result<Path<String>, PathRejection>;

fn id_of(id: Id) -> Result<CampaignId, ApiError> {
    let id = id.ok().and_then(|Path(text)| text.parse().ok());
    id.ok_or(ApiError::NoSuchCampaign)
}

#[cfg(test)]
mod tests;
