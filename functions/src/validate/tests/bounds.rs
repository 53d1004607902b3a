//! How much of each field is taken, and which values.

use super::*;
use call::rules::*;

#[test]
fn names_in_any_script_fit_up_to_their_limit() {
    accepts(PATIENT, "name", json!("र".repeat(NAME_CHARS_MAX)));
    refuses(PATIENT, "name", json!("र".repeat(NAME_CHARS_MAX + 1)));
    refuses(PATIENT, "name", json!(""));
    refuses(PATIENT, "name", json!(" \u{a0} "));
    refuses(PATIENT, "name", json!("Rahul\nSharma"));
    refuses(PATIENT, "name", json!("Rahul\u{0}Sharma"));
    let padded = read(with(PATIENT, "name", json!("  राहुल "))).unwrap();
    assert_eq!(padded.patient.name, "राहुल");
}

#[test]
fn numbers_must_be_telephone_numbers() {
    accepts(PATIENT, "phoneNumber", json!("+91 12345 67890"));
    for text in ["", "12", "not a number", "+91123456789012345678", "False"] {
        refuses(PATIENT, "phoneNumber", json!(text));
    }
}

#[test]
fn texts_fit_up_to_their_limits() {
    for (pointer, name, chars_max) in [
        (PATIENT, "id", PATIENT_ID_CHARS_MAX),
        (PATIENT, "treatmentType", TREATMENT_CHARS_MAX),
        (TOP, "agentId", AGENT_ID_CHARS_MAX),
    ] {
        accepts(pointer, name, json!("a".repeat(chars_max)));
        refuses(pointer, name, json!("a".repeat(chars_max + 1)));
        refuses(pointer, name, json!(""));
    }
    refuses(TOP, "agentId", json!("agent 1"));
    refuses(TOP, "agentId", json!("agent/../1"));
}

#[test]
fn languages_are_tags() {
    for tag in ["hi", "en-IN", "zh-Hant-TW", "mai"] {
        accepts(TOP, "language", json!(tag));
    }
    for tag in [
        "",
        "h",
        "hindi",
        "en_IN",
        "en-",
        "-IN",
        "h1",
        "en-IN-aaaaaaaaaaa",
    ] {
        refuses(TOP, "language", json!(tag));
    }
}

#[test]
fn callbacks_are_web_addresses() {
    let longest = format!(
        "https://crm.example/{}",
        "a".repeat(CALLBACK_URL_CHARS_MAX - 20)
    );
    for url in [
        "https://crm.example/hook?x=1",
        "http://127.0.0.1:9000/",
        &longest,
    ] {
        accepts(TOP, "callbackUrl", json!(url));
    }
    let longer = format!("{longest}a");
    for url in [
        "",
        "crm.example",
        "/hook",
        "ftp://crm.example/",
        "https://a:b@crm.example/",
        "https://",
        &longer,
    ] {
        refuses(TOP, "callbackUrl", json!(url));
    }
}

#[test]
fn free_fields_have_limits_in_every_dimension() {
    let fields = |n: usize| Value::Object((0..n).map(|i| (format!("k{i}"), json!(i))).collect());
    let bytes = |n: usize| json!({ "k": "a".repeat(n - r#"{"k":""}"#.len()) });
    let name = |n: usize| json!({ "a".repeat(n): 1 });
    for (pointer, field) in [(PATIENT, "crmData"), (TOP, "metadata")] {
        accepts(pointer, field, fields(FREE_FIELDS_MAX));
        refuses(pointer, field, fields(FREE_FIELDS_MAX + 1));
        accepts(pointer, field, bytes(FREE_BYTES_MAX));
        refuses(pointer, field, bytes(FREE_BYTES_MAX + 1));
        accepts(pointer, field, json!({"a": {"b": {"c": {"d": 1}}}}));
        refuses(pointer, field, json!({"a": {"b": {"c": {"d": {}}}}}));
        refuses(pointer, field, json!({"a": [[[[1]]]]}));
        accepts(pointer, field, name(FREE_NAME_CHARS_MAX));
        refuses(pointer, field, name(FREE_NAME_CHARS_MAX + 1));
        refuses(pointer, field, json!({ "": 1 }));
        accepts(
            pointer,
            field,
            json!({ "n": [0, -1, 1.5, 1e29, 1e-29, u64::MAX] }),
        );
        refuses(pointer, field, json!({ "n": 1e300 }));
        refuses(pointer, field, json!({ "n": 1e-300 }));
    }
}

#[test]
fn times_are_ordered_and_near() {
    let at = |ahead: Duration| json!((NOW + ahead).to_string());
    let second = Duration::from_secs(1);
    accepts(TOP, "expiresAt", at(second));
    accepts(TOP, "expiresAt", at(AHEAD_MAX));
    accepts(TOP, "expiresAt", json!("2026-10-31T15:00:00+05:30"));
    refuses(TOP, "expiresAt", at(Duration::ZERO));
    refuses(TOP, "expiresAt", at(AHEAD_MAX + second));
    refuses(TOP, "expiresAt", json!("2026-10-31T15:00:00"));
    refuses(TOP, "expiresAt", json!("tomorrow"));
    accepts(TOP, "notBefore", json!((NOW - PAST_MAX).to_string()));
    refuses(
        TOP,
        "notBefore",
        json!((NOW - PAST_MAX - Duration::from_millis(1)).to_string()),
    );
    accepts(TOP, "notBefore", at(AHEAD_MAX));
    refuses(TOP, "notBefore", at(AHEAD_MAX + second));

    let mut body = with(TOP, "expiresAt", at(second));
    body["notBefore"] = at(second);
    assert_eq!(read(body.clone()).unwrap_err().field, "notBefore");
    body["notBefore"] = at(Duration::ZERO);
    assert!(read(body).is_ok());
}
