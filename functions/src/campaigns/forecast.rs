//! What is to be expected of a campaign from now on: of the rows that are not done yet, if it is started
//! or goes on now.
//!
//! Cost: one read of the campaign, eight counts, however many rows there are, and what it takes to know
//! [the latest calls](super::history). Each row is taken to have a number of its own, and those that were dialled before to have all of their dials left.

use super::{
    FORECAST_PATH, Id,
    assumptions::{Said, Wanted},
    history, id_of,
};
use crate::{app::App, auth, http::ApiError};
use access::Scope;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
};
use call::{Policy, time::Timestamp};
use campaign::{
    Campaign, CampaignId, Forecast, Foreseen, History, Question, RUNS_DEFAULT, Rejection,
};
use serde::Serialize;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

/// Rows of all runs together (1,000,000), which a small Lambda goes through in seconds: 50,000 rows are
/// gone through twenty times.
const ROWS_IN_ALL_MAX: u32 = 1_000_000;

/// Fewest runs: nine of ten is a figure of ten.
const RUNS_MIN: u32 = 10;

/// The forecast; the same seed and the same rows give the same one.
#[utoipa::path(
    get,
    path = FORECAST_PATH,
    operation_id = "getForecast",
    tag = "campaigns",
    summary = "What is to be expected",
    description = "Of the rows that are not done, from now on.",
    params(("id" = CampaignId, Path, description = "The campaign's id"),
        ("answerRate" = Option<u8>, Query, minimum = 0, maximum = 100, description = "Of 100 dials, how many are answered"),
        ("talkSecs" = Option<u16>, Query, minimum = 1, maximum = 3600, description = "How long a conversation takes"),
        ("doubt" = Option<u8>, Query, minimum = 0, maximum = 100, description = "By how many of 100 both may be off"),
        ("paisePerMinute" = Option<u32>, Query, minimum = 0, maximum = 100_000, description = "What a minute costs, if not what the service's prices say"),
        ("seed" = Option<u64>, Query, minimum = 0, description = "The same seed and the same rows give the same forecast")),
    responses(
        (status = 200, body = View, description = "What half of the runs do not exceed, and nine of ten"),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["read"])),
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<View>, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    foreseen(&app, id_of(id)?, query.as_deref()).await.map(Json)
}

/// What is to be expected of a campaign, if people do as the query says.
pub(crate) async fn foreseen(
    app: &App,
    id: CampaignId,
    query: Option<&str>,
) -> Result<View, ApiError> {
    let wanted = Wanted::read(query)?.at(app.prices);
    let (store, start) = (&app.calls.store, app.calls.now());
    let (campaign, tally) = tokio::try_join!(store.campaign(id), store.tally(id))?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    if campaign.rows == 0 {
        return Err(ApiError::CampaignState(Rejection::NotImported(
            campaign.state,
        )));
    }
    let history = match wanted.needs_history() {
        true => history::known(app, start, &campaign.plan.hours).await?,
        false => History::default(),
    };
    let policy = app.calls.policy.clone();
    let gone_through = spawn_blocking(move || {
        let rows = tally.open();
        view(&campaign, &policy, &wanted, &history, rows, start)
    });
    let view = gone_through.await.map_err(|_| ApiError::Internal)?;
    Ok(view)
}

fn view(
    campaign: &Campaign,
    policy: &Policy,
    wanted: &Wanted,
    history: &History,
    rows: u32,
    start: Timestamp,
) -> View {
    let assumed = wanted.assumed(history);
    let numbers: Vec<u32> = (0..rows).collect();
    let runs = (ROWS_IN_ALL_MAX / rows.max(1)).clamp(RUNS_MIN, RUNS_DEFAULT);
    let forecast = Forecast::of(&Question {
        plan: &campaign.plan,
        policy,
        assumed: &assumed,
        numbers: &numbers,
        start,
        seed: wanted.seed.unwrap_or(1),
        runs,
    });
    let of = |figure: fn(&Foreseen) -> u32| Likely {
        p50: forecast.figure(50, figure),
        p90: forecast.figure(90, figure),
    };
    let minutes = of(|run| run.minutes);
    let paise = |minutes| assumed.paise(minutes);
    View {
        rows,
        start,
        runs,
        done_at: Likely {
            p50: forecast.done_at(50),
            p90: forecast.done_at(90),
        },
        dials: of(|run| run.dials),
        dials_max: forecast.dials_max,
        paise: paise(minutes.p50)
            .zip(paise(minutes.p90))
            .map(|(p50, p90)| Likely { p50, p90 }),
        minutes,
        reached: of(|run| run.reached),
        not_reached: of(|run| run.failed),
        not_fitting: of(Foreseen::left),
        assumed: Said::of(wanted, history, &assumed, policy),
    }
}

/// What half of the runs do not exceed, and nine of ten.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Likely<T> {
    pub(crate) p50: T,
    pub(crate) p90: T,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Forecast)]
pub(crate) struct View {
    /// Rows that are not done.
    rows: u32,
    start: Timestamp,
    /// How often they were gone through.
    runs: u32,
    /// When the last row ends; `null` if the campaign ends before.
    pub(crate) done_at: Likely<Option<Timestamp>>,
    pub(crate) dials: Likely<u32>,
    /// Dials if nobody ever answers.
    dials_max: u32,
    /// Minutes of conversation that are to be paid for.
    pub(crate) minutes: Likely<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) paise: Option<Likely<u64>>,
    pub(crate) reached: Likely<u32>,
    pub(crate) not_reached: Likely<u32>,
    /// Rows that the end cuts short, or that are never dialled.
    pub(crate) not_fitting: Likely<u32>,
    pub(crate) assumed: Said,
}
