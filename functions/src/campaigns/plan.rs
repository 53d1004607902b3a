//! A campaign's plan, as the API reads and shows it.

use crate::{
    http::{ApiError, Violation},
    validate::{Fields, MOMENT_RULE, PHONE_RULE, WINDOW_RULE},
};
use call::{CallingWindow, phone::PhoneNumber, time::Timestamp};
use campaign::{Class, Day, Hours, InvalidPlan, Plan, Rejection, WEEK};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::ToSchema;

const FIELDS: [&str; 11] = [
    "class",
    "hours",
    "days",
    "holidays",
    "concurrency",
    "dialsPerMinute",
    "retries",
    "priority",
    "expiresAt",
    "caller",
    "recordingConsent",
];

/// Most holidays of a plan (100): more than a year has, and a campaign lives 90 days.
const HOLIDAYS_MAX: usize = 100;

const CLASS_RULE: &str = "service or promotional";
const DAYS_RULE: &str = "days of the week from mon, tue, wed, thu, fri, sat, sun";
const HOLIDAYS_RULE: &str = "a day such as 2026-12-25";

/// A plan. What is left out is as usual.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(super) struct PlanBody {
    class: Option<Class>,
    /// When phones may ring; `10:00-19:00 Asia/Kolkata` if left out.
    hours: Option<CallingWindow>,
    /// `mon` to `sun`; Monday to Saturday if left out.
    #[schema(min_items = 1, max_items = 7)]
    days: Option<Vec<Weekday>>,
    /// Days without a call.
    #[schema(max_items = 100)]
    holidays: Option<Vec<Day>>,
    /// Most phones that ring or are talked on at once.
    #[schema(minimum = 1, maximum = 1000)]
    concurrency: Option<u32>,
    /// Most dials in a minute.
    #[schema(minimum = 1, maximum = 6000)]
    dials_per_minute: Option<u32>,
    /// Re-dials of a row over all reasons.
    #[schema(minimum = 0, maximum = 9)]
    retries: Option<u8>,
    /// Who goes first where campaigns share channels: the higher.
    #[schema(minimum = 0, maximum = 9)]
    priority: Option<u8>,
    /// No dial from this moment on, at most 90 days ahead.
    expires_at: Timestamp,
    /// The number that is shown: of the series 140 for promotional calls, of no such series for others.
    caller: Option<PhoneNumber>,
    /// Whether every patient of the file agreed to be recorded; `false` if left out.
    recording_consent: Option<bool>,
}

/// A plan that takes the place of another. Nothing is as usual.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(super) struct WholePlanBody {
    class: Class,
    /// When phones may ring.
    hours: CallingWindow,
    /// `mon` to `sun`.
    #[schema(min_items = 1, max_items = 7)]
    days: Vec<Weekday>,
    /// Days without a call.
    #[schema(max_items = 100)]
    holidays: Option<Vec<Day>>,
    /// Most phones that ring or are talked on at once.
    #[schema(minimum = 1, maximum = 1000)]
    concurrency: u32,
    /// Most dials in a minute.
    #[schema(minimum = 1, maximum = 6000)]
    dials_per_minute: Option<u32>,
    /// Re-dials of a row over all reasons.
    #[schema(minimum = 0, maximum = 9)]
    retries: u8,
    /// Who goes first where campaigns share channels: the higher.
    #[schema(minimum = 0, maximum = 9)]
    priority: u8,
    /// No dial from this moment on, at most 90 days ahead.
    expires_at: Timestamp,
    /// The number that is shown: of the series 140 for promotional calls, of no such series for others.
    caller: Option<PhoneNumber>,
    /// Whether every patient of the file agreed to be recorded; `false` if left out.
    recording_consent: Option<bool>,
}

/// A day of the week.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Reads the plan that stands at `path` of a body. What it leaves out is as in the `usual` plan; without
/// one it must name everything but a pace, holidays, a caller and a consent. [`check`] says whether it can be
/// carried out.
pub(super) fn read(
    path: &'static str,
    plan: Map<String, Value>,
    usual: Option<&Plan>,
) -> Result<Plan, Violation> {
    let mut fields = Fields::new(path, plan, &FIELDS)?;
    let class = fields.text("class", CLASS_RULE, |text| class_of(text).is_some())?;
    let class = class.as_deref().and_then(class_of);
    Ok(Plan {
        class: must(
            &fields,
            "class",
            CLASS_RULE,
            class,
            usual.map(|plan| plan.class),
        )?,
        hours: hours(&mut fields, usual.map(|plan| &plan.hours))?,
        concurrency: count(
            &mut fields,
            InvalidPlan::Concurrency,
            usual.map(|plan| plan.concurrency),
        )?,
        dials_per_minute: number(&mut fields, InvalidPlan::Pace)?,
        retries_max: count(
            &mut fields,
            InvalidPlan::Retries,
            usual.map(|plan| plan.retries_max),
        )?,
        priority: count(
            &mut fields,
            InvalidPlan::Priority,
            usual.map(|plan| plan.priority),
        )?,
        expires_at: {
            let end = fields.moment("expiresAt")?;
            must(&fields, "expiresAt", MOMENT_RULE, end, None)?
        },
        caller: fields.parsed::<PhoneNumber>("caller", PHONE_RULE)?,
        recording_consent: fields.flag("recordingConsent")?.unwrap_or(false),
    })
}

