//! What a request may hold.

use super::*;

#[tokio::test]
async fn the_body_of_the_users_document_is_accepted_and_given_back() {
    let api = Api::ringing(&[]).await;
    let patient_data = json!({
        "id": "patient_123", "name": "राहुल शर्मा", "phoneNumber": NUMBER,
        "treatmentType": "heart surgery consultation",
        "crmData": { "lastVisit": "2024-01-15", "doctor": "Dr. Smith", "department": "Cardiology" },
    });
    let accepted = api.post(&json!({ "patientData": patient_data })).await;
    assert_eq!(accepted.status, 202);
    assert_eq!(
        (&accepted.body["success"], &accepted.body["queued"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(accepted.body["status"], "dialing");
    let record = api
        .record(accepted.body["sessionId"].as_str().unwrap())
        .await;
    assert_eq!(
        (&record["patientData"], &record["status"]),
        (&patient_data, &json!("dialing"))
    );
}

#[tokio::test]
async fn bad_input_is_named_and_never_repeated() {
    let api = Api::start(&[]).await;
    api.post_raw("{", "application/json")
        .await
        .is_error(400, "invalid_json");
    api.post_raw(&b"{\"a\":\"\xff\"}"[..], "application/json")
        .await
        .is_error(400, "invalid_utf8");
    api.post_raw("{}", "text/plain")
        .await
        .is_error(415, "unsupported_content_type");
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    api.post_raw(large, "application/json")
        .await
        .is_error(413, "body_too_large");

    let with = |pointer: &str, value: Value| {
        let mut body = patient(NUMBER);
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[key] = value;
        body
    };
    for (body, field) in [
        (
            json!({ "patientData": { "phoneNumber": NUMBER } }),
            "patientData.name",
        ),
        (with("/patientData/name", json!(7)), "patientData.name"),
        (
            with("/patientData/phoneNumber", json!("secret-12")),
            "patientData.phoneNumber",
        ),
        (
            with("/patientData/shoeSize", json!(42)),
            "patientData.shoeSize",
        ),
        (with("/retries", json!(42)), "retries"),
        (
            with("/expiresAt", json!("2020-01-01T00:00:00Z")),
            "expiresAt",
        ),
        (
            with("/callbackUrl", json!("ftp://secret-12")),
            "callbackUrl",
        ),
    ] {
        let answer = api.post(&body).await;
        answer.names(field);
        assert!(!answer.body.to_string().contains("secret-12"));
    }
    assert_eq!(api.dialled(), 0);
}

#[tokio::test]
async fn a_number_has_one_live_call() {
    let api = Api::ringing(&[]).await;
    let first = api.call(NUMBER).await;
    let second = api.post(&patient("01234567890")).await;
    second.is_error(409, "phone_busy");
    assert_eq!(second.body["error"]["sessionId"], first.as_str());
    assert_eq!(
        api.ask(Method::DELETE, &format!("/api/outbound-call/{first}"))
            .await
            .status,
        200
    );
    api.call(NUMBER).await;
    assert_eq!(api.dialled(), 2);
}
