//! The patient of a call, as the record and the list show them.

use call::{Patient, phone::PhoneNumber};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The person to be called, as the CRM named them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Patient)]
pub(crate) struct PatientView {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    /// With country code, as it is dialled.
    phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    treatment_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crm_data: Option<Map<String, Value>>,
}

impl PatientView {
    /// Without the CRM's free fields, for the list.
    pub(crate) fn brief(patient: Patient) -> Self {
        Self {
            crm_data: None,
            ..Self::whole(patient)
        }
    }

    /// With all that the CRM sent.
    pub(crate) fn whole(patient: Patient) -> Self {
        Self {
            id: patient.id,
            name: patient.name,
            phone_number: e164(&patient.phone_number),
            treatment_type: patient.treatment_type,
            crm_data: Some(patient.crm_data),
        }
    }
}

fn e164(phone: &PhoneNumber) -> String {
    phone.e164().to_string()
}
