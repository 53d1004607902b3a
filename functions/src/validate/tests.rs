//! Bodies of requests, as the API reads them.

mod bounds;

use super::*;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_millis(1_793_400_000_000); // 2026-10-30T22:40:00Z
const ID: CallId = CallId::from_bytes([7; 16]);

fn minimal() -> Value {
    json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": "+911234567890" } })
}

fn with(pointer: &str, name: &str, value: Value) -> Value {
    let mut body = minimal();
    body.pointer_mut(pointer).unwrap()[name] = value;
    body
}

fn read(body: Value) -> Result<CallRequest, Violation> {
    let Value::Object(body) = body else {
        panic!("the case is no object")
    };
    call_request(body, ID, NOW)
}

#[track_caller]
fn accepts(pointer: &str, name: &str, value: Value) {
    let field = format!("{pointer}/{name} = {value}");
    assert!(read(with(pointer, name, value)).is_ok(), "{field}");
}

/// The field is named, and nothing of its value comes back.
#[track_caller]
fn refuses(pointer: &str, name: &str, value: Value) {
    let violation = read(with(pointer, name, value.clone())).expect_err(&value.to_string());
    let path = format!("{}/{name}", pointer.trim_end_matches('/'));
    assert_eq!(format!("/{}", violation.field.replace('.', "/")), path);
    if let Value::String(text) = value
        && text.trim().len() > 3
    {
        assert!(!violation.to_string().contains(&text), "{violation}");
    }
}

const TOP: &str = "";
const PATIENT: &str = "/patientData";

#[test]
fn the_body_of_the_users_document_is_read_whole() {
    let request = read(json!({
        "patientData": {
            "id": "patient_123",
            "name": "राहुल शर्मा",
            "phoneNumber": "+911234567890",
            "treatmentType": "heart surgery consultation",
            "crmData": {
                "lastVisit": "2024-01-15",
                "doctor": "Dr. Smith",
                "department": "Cardiology"
            }
        }
    }))
    .unwrap();
    let crm_data = json!({
        "lastVisit": "2024-01-15", "doctor": "Dr. Smith", "department": "Cardiology"
    });
    let expected = CallRequest {
        id: ID,
        patient: Patient {
            id: Some("patient_123".to_owned()),
            name: "राहुल शर्मा".to_owned(),
            phone_number: "+911234567890".parse().unwrap(),
            treatment_type: Some("heart surgery consultation".to_owned()),
            crm_data: crm_data.as_object().unwrap().clone(),
        },
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
    };
    assert_eq!(request, expected);
}

#[test]
fn only_name_and_number_are_required() {
    assert!(read(minimal()).is_ok());
    for name in ["name", "phoneNumber"] {
        refuses(PATIENT, name, Value::Null);
        let mut body = minimal();
        body["patientData"].as_object_mut().unwrap().remove(name);
        assert_eq!(read(body).unwrap_err().field, format!("patientData.{name}"));
    }
    assert_eq!(read(json!({})).unwrap_err().field, "patientData");
    for name in ["id", "treatmentType", "crmData"] {
        accepts(PATIENT, name, Value::Null);
    }
    for name in [
        "agentId",
        "language",
        "notBefore",
        "expiresAt",
        "callbackUrl",
        "metadata",
    ] {
        accepts(TOP, name, Value::Null);
    }
}

#[test]
fn unknown_fields_are_named() {
    refuses(TOP, "patient", json!({}));
    refuses(PATIENT, "phone", json!("+911234567890"));
    accepts(PATIENT, "crmData", json!({ "anything": { "goes": true } }));
    accepts(TOP, "metadata", json!({ "campaign": 7 }));
}

#[test]
fn wrong_types_are_named() {
    for value in [json!(1), json!(true), json!([]), json!({})] {
        for name in ["id", "name", "phoneNumber", "treatmentType"] {
            refuses(PATIENT, name, value.clone());
        }
        for name in [
            "agentId",
            "language",
            "notBefore",
            "expiresAt",
            "callbackUrl",
        ] {
            refuses(TOP, name, value.clone());
        }
    }
    for value in [json!("text"), json!(1), json!([])] {
        refuses(PATIENT, "crmData", value.clone());
        refuses(TOP, "metadata", value.clone());
        refuses(TOP, "patientData", value);
    }
}

#[test]
fn a_message_says_what_is_wrong_with_its_field() {
    let says = |body: Value, expected: &str| {
        let violation = read(body).expect_err(expected);
        assert_eq!(violation.to_string(), expected);
    };
    says(json!({}), "patientData: missing; expected an object");
    says(
        with(TOP, "patientData", json!("Rahul")),
        "patientData: expected an object",
    );
    for absent in [
        json!({ "patientData": { "phoneNumber": "+911234567890" } }),
        with(PATIENT, "name", Value::Null),
    ] {
        let rule = "1 to 200 characters without control characters";
        says(
            absent,
            &format!("patientData.name: missing; expected {rule}"),
        );
    }
    says(
        with(PATIENT, "phone", json!("+911234567890")),
        "patientData.phone: unknown field; expected one of id, name, phoneNumber, treatmentType, crmData",
    );
    says(
        with(TOP, "agentId", json!(7)),
        "agentId: a string is expected: 1 to 128 letters, digits, hyphens or underscores",
    );
    says(
        with(TOP, "agentId", json!("agent 7")),
        "agentId: expected 1 to 128 letters, digits, hyphens or underscores",
    );
}
