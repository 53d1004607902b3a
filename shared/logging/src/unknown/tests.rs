use super::{
    mask::{NUMBER, TEXT},
    *,
};
use serde_json::{Map, Value, json};

#[track_caller]
fn check(message: &str, expected: &Value) {
    let sample = Sample::of(message);
    let found: Value = serde_json::from_str(sample.as_str()).unwrap();
    assert_eq!(&found, expected);
}

#[test]
fn a_sample_keeps_keys_shapes_and_words_of_the_protocol() {
    let report = json!({
        "call_status": "Ring Timeout Remote", "customer_number": "+911234567890",
        "name": "राहुल शर्मा", "note": "chest pain", "agent_number": "Customer Gone#+911234567890",
        "duration": 42, "code": 17, "ok": true, "nothing": null, "direction": "Outbound",
        "data": "{\"city\":\"Jaipur\",\"hangup_cause\":\"NEW_CAUSE\"}",
        "list": ["a", "b", "c", "d"],
    });
    check(
        &report.to_string(),
        &json!({
            "call_status": "Ring Timeout Remote", "customer_number": NUMBER,
            "name": TEXT, "note": TEXT, "agent_number": "Customer Gone**############",
            "duration": NUMBER, "code": 17, "ok": true, "nothing": null, "direction": "Outbound",
            "data": { "city": TEXT, "hangup_cause": "NEW_CAUSE" },
            "list": [TEXT, TEXT, TEXT],
        }),
    );
}

#[test]
fn forms_are_read_as_their_fields_and_other_texts_by_their_shape() {
    check(
        "?CallSid=abc&Status=hung%20x&Caller=%2B911234567890&age=42",
        &json!({ "CallSid": TEXT, "Status": "hung*##x", "Caller": TEXT, "age": NUMBER }),
    );
    let python = Sample::of("{'callid': 'k1', 'name': 'राहुल', 'to': 911234567890}");
    assert_eq!(python.as_str(), "{'a': 'a9', 'a': 'a', 'a': 9}");
    assert_eq!(Sample::of("मुझे दर्द है").as_str(), "a a a");
}

#[test]
fn a_key_that_is_no_name_is_not_kept() {
    check(
        r#"{"राहुल":1,"+911234567890":2,"call_1234567890":3,"a b":4}"#,
        &json!({ "<key>": NUMBER }),
    );
}

#[test]
fn messages_of_one_shape_have_one_name() {
    let report = |name: &str| Sample::of(&json!({ "status": "odd", "name": name }).to_string());
    assert_eq!(report("राहुल").digest(), report("सीमा शर्मा").digest());
    let other = Sample::of(r#"{"status":"even","name":"x"}"#);
    assert_ne!(report("राहुल").digest(), other.digest());
}

#[test]
fn a_sample_is_bounded_however_large_the_message_is() {
    let wide: Map<String, Value> = (0..1_000)
        .map(|n| {
            (
                format!("field{}{}", n / 26, char::from(b'a' + (n % 26) as u8)),
                json!("x"),
            )
        })
        .collect();
    let mut deep = json!("x");
    for _ in 0..50 {
        deep = json!({ "in": deep });
    }
    for message in [Value::Object(wide), deep, json!("क".repeat(100_000))] {
        let sample = Sample::of(&message.to_string());
        assert!(sample.as_str().len() <= SAMPLE_BYTES_MAX);
    }
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    for kind in UnknownKind::ALL {
        assert_eq!(kind.label().parse(), Ok(kind));
        assert_eq!(json!(kind), kind.label());
    }
}
