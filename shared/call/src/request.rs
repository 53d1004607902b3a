//! What the CRM asked for. Written once at creation; a consent to record may be withdrawn, nothing else changes.

use super::window::CallingWindow;
use crate::{
    ids::{CallId, CampaignId},
    phone::PhoneNumber,
    time::Timestamp,
    trace::TraceContext,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use utoipa::ToSchema;

/// The person to be called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    /// The CRM's own id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// Name, in any script.
    pub name: String,
    /// Number to dial.
    pub phone_number: PhoneNumber,
    /// What the call is about, for the agent's prompt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub treatment_type: Option<String>,
    /// Free fields of the CRM; text, numbers and booleans reach the agent as dynamic variables.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub crm_data: Map<String, Value>,
}

/// The row of a campaign that a call is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfCampaign {
    /// Which campaign. It decides at each dial whether that may leave.
    pub id: CampaignId,
    /// The row of its file, as Excel counts.
    pub row: u32,
    /// Dials of the call over all reasons, callbacks included: the row's budget.
    pub dials_max: u8,
}

/// The row of a campaign that a call tries out, at the number of whoever asks for it. Nothing of the
/// campaign counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestOf {
    /// Which campaign.
    pub campaign_id: CampaignId,
    /// The row of its file, as Excel counts.
    pub row: u32,
}

/// The request of one call, as validated by the trigger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRequest {
    /// The session created for it.
    pub id: CallId,
    /// Whom to call.
    pub patient: Patient,
    /// The agent to use instead of the configured one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_id: Option<String>,
    /// Language of the conversation, for example `hi`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// Not to be dialled before this moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub not_before: Option<Timestamp>,
    /// Not to be dialled after this moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// When the phone may ring, instead of the configured window.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calling_window: Option<CallingWindow>,
    /// Where the CRM wants to be told about the outcome.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub callback_url: Option<String>,
    /// The CRM's own data, given back unchanged.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub metadata: Map<String, Value>,
    /// The row that it is made of, if a campaign makes it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub campaign: Option<OfCampaign>,
    /// The row that it tries out, if it is a test call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub test_of: Option<TestOf>,
    /// The number that is shown to the callee, if not the configured one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller: Option<PhoneNumber>,
    /// Whether the call sells something, which the carrier is told.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_promotional: bool,
    /// Whether the callee agreed to be recorded, as the CRM says.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub recording_consent: bool,
    /// The trace that the CRM wants the call to continue, kept with the session alone.
    #[serde(skip)]
    pub caller_trace: Option<TraceContext>,
}

impl Patient {
    /// Somebody of whom no more is known.
    #[must_use]
    pub fn new(name: &str, phone_number: PhoneNumber) -> Self {
        Self {
            id: None,
            name: name.to_owned(),
            phone_number,
            treatment_type: None,
            crm_data: Map::new(),
        }
    }
}

impl CallRequest {
    /// A request without wishes: to be dialled as soon as it may be.
    #[must_use]
    pub fn new(id: CallId, patient: Patient) -> Self {
        Self {
            id,
            patient,
            agent_id: None,
            language: None,
            not_before: None,
            expires_at: None,
            calling_window: None,
            callback_url: None,
            metadata: Map::new(),
            campaign: None,
            test_of: None,
            caller: None,
            is_promotional: false,
            recording_consent: false,
            caller_trace: None,
        }
    }

    /// Under what the patient's data is found again: the CRM's id, or the session's if it gave none.
    #[must_use]
    pub fn patient_key(&self) -> Cow<'_, str> {
        match &self.patient.id {
            Some(id) => Cow::Borrowed(id),
            None => Cow::Owned(self.id.to_string()),
        }
    }
}
