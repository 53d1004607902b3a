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
pub(crate) use told::{Because, rows_told};

use crate::{
    app::App,
    described::{Routes, served},
    http::{ApiError, Named, named},
    needs::Need,
};
use axum::Router;
use campaign::CampaignId;
use std::sync::Arc;
use utoipa_axum::routes;

/// What it works with.
pub const NEEDS: &[Need] = &[Need::Clients, Need::NewCalls, Need::Questions, Need::Prices];

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
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(one::show))
        .routes(routes!(file::replace))
        .routes(routes!(file::put_part))
        .routes(routes!(file::import))
        .routes(routes!(rows::list))
        .routes(routes!(results::list))
        .routes(routes!(forecast::show))
        .routes(routes!(control::set_plan))
        .routes(routes!(control::start))
        .routes(routes!(control::pause))
        .routes(routes!(control::resume))
        .routes(routes!(control::cancel))
        .routes(routes!(control::retry_failed))
}

type Id = Named;

fn id_of(id: Id) -> Result<CampaignId, ApiError> {
    named(id).ok_or(ApiError::NoSuchCampaign)
}

#[cfg(test)]
mod tests;
