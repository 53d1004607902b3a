//! What several test modules start from.

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
    CallRequest::new(
        CallId::random(),
        Patient {
            id: Some("patient_123".to_owned()),
            treatment_type: Some("heart surgery consultation".to_owned()),
            ..Patient::new("राहुल शर्मा", phone(number))
        },
    )
}
