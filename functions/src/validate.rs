//! The rules of a trigger's body, field by field, and the limits they enforce.
//!
//! Values are read by hand and not by serde, because its messages repeat the value that was
//! wrong, and these values are patients' data.

mod fields;

pub(crate) use fields::Fields;

use crate::http::Violation;
use call::{
    CallRequest, CallingWindow, Patient,
    ids::CallId,
    phone::PhoneNumber,
    rules::{is_language, is_name, is_patient_id, is_treatment},
    time::Timestamp,
};
use serde_json::{Map, Value};
use std::time::Duration;
use utoipa::ToSchema;

/// Longest agent id, in characters; ElevenLabs' own take about 30.
pub const AGENT_ID_CHARS_MAX: usize = 128;

/// Longest callback address, in characters, as common servers and proxies accept it.
pub const CALLBACK_URL_CHARS_MAX: usize = 2048;

/// How far ahead a call may be asked for (30 days). The session, its phone lock and the patient's
/// data are kept all that time.
pub const AHEAD_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long ago `notBefore` may be (1 min): a CRM that writes the present moment has a clock of its
/// own, and its request takes a while. Anything earlier is a slip, most often of the time zone.
const PAST_MAX: Duration = Duration::from_secs(60);

const BODY_FIELDS: [&str; 9] = [
    "patientData",
    "agentId",
    "language",
    "notBefore",
    "expiresAt",
    "callingWindow",
    "callbackUrl",
    "metadata",
    "recordingConsent",
];

const PATIENT_FIELDS: [&str; 5] = ["id", "name", "phoneNumber", "treatmentType", "crmData"];

/// A call that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(crate) struct PlaceCall {
    patient_data: PatientBody,
    /// Which agent talks, if not the configured one.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9_-]+$")]
    agent_id: Option<String>,
    /// One of `AGENT_LANGUAGES`.
    #[schema(max_length = 16, examples("hi"))]
    language: Option<String>,
    /// No dial before this moment: no more than a minute ago, at most 30 days ahead.
    not_before: Option<Timestamp>,
    /// No dial from this moment on, at most 30 days ahead.
    expires_at: Option<Timestamp>,
    /// When the phone may ring, within `CALLING_WINDOW`.
    calling_window: Option<CallingWindow>,
    /// Where the outcomes are sent.
    #[schema(format = "uri", max_length = 2048)]
    callback_url: Option<String>,
    /// Sent along with the outcomes: at most 50 fields per level, 4 levels and 8,192 bytes.
    metadata: Option<Map<String, Value>>,
    /// Whether the patient agreed to be recorded; without it nothing is. The service must have a place for
    /// recordings (`RECORDINGS`), and the agent says that the call is recorded.
    #[schema(default = false)]
    recording_consent: Option<bool>,
}

/// Who is to be called.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
#[schema(as = PatientData)]
pub(crate) struct PatientBody {
    /// The CRM's own id of the patient; needed to erase the patient later.
    #[schema(min_length = 1, max_length = 128, examples("patient_123"))]
    id: Option<String>,
    #[schema(min_length = 1, max_length = 200, examples("राहुल शर्मा"))]
    name: String,
    /// Indian numbers in any spelling, others with `+`.
    phone_number: PhoneNumber,
    /// What the agent should know.
    #[schema(
        min_length = 1,
        max_length = 200,
        examples("heart surgery consultation")
    )]
    treatment_type: Option<String>,
    /// What the agent should know, at most 50 fields per level, 4 levels and 8,192 bytes.
    crm_data: Option<Map<String, Value>>,
}