/// Whether a plan at `path` of a body can be carried out from `now` on, in the hours of the `service`.
pub(super) fn check(
    path: &str,
    plan: &Plan,
    now: Timestamp,
    service: Option<&CallingWindow>,
) -> Result<(), Violation> {
    let checked = plan.check(now, service).and_then(|()| plan.check_caller());
    checked.map_err(|rule| said(path, rule))
}

/// Why a campaign does not take a plan that stands at `path` of a body.
pub(super) fn refused(path: &str, rejection: Rejection) -> ApiError {
    if let Rejection::InvalidPlan(rule) = rejection {
        return said(path, rule).into();
    }
    ApiError::CampaignState(rejection)
}

/// The rule that a plan breaks, with the field that it is about.
fn said(path: &str, rule: InvalidPlan) -> Violation {
    let dot = if path.is_empty() { "" } else { "." };
    Violation::said(&format!("{path}{dot}{}", field_of(rule)), rule)
}

const fn field_of(rule: InvalidPlan) -> &'static str {
    match rule {
        InvalidPlan::Concurrency => "concurrency",
        InvalidPlan::Pace => "dialsPerMinute",
        InvalidPlan::Retries => "retries",
        InvalidPlan::Priority => "priority",
        InvalidPlan::Expiry => "expiresAt",
        InvalidPlan::Weekdays => "days",
        InvalidPlan::NoSeries | InvalidPlan::OtherSeries => "caller",
        InvalidPlan::NeverOpen => "hours",
    }
}

fn class_of(text: &str) -> Option<Class> {
    match text {
        "service" => Some(Class::Service),
        "promotional" => Some(Class::Promotional),
        _ => None,
    }
}

fn hours(fields: &mut Fields, usual: Option<&Hours>) -> Result<Hours, Violation> {
    let day = |text: &str| {
        (1..)
            .zip(WEEK)
            .find(|(_, day)| *day == text)
            .map(|(n, _)| n)
    };
    let span = fields.parsed::<CallingWindow>("hours", WINDOW_RULE)?;
    let days = fields.texts("days", WEEK.len(), DAYS_RULE, day)?;
    let days = days.map(|days| days.into_iter().collect::<BTreeSet<u8>>());
    let holidays = fields.texts("holidays", HOLIDAYS_MAX, HOLIDAYS_RULE, |text| {
        text.parse::<Day>().ok()
    })?;
    let usual_span = usual.map(|usual| usual.span.clone());
    let usual_days = usual.map(|usual| usual.weekdays.clone());
    Ok(Hours {
        span: must(fields, "hours", WINDOW_RULE, span, usual_span)?,
        weekdays: must(fields, "days", DAYS_RULE, days, usual_days)?,
        holidays: holidays.unwrap_or_default().into_iter().collect(),
    })
}

/// A number within the bounds of a rule, whose field must be there.
fn count<T: TryFrom<u64>>(
    fields: &mut Fields,
    rule: InvalidPlan,
    usual: Option<T>,
) -> Result<T, Violation> {
    let given = number(fields, rule)?;
    must(fields, field_of(rule), &expected(rule), given, usual)
}

fn number<T: TryFrom<u64>>(fields: &mut Fields, rule: InvalidPlan) -> Result<Option<T>, Violation> {
    fields.number(field_of(rule), &expected(rule))
}

/// What a rule of the plan's expects.
fn expected(rule: InvalidPlan) -> String {
    let rule = rule.to_string();
    rule.strip_prefix("expected ").unwrap_or(&rule).to_owned()
}

fn must<T>(
    fields: &Fields,
    name: &str,
    rule: &str,
    given: Option<T>,
    usual: Option<T>,
) -> Result<T, Violation> {
    given.or(usual).ok_or_else(|| fields.missing(name, rule))
}

/// A plan with the fields that a body has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Plan)]
pub(super) struct PlanView<'a> {
    class: Class,
    hours: &'a CallingWindow,
    #[schema(value_type = Vec<Weekday>)]
    days: Vec<&'static str>,
    holidays: &'a BTreeSet<Day>,
    concurrency: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    dials_per_minute: Option<u32>,
    retries: u8,
    priority: u8,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a PhoneNumber>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    recording_consent: bool,
}

impl<'a> PlanView<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        Self {
            class: plan.class,
            hours: &plan.hours.span,
            days: plan.hours.days().collect(),
            holidays: &plan.hours.holidays,
            concurrency: plan.concurrency,
            dials_per_minute: plan.dials_per_minute,
            retries: plan.retries_max,
            priority: plan.priority,
            expires_at: plan.expires_at,
            caller: plan.caller.as_ref(),
            recording_consent: plan.recording_consent,
        }
    }
}
