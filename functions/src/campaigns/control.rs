//! Commands to a campaign: started, paused, resumed, ended, its failed rows called again, another plan.
//!
//! Each is answered the same when it comes twice. After a pause was answered no dial of it begins or
//! leaves: `inFlight` says how many calls go on to their end.

use super::{
    CANCEL_PATH, Id, PAUSE_PATH, PLAN_PATH, RESUME_PATH, RETRY_FAILED_PATH, START_PATH,
    forecast::{View, foreseen},
    id_of,
    plan::{self, WholePlanBody},
    view::{CampaignView, etag},
};
use crate::{
    app::App,
    auth,
    http::{self, ApiError, Violation},
    validate::Fields,
};
use access::Scope;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap,
        header::{ETAG, IF_MATCH},
    },
    response::{IntoResponse, Response},
};
use campaign::{Campaign, CampaignId, Event, Plan, ROUNDS_MAX, Rejection};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use store::{
    Commit,
    campaigns::{Campaigns, Changed},
};
use utoipa::ToSchema;

const ROUND_RULE: &str = "the round that is to begin, 2 to 5";
const DRY_RUN_RULE: &str = "true or false";
const IF_MATCH_RULE: &str = "the ETag of the campaign, as it was read";

/// A campaign after a command.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommandedCampaign)]
struct Standing<'a> {
    #[serde(flatten)]
    campaign: CampaignView<'a>,
    /// Its calls that are about to be dialled, ring or are talked on.
    in_flight: u32,
}

