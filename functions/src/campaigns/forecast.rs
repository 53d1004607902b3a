//! What is to be expected of a campaign from now on: of the rows that are not done yet, if it is started
//! or goes on now.
//!
//! Cost: one read of the campaign and eight counts, however many rows there are. Each row is taken to have
//! a number of its own, and those that were dialled before to have all of their dials left.

use super::{Id, id_of};
use crate::{
    app::App,
    auth,
    http::{ApiError, Violation},
    query,
};
use access::Scope;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::HeaderMap,
};
use call::{Policy, time::Timestamp};
use campaign::{Assumed, Campaign, Forecast, Foreseen, Question, RUNS_DEFAULT, Rejection, Span};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::task::spawn_blocking;

const PARAMETERS: [&str; 5] = ["answerRate", "talkSecs", "doubt", "paisePerMinute", "seed"];
const PERCENT_RULE: &str = "a whole number of percent, 0 to 100";
const TALK_RULE: &str = "seconds, 1 to 3600";
const PAISE_RULE: &str = "paise, 0 to 100000";
const SEED_RULE: &str = "a whole number";

/// Rows of all runs together (1,000,000), which a small Lambda goes through in seconds: 50,000 rows are
/// gone through twenty times.
const ROWS_IN_ALL_MAX: u32 = 1_000_000;

/// Fewest runs: nine of ten is a figure of ten.
const RUNS_MIN: u32 = 10;

/// What is said of the past and the people.
struct Wanted {
    assumed: Assumed,
    answer_rate: u16,
    talk_secs: u64,
    seed: u64,
}

impl Wanted {
    fn read(query: Option<&str>) -> Result<Self, Violation> {
        let values: BTreeMap<String, String> = query::read(query, &PARAMETERS)?;
        let number = |name: &'static str, usual: u64, most: u64, rule: &'static str| {
            let Some(text) = values.get(name) else {
                return Ok(usual);
            };
            let number = text.parse::<u64>().ok().filter(|number| *number <= most);
            number.ok_or_else(|| Violation::new(name, rule))
        };
        let usual = Assumed::default();
        let answer_rate = number("answerRate", 60, 100, PERCENT_RULE)?;
        let talk_secs = number("talkSecs", 180, 3_600, TALK_RULE)?;
        if talk_secs == 0 {
            return Err(Violation::new("talkSecs", TALK_RULE));
        }
        let doubt = number("doubt", usual.doubt_percent.into(), 100, PERCENT_RULE)?;
        let paise = number("paisePerMinute", u64::MAX, 100_000, PAISE_RULE)?;
        let answer_rate = u16::try_from(answer_rate).unwrap_or(100);
        Ok(Self {
            assumed: Assumed {
                answered_permille: [answer_rate * 10; 24],
                talk: Span::around(Duration::from_secs(talk_secs)),
                doubt_percent: u8::try_from(doubt).unwrap_or(100),
                paise_per_minute: u32::try_from(paise).ok(),
                ..usual
            },
            answer_rate,
            talk_secs,
            seed: number("seed", 1, u64::MAX, SEED_RULE)?,
        })
    }
}

/// The forecast; the same seed and the same rows give the same one.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<View>, ApiError> {
    auth::key(&app, &headers, Scope::Read)?;
    let id = id_of(id)?;
    let wanted = Wanted::read(query.as_deref())?;
    let (store, start) = (&app.calls.store, app.calls.now());
    let (campaign, tally) = tokio::try_join!(store.campaign(id), store.tally(id))?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    if campaign.rows == 0 {
        return Err(ApiError::CampaignState(Rejection::NotImported(
            campaign.state,
        )));
    }
    let policy = app.calls.policy.clone();
    let gone_through =
        spawn_blocking(move || view(&campaign, &policy, &wanted, tally.open(), start));
    let view = gone_through.await.map_err(|_| ApiError::Internal)?;
    Ok(Json(view))
}

fn view(
    campaign: &Campaign,
    policy: &Policy,
    wanted: &Wanted,
    rows: u32,
    start: Timestamp,
) -> View {
    let numbers: Vec<u32> = (0..rows).collect();
    let runs = (ROWS_IN_ALL_MAX / rows.max(1)).clamp(RUNS_MIN, RUNS_DEFAULT);
    let forecast = Forecast::of(&Question {
        plan: &campaign.plan,
        policy,
        assumed: &wanted.assumed,
        numbers: &numbers,
        start,
        seed: wanted.seed,
        runs,
    });
    let of = |figure: fn(&Foreseen) -> u32| Likely {
        p50: forecast.figure(50, figure),
        p90: forecast.figure(90, figure),
    };
    let minutes = of(|run| run.minutes);
    let paise = |minutes| wanted.assumed.paise(minutes);
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
        assumed: Said {
            answer_rate: wanted.answer_rate,
            talk_secs: wanted.talk_secs,
            doubt: wanted.assumed.doubt_percent,
            channels: policy.channels(),
        },
    }
}

/// What half of the runs do not exceed, and nine of ten.
#[derive(Clone, Copy, Serialize)]
struct Likely<T> {
    p50: T,
    p90: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    /// Rows that are not done.
    rows: u32,
    start: Timestamp,
    /// How often they were gone through.
    runs: u32,
    /// When the last row ends; `null` if the campaign ends before.
    done_at: Likely<Option<Timestamp>>,
    dials: Likely<u32>,
    /// Dials if nobody ever answers.
    dials_max: u32,
    /// Minutes of conversation that are to be paid for.
    minutes: Likely<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paise: Option<Likely<u64>>,
    reached: Likely<u32>,
    not_reached: Likely<u32>,
    /// Rows that the end cuts short, or that are never dialled.
    not_fitting: Likely<u32>,
    assumed: Said,
}

/// What it rests on, beside the plan.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    answer_rate: u16,
    talk_secs: u64,
    doubt: u8,
    channels: u32,
}