/// Turns a trigger's body into the request of the call `id`, or names the first field that breaks
/// a rule. Only `patientData.name` and `patientData.phoneNumber` are required; `null` counts as
/// absent.
///
/// # Errors
/// [`Violation`].
pub(crate) fn call_request(
    body: Map<String, Value>,
    id: CallId,
    now: Timestamp,
) -> Result<CallRequest, Violation> {
    let mut fields = Fields::new("", body, &BODY_FIELDS)?;
    let patient = fields.object("patientData")?;
    let patient = patient.ok_or_else(|| Violation::missing("patientData", "an object"))?;
    let request = CallRequest {
        id,
        patient: patient_of(patient)?,
        agent_id: fields.text("agentId", AGENT_ID_RULE, is_agent_id)?,
        language: fields.text("language", LANGUAGE_RULE, is_language)?,
        not_before: fields.moment("notBefore")?,
        expires_at: fields.moment("expiresAt")?,
        calling_window: fields.parsed("callingWindow", WINDOW_RULE)?,
        callback_url: fields.text("callbackUrl", CALLBACK_RULE, is_callback_url)?,
        metadata: fields.free("metadata")?,
        campaign: None,
        test_of: None,
        caller: None,
        is_promotional: false,
        recording_consent: fields.flag("recordingConsent")?.unwrap_or(false),
        caller_trace: None,
    };
    check_times(&request, now)?;
    Ok(request)
}

fn patient_of(patient: Map<String, Value>) -> Result<Patient, Violation> {
    let mut fields = Fields::new("patientData", patient, &PATIENT_FIELDS)?;
    let name = fields.text("name", NAME_RULE, is_name)?;
    let phone = fields.parsed("phoneNumber", PHONE_RULE)?;
    Ok(Patient {
        id: fields.text("id", PATIENT_ID_RULE, is_patient_id)?,
        name: name
            .ok_or_else(|| fields.missing("name", NAME_RULE))?
            .trim()
            .to_owned(),
        phone_number: phone.ok_or_else(|| fields.missing("phoneNumber", PHONE_RULE))?,
        treatment_type: fields.text("treatmentType", TREATMENT_RULE, is_treatment)?,
        crm_data: fields.free("crmData")?,
    })
}

const NAME_RULE: &str = "1 to 200 characters without control characters";
pub(crate) const PHONE_RULE: &str =
    "a phone number with its country code, such as +911234567890, or ten Indian digits";
pub(crate) const PATIENT_ID_RULE: &str = "1 to 128 characters without control characters";
const TREATMENT_RULE: &str = "1 to 200 characters without control characters";
const AGENT_ID_RULE: &str = "1 to 128 letters, digits, hyphens or underscores";
pub(crate) const LANGUAGE_RULE: &str =
    "a language tag of at most 16 characters, such as hi or en-IN";
const CALLBACK_RULE: &str =
    "an http or https address of at most 2048 characters, without user and password";
pub(crate) const MOMENT_RULE: &str =
    "a moment such as 2026-11-23T09:30:00Z or 2026-11-23T15:00:00+05:30";
pub(crate) const WINDOW_RULE: &str =
    "a span of the day and an IANA time zone, such as 09:00-21:00 Asia/Kolkata";
const FLAG_RULE: &str = "true or false";
const FREE_RULE: &str = "an object of at most 50 fields per level, 4 levels and 8192 bytes, \
     with field names of 1 to 128 characters and numbers between 1e-30 and 1e30 in size";

fn is_agent_id(text: &str) -> bool {
    (1..=AGENT_ID_CHARS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_callback_url(text: &str) -> bool {
    if text.len() > CALLBACK_URL_CHARS_MAX {
        return false;
    }
    let Ok(uri) = text.parse::<http::Uri>() else {
        return false;
    };
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    let is_plain = uri
        .authority()
        .is_some_and(|authority| !authority.as_str().contains('@'));
    is_http && has_host && is_plain
}

fn check_times(request: &CallRequest, now: Timestamp) -> Result<(), Violation> {
    let latest = now + AHEAD_MAX;
    let is_past = |at: Timestamp| now.since(at) > PAST_MAX;
    if request
        .not_before
        .is_some_and(|at| at > latest || is_past(at))
    {
        return Err(Violation::new(
            "notBefore",
            "a moment in the future, at most 30 days ahead",
        ));
    }
    let Some(expires_at) = request.expires_at else {
        return Ok(());
    };
    if expires_at <= now || expires_at > latest {
        return Err(Violation::new(
            "expiresAt",
            "a moment in the future, at most 30 days ahead",
        ));
    }
    if request.not_before.is_some_and(|at| at >= expires_at) {
        return Err(Violation::new("notBefore", "a moment before expiresAt"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
