//! `POST /api/campaigns/{id}/rows/{row}/test-call`: what the agent would say to a row's patient, at the number
//! of whoever asks.
//!
//! It is a call like any other, but for whom it rings: with name, language and variables of the row. It is
//! none of the campaign's, so that it needs no running one, keeps to no hours of its plan, and is counted
//! nowhere in it.

use super::{Door, admit, caller_trace, check_language, check_window, place};
use crate::{
    app::App,
    auth,
    http::{self, ApiError, Violation},
    request_key::request_key,
    trigger::answer::{self, Admitted},
    validate::{Fields, LANGUAGE_RULE, PHONE_RULE},
};
use access::Scope;
use axum::{
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use call::{CallRequest, Patient, TestOf, phone::PhoneNumber, rules::is_language};
use campaign::CampaignId;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::campaigns::StoredRow;
use utoipa::ToSchema;

/// The path of a row's test call.
pub const PATH: &str = "/api/campaigns/{id}/rows/{row}/test-call";

const DOOR: Door = Door {
    path: PATH,
    span: "POST /api/campaigns/{id}/rows/{row}/test-call",
};

const ROW: &str = "row";
const ROW_RULE: &str = "the number of one of the campaign's rows, as Excel counts";

/// Whom a test call rings.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(crate) struct TestCallBody {
    /// A number of yours.
    phone_number: PhoneNumber,
    /// If not in that of the row.
    #[schema(max_length = 16, examples("hi"))]
    language: Option<String>,
}

type Named = Result<Path<(String, String)>, PathRejection>;

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "placeTestCall",
    tag = "campaigns",
    summary = "Try a row out",
    description = "Rings a number of yours with what the row gives the agent. The call counts nowhere in the campaign.",
    params(("id" = CampaignId, Path, description = "The campaign's id"), ("row" = u32, Path, description = "The row, as Excel counts")),
    request_body = TestCallBody,
    responses(
        (status = 202, body = Admitted, description = "The call is placed",
            headers(("location" = String, description = "Where its record is"))),
        (status = 404, description = "no_such_campaign"),
        (status = 409, description = "phone_busy, opted_out"),
        (status = 422, description = "invalid_field, call_failed"),
        (status = 429, description = "rate_limited"),
    ),
    security(("apiKey" = ["write"])),
)]
pub(super) async fn test_call(
    State(app): State<Arc<App>>,
    named: Named,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let client = auth::key(&app, &parts.headers, Scope::Write)?.name.clone();
    let of = test_of(named)?;
    let body = http::read_object(&parts.headers, body).await?;
    let key = request_key(&parts.headers, &client, &with_row(&body, of))?;
    let now = app.calls.now();
    if let (Some(key), Some(stored)) = (
        &key,
        app.calls.store.stored_answer(key.as_ref(), now).await?,
    ) {
        return answer::repeat(&app, key, stored).await;
    }
    let request = CallRequest {
        caller_trace: caller_trace(&parts.headers),
        ..asked(&app, of, &Wanted::read(body)?).await?
    };
    check_language(&app, &request)?;
    check_window(&app, &request, now)?;
    admit(&app, &client, now).await?;
    place(&app, &request, key.as_ref(), now, DOOR).await
}

fn test_of(named: Named) -> Result<TestOf, ApiError> {
    let Ok(Path((id, row))) = named else {
        return Err(ApiError::NoSuchCampaign);
    };
    Ok(TestOf {
        campaign_id: id.parse().map_err(|_| ApiError::NoSuchCampaign)?,
        row: row.parse().map_err(|_| Violation::new(ROW, ROW_RULE))?,
    })
}

/// The body with what the path says: the same body for another row is another request.
fn with_row(body: &Map<String, Value>, of: TestOf) -> Map<String, Value> {
    let mut whole = body.clone();
    whole.insert("testOf".to_owned(), json!(of));
    whole
}

/// Whom it rings, and in which language if not in that of the row.
struct Wanted {
    phone: PhoneNumber,
    language: Option<String>,
}

impl Wanted {
    fn read(body: Map<String, Value>) -> Result<Self, Violation> {
        let mut fields = Fields::new("", body, &["phoneNumber", "language"])?;
        let phone = fields.parsed("phoneNumber", PHONE_RULE)?;
        Ok(Self {
            phone: phone.ok_or_else(|| fields.missing("phoneNumber", PHONE_RULE))?,
            language: fields.text("language", LANGUAGE_RULE, is_language)?,
        })
    }
}

/// What the row's call asks for, at the wanted number.
async fn asked(app: &App, of: TestOf, wanted: &Wanted) -> Result<CallRequest, ApiError> {
    let store = &app.calls.store;
    let (campaign, row) = tokio::try_join!(
        store.campaign(of.campaign_id),
        store.row(of.campaign_id, of.row)
    )?;
    let campaign = campaign.ok_or(ApiError::NoSuchCampaign)?;
    let row = row.ok_or_else(|| Violation::new(ROW, ROW_RULE))?;
    let Some(entry) = &row.entry else {
        return Err(unfit(&row).into());
    };
    let request = campaign.request(entry, (app.new_id)());
    Ok(CallRequest {
        patient: Patient {
            phone_number: wanted.phone.clone(),
            ..request.patient
        },
        language: wanted.language.clone().or(request.language),
        test_of: Some(of),
        ..request
    })
}

fn unfit(row: &StoredRow) -> Violation {
    match row.erased_at {
        Some(_) => erased(),
        None => Violation::said(
            ROW,
            "something is wrong with this row of the file, so that there is nothing to say",
        ),
    }
}

pub(super) fn erased() -> Violation {
    Violation::said(ROW, "its patient was erased")
}
