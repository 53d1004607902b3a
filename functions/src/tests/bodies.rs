//! What is wrong with a request is named.

use super::*;
use crate::BODY_BYTES_MAX;

#[tokio::test]
async fn bodies_are_refused_by_what_is_wrong_with_them() {
    const JSON: &str = "application/json";
    for content_type in [
        "text/plain",
        "",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        trigger(content_type, "{}")
            .await
            .is(415, "unsupported_content_type");
    }
    trigger(JSON, vec![b' '; BODY_BYTES_MAX + 1])
        .await
        .is(413, "body_too_large");
    trigger(JSON, &b"{\"a\":\"\xff\"}"[..])
        .await
        .is(400, "invalid_utf8");
    for text in [
        "",
        "{",
        "{}x",
        "{\"a\":\"\n\"}",
        "राहुल",
        &"[".repeat(10_000),
    ] {
        trigger(JSON, text.to_owned()).await.is(400, "invalid_json");
    }
    for text in ["[]", "null", "1", "\"text\""] {
        let answer = trigger("application/json; charset=utf-8", text).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], "body");
    }
    trigger("application/vnd.crm+json", vec![b' '; BODY_BYTES_MAX])
        .await
        .is(400, "invalid_json");
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_named_and_not_repeated() {
    let body = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": "+91-12-oh-no" } });
    let answer = trigger("application/json", body.to_string()).await;
    let detail = "patientData.phoneNumber: expected a phone number with its country code, \
        such as +911234567890, or ten Indian digits";
    let expected = json!({
        "type": "/api/problems/invalid_field",
        "title": "Invalid field",
        "status": 422,
        "detail": detail,
        "code": "invalid_field",
        "field": "patientData.phoneNumber",
        "error": {
            "code": "invalid_field",
            "message": detail,
            "field": "patientData.phoneNumber",
        },
    });
    assert_eq!((answer.status.as_u16(), answer.json), (422, expected));

    let answer = call("GET", "/api/outbound-calls?limit=1000", Some(READ_KEY)).await;
    answer.is(422, "invalid_field");
    assert_eq!(answer.json["error"]["field"], "limit");
}

#[tokio::test]
async fn the_webhook_refuses_what_it_cannot_read() {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let path = format!("/{WEBHOOK_SECRET}");
    webhook(&path, FORM, vec![b'a'; BODY_BYTES_MAX + 1])
        .await
        .is(413, "body_too_large");
    webhook(&path, FORM, &b"status=\xff"[..])
        .await
        .is(400, "invalid_utf8");
    webhook(&path, JSON, "{").await.is(400, "invalid_json");
    webhook(&path, JSON, "[]").await.is(422, "invalid_field");
}

/// The store of these tests would be 503.
#[tokio::test]
async fn a_patients_id_that_was_never_taken_is_not_looked_up() {
    let encoded = |chars: usize| "%E0%A4%B0".repeat(chars);
    for path in ["", "/hold"] {
        let method = if path.is_empty() { "DELETE" } else { "PUT" };
        let id = encoded(call::rules::PATIENT_ID_CHARS_MAX + 1);
        let path = |id: &str| format!("/api/patients/{id}{path}");
        call(method, &path(&id), Some(ADMIN_KEY))
            .await
            .is(404, "no_such_patient");
        let longest = encoded(call::rules::PATIENT_ID_CHARS_MAX);
        call(method, &path(&longest), Some(ADMIN_KEY))
            .await
            .is(503, "unavailable");
    }
}