#[utoipa::path(
    post,
    path = PAUSE_PATH,
    operation_id = "pauseCampaign",
    tag = "campaigns",
    summary = "Hold its dials back",
    description = "What rings or talks goes on; no dial begins or leaves once this is answered.",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    responses(
        (status = 200, body = Standing, description = "Where it stands", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn pause(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    command(&app, id, &headers, &Event::Paused).await
}

#[utoipa::path(
    post,
    path = RESUME_PATH,
    operation_id = "resumeCampaign",
    tag = "campaigns",
    summary = "Let its dials go on",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    responses(
        (status = 200, body = Standing, description = "Where it stands", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    command(&app, id, &headers, &Event::Resumed).await
}

#[utoipa::path(
    post,
    path = CANCEL_PATH,
    operation_id = "cancelCampaign",
    tag = "campaigns",
    summary = "End a campaign",
    description = "What rings or talks goes on; nobody else is called.",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    responses(
        (status = 200, body = Standing, description = "Where it stands", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    id: Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    command(&app, id, &headers, &Event::Cancelled).await
}

async fn command(
    app: &App,
    id: Id,
    headers: &HeaderMap,
    event: &Event,
) -> Result<Response, ApiError> {
    let by = auth::key(app, headers, Scope::Write)?.name.clone();
    let id = id_of(id)?;
    apply(app, id, event, &by).await
}

async fn apply(app: &App, id: CampaignId, event: &Event, by: &str) -> Result<Response, ApiError> {
    standing(app, &tell(app, id, event, by).await?).await
}

/// Tells a campaign an event, in the name of whoever commands it. The same twice is as once.
pub(crate) async fn tell(
    app: &App,
    id: CampaignId,
    event: &Event,
    by: &str,
) -> Result<Campaign, ApiError> {
    let changed = Campaigns::of(&app.calls).apply(id, event).await?;
    match changed {
        Changed::Applied { campaign, .. } => {
            tracing::info!(campaign_id = %id, %by, event = event.label(), "campaign commanded");
            Ok(campaign)
        }
        Changed::Unchanged {
            campaign,
            reason: Rejection::AlreadyApplied,
        } => Ok(campaign),
        Changed::Unchanged { reason, .. } => Err(ApiError::CampaignState(reason)),
        Changed::NoSuchCampaign => Err(ApiError::NoSuchCampaign),
    }
}

/// Which campaign is commanded by whom, and what the body, if there is one, says besides.
async fn commanded(
    app: &App,
    id: Id,
    request: Request<Body>,
    known: &'static [&'static str],
) -> Result<(CampaignId, String, Fields), ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(app, &parts.headers, Scope::Write)?.name.clone();
    let id = id_of(id)?;
    let body = http::read_object_if_any(&parts.headers, body).await?;
    Ok((id, by, Fields::new("", body, known)?))
}

/// How a campaign is started.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct StartBody {
    /// `true`: says what is to be expected, and starts nothing.
    dry_run: Option<bool>,
}

/// Which round begins.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
struct RetryBody {
    /// The next one if left out.
    #[schema(minimum = 2, maximum = 5)]
    round: Option<u8>,
}

/// Where a campaign stands, or for a dry run what is to be expected.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
enum Started<'a> {
    Now(Standing<'a>),
    DryRun(View),
}

/// Lets the rows be called; as a dry run it only says what would be to be expected.
#[utoipa::path(
    post,
    path = START_PATH,
    operation_id = "startCampaign",
    tag = "campaigns",
    summary = "Start a campaign",
    description = "With `dryRun` it says what is to be expected, and starts nothing.",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    request_body = Option<StartBody>,
    responses(
        (status = 200, body = Started, description = "Where it stands, or the forecast"),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn start(
    State(app): State<Arc<App>>,
    id: Id,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (id, by, mut fields) = commanded(&app, id, request, &["dryRun"]).await?;
    let dry_run = match fields.take("dryRun") {
        None => false,
        Some(Value::Bool(dry_run)) => dry_run,
        Some(_) => return Err(Violation::new("dryRun", DRY_RUN_RULE).into()),
    };
    if dry_run {
        return Ok(Json(foreseen(&app, id, None).await?).into_response());
    }
    apply(&app, id, &Event::Started, &by).await
}

/// Calls failed rows again. Who wants that twice begins one round: while rows are still being told of the
/// latest one it is the one that is meant, and after that the one that the body names.
#[utoipa::path(
    post,
    path = RETRY_FAILED_PATH,
    operation_id = "retryFailed",
    tag = "campaigns",
    summary = "Call failed rows again",
    description = "Twice the same round is as once.",
    params(("id" = CampaignId, Path, description = "The campaign's id")),
    request_body = Option<RetryBody>,
    responses(
        (status = 200, body = Standing, description = "Where it stands", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn retry_failed(
    State(app): State<Arc<App>>,
    id: Id,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (id, by, mut fields) = commanded(&app, id, request, &["round"]).await?;
    let round = fields.number::<u8>("round", ROUND_RULE)?;
    let campaign = retry(&app, id, round, &by).await?;
    standing(&app, &campaign).await
}

/// Begins that round, or else the next one, in the name of whoever wants it.
pub(crate) async fn retry(
    app: &App,
    id: CampaignId,
    round: Option<u8>,
    by: &str,
) -> Result<Campaign, ApiError> {
    if round.is_some_and(|round| !(2..=ROUNDS_MAX).contains(&round)) {
        return Err(Violation::new("round", ROUND_RULE).into());
    }
    let store = &app.calls.store;
    let (campaign, tally) = tokio::try_join!(store.campaign(id), store.tally(id))?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    if campaign.opens_round {
        return Ok(campaign);
    }
    let event = Event::RetryFailed {
        round: round.unwrap_or(campaign.round.saturating_add(1)),
        failed: tally.failed,
    };
    tell(app, id, &event, by).await
}

/// Sets another plan, if the campaign is as the client has read it.
#[utoipa::path(
    put,
    path = PLAN_PATH,
    operation_id = "setPlan",
    tag = "campaigns",
    summary = "Set another plan",
    description = "If the campaign is as it was read.",
    params(("id" = CampaignId, Path, description = "The campaign's id"),
        ("If-Match" = String, Header, description = "The `ETag` of the campaign, as it was read")),
    request_body = WholePlanBody,
    responses(
        (status = 200, body = Standing, description = "Where it stands", headers(("etag" = String, description = "Its version, for `If-Match`"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "campaign_state"),
        (status = 412, description = "changed_meanwhile"),
        (status = 428, description = "if_match_required"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn set_plan(
    State(app): State<Arc<App>>,
    id: Id,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let by = auth::key(&app, &parts.headers, Scope::Write)?.name.clone();
    let id = id_of(id)?;
    let version = version_of(&parts.headers)?;
    let body = http::read_object(&parts.headers, body).await?;
    let campaign = change_plan(&app, id, version, body, &by).await?;
    standing(&app, &campaign).await
}

/// Sets another plan in the name of whoever has read this version of the campaign.
pub(crate) async fn change_plan(
    app: &App,
    id: CampaignId,
    version: u64,
    body: Map<String, Value>,
    by: &str,
) -> Result<Campaign, ApiError> {
    let plan = plan::read("", body, None)?;
    let (now, service) = (app.calls.now(), app.calls.policy.calling_window.as_ref());
    plan::check("", &plan, now, service)?;
    let campaign = app.calls.store.campaign(id).await?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    if campaign.plan == plan {
        return Ok(campaign);
    }
    if campaign.version != version {
        return Err(ApiError::Stale);
    }
    let next = with_plan(app, &campaign, plan).await?;
    tracing::info!(campaign_id = %id, %by, event = "plan_changed", "campaign commanded");
    Ok(next)
}

/// Decides on the very version that was read: another change in between must be seen by the client first.
async fn with_plan(app: &App, campaign: &Campaign, plan: Plan) -> Result<Campaign, ApiError> {
    let event = Event::PlanChanged {
        plan: Box::new(plan),
    };
    let decision = campaign.apply(&event, app.calls.now());
    let decision = decision.map_err(|rejection| plan::refused("", rejection))?;
    if app.calls.store.commit_campaign(&decision).await? == Commit::Applied {
        return Ok(decision.next);
    }
    Err(ApiError::Stale)
}

/// The version that the client has read.
fn version_of(headers: &HeaderMap) -> Result<u64, ApiError> {
    let tag = headers.get(IF_MATCH).ok_or(ApiError::NoIfMatch)?;
    let tag = tag.to_str().ok().map(str::trim);
    let version = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.ok_or_else(|| Violation::new("If-Match", IF_MATCH_RULE).into())
}

async fn standing(app: &App, campaign: &Campaign) -> Result<Response, ApiError> {
    let load = app.calls.store.campaign_load(campaign.id).await?;
    let standing = Standing {
        campaign: CampaignView::of(campaign),
        in_flight: load.live,
    };
    Ok(([(ETAG, etag(campaign))], Json(standing)).into_response())
}
