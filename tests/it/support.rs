//! What several test modules start from.

use serde_json::Map;
use shared::{
    call::{CallRequest, Patient},
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
};

pub(crate) fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

pub(crate) fn carrier_id(id: CallId) -> CarrierCallId {
    CarrierCallId::new(&format!("carrier-{id}"))
}

pub(crate) fn request_for(number: &str) -> CallRequest {
    CallRequest {
        id: CallId::random(),
        patient: Patient {
            id: Some("patient_123".to_owned()),
            name: "राहुल शर्मा".to_owned(),
            phone_number: phone(number),
            treatment_type: Some("heart surgery consultation".to_owned()),
            crm_data: Map::new(),
        },
        agent_id: None,
        language: None,
        not_before: None,
        expires_at: None,
        calling_window: None,
        callback_url: None,
        metadata: Map::new(),
    }
}
