use super::*;

#[track_caller]
fn check_invalid(text: &str, error_type: &str) {
    assert_eq!(
        parse(text, "pcm_16000").unwrap_err().error_type,
        error_type,
        "{text}"
    );
}

#[test]
fn documented_client_messages_are_understood() {
    let parsed = |text: &str| parse(text, "pcm_16000").unwrap().0;

    assert_eq!(
        parsed(r#"{"user_audio_chunk":"AQD/fw=="}"#),
        ClientMessage::Audio(vec![1, 32767])
    );
    assert_eq!(
        parsed(r#"{"type":"pong","event_id":12}"#),
        ClientMessage::Pong { event_id: 12 }
    );
    assert_eq!(parsed(r#"{"type":"user_activity"}"#), ClientMessage::Other);
    assert_eq!(
        parsed(r#"{"type":"client_tool_result","tool_call_id":"t","result":"x","is_error":false}"#),
        ClientMessage::ToolResult {
            tool_call_id: "t".to_owned()
        }
    );
}

#[test]
fn client_data_yields_variables_overrides_and_events() {
    let text = r#"{"type":"conversation_initiation_client_data","user_id":"p",
        "dynamic_variables":{"call_id":"c1","attempt":2,"is_retry":false},
        "conversation_config_override":{"agent":{"language":"hi"},
            "conversation":{"client_events":["audio"]}}}"#;

    let (ClientMessage::ClientData(data), _) = parse(text, "pcm_16000").unwrap() else {
        panic!()
    };

    assert_eq!(data.dynamic_variables.len(), 3);
    assert_eq!(
        data.overrides,
        ["agent.language", "conversation.client_events"]
    );
    assert_eq!(data.client_events.unwrap(), ["audio"]);
    assert_eq!(data.user_id.unwrap(), "p");
}

#[test]
fn wrong_variants_seen_in_public_bridges_are_refused() {
    check_invalid("hello", "invalid_message");
    check_invalid("[]", "invalid_message");
    check_invalid(r#"{"pong_event":{"event_id":1}}"#, "invalid_message");
    check_invalid(r#"{"type":"pong","event_id":"1"}"#, "invalid_message");
    check_invalid(r#"{"user_text":"hi"}"#, "invalid_message");
    check_invalid(
        r#"{"type":"conversation_initiation_metadata"}"#,
        "invalid_message",
    );
    check_invalid(
        r#"{"type":"user_audio_chunk","user_audio_chunk":"AAA="}"#,
        "invalid_message",
    );
    check_invalid(r#"{"user_audio_chunk":"AAAA"}"#, "invalid_message");
    check_invalid(r#"{"user_audio_chunk":"not base64!"}"#, "invalid_message");
    check_invalid(
        r#"{"type":"client_tool_result","tool_call_id":"t"}"#,
        "missing_fields",
    );
    let data = |rest: &str| format!(r#"{{"type":"conversation_initiation_client_data",{rest}}}"#);
    check_invalid(
        &data(r#""dynamic_variables":{"system__x":"1"}"#),
        "value_error",
    );
    check_invalid(&data(r#""dynamic_variables":{"x":null}"#), "value_error");
    check_invalid(&data(r#""user_id":null"#), "invalid_message");
    check_invalid(&data(r#""agent_id":"a""#), "invalid_message");
}
