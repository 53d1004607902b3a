use super::*;
use AgentMessage as M;

#[track_caller]
fn check(text: &str, expected: M) {
    assert!(parse(text) == expected, "{text}");
}

#[test]
fn the_start_the_audio_and_the_pings_are_read() {
    check(
        r#"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{"conversation_id":"conv_x","agent_output_audio_format":"pcm_16000","user_input_audio_format":"ulaw_8000"}}"#,
        M::Ready {
            conversation_id: "conv_x".into(),
            input: Some(AudioFormat::Ulaw),
            output: Some(AudioFormat::Pcm { hz: 16_000 }),
        },
    );
    check(
        r#"{"type":"audio","audio_event":{"audio_base_64":"AQI=","event_id":3,"alignment":null}}"#,
        M::Audio {
            event_id: Some(3),
            audio: Bytes::from_static(&[1, 2]),
        },
    );
    check(
        r#"{"type":"audio","audio_event":{"audio_base_64":"","event_id":3,"is_final":true}}"#,
        M::Audio {
            event_id: Some(3),
            audio: Bytes::new(),
        },
    );
    check(
        r#"{"type":"interruption","interruption_event":{"event_id":3}}"#,
        M::Interruption { event_id: Some(3) },
    );
    check(
        r#"{"type":"ping","ping_event":{"event_id":9,"ping_ms":null}}"#,
        M::Ping { event_id: 9 },
    );
    check(r#"{"type":"ping","event_id":9}"#, M::Ping { event_id: 9 });
}

#[test]
fn every_published_format_is_known_and_no_other() {
    for hz in [8_000, 16_000, 22_050, 24_000, 44_100, 48_000] {
        let format = AudioFormat::named(&format!("pcm_{hz}"));
        assert_eq!(format, Some(AudioFormat::Pcm { hz }));
    }
    assert_eq!(AudioFormat::named("ulaw_8000"), Some(AudioFormat::Ulaw));
    for unknown in [
        "",
        "pcm_",
        "pcm_11025",
        "pcm_016000",
        "ulaw_16000",
        "alaw_8000",
        "opus",
    ] {
        assert_eq!(AudioFormat::named(unknown), None, "{unknown}");
    }
}

#[test]
fn what_either_said_is_read() {
    check(
        r#"{"type":"user_transcript","user_transcription_event":{"user_transcript":"हाँ","event_id":2}}"#,
        M::CalleeSaid {
            text: "हाँ".into(),
            event_id: Some(2),
        },
    );
    check(
        r#"{"type":"agent_response","agent_response_event":{"agent_response":"नमस्ते"}}"#,
        M::AgentSaid {
            text: "नमस्ते".into(),
            event_id: None,
        },
    );
    check(
        r#"{"type":"agent_response_correction","agent_response_correction_event":{"original_agent_response":"abc","corrected_agent_response":"a","event_id":3}}"#,
        M::AgentCorrected {
            text: "a".into(),
            event_id: Some(3),
        },
    );
}

#[test]
fn tools_are_read() {
    check(
        r#"{"type":"agent_tool_response","agent_tool_response":{"tool_name":"end_call","tool_call_id":"t2","tool_type":"system","is_error":false,"event_id":7}}"#,
        M::Ending,
    );
    check(
        r#"{"type":"client_tool_call","client_tool_call":{"tool_name":"opt_out","tool_call_id":"t1","parameters":{},"event_id":3}}"#,
        M::ToolCall {
            name: "opt_out".into(),
            tool_call_id: "t1".into(),
            parameters: Map::new(),
            event_id: Some(3),
            expects_response: true,
        },
    );
    check(
        r#"{"type":"client_tool_call","client_tool_call":{"tool_name":"x","tool_call_id":"t2","parameters":{"a":1},"expects_response":false}}"#,
        M::ToolCall {
            name: "x".into(),
            tool_call_id: "t2".into(),
            parameters: Map::from_iter([("a".to_owned(), json!(1))]),
            event_id: None,
            expects_response: false,
        },
    );
}

#[test]
fn failures_are_sorted_by_what_may_be_done_next() {
    let nested = |code: u16, kind: &str| {
        format!(r#"{{"type":"error","error_event":{{"code":{code},"error_type":"{kind}"}}}}"#)
    };
    check(
        &nested(1008, "override_error"),
        M::Error(AgentFailure::Refused),
    );
    check(
        &nested(1002, "llm_timeout"),
        M::Error(AgentFailure::Transient),
    );
    for (code, ending) in [
        (1000, "max_duration_exceeded"),
        (1002, "safety_violation"),
        (1002, "transport_receive_timeout"),
    ] {
        check(&nested(code, ending), M::Error(AgentFailure::Ended));
    }
    check(
        r#"{"type":"client_error","error_event":{"code":1008,"error_name":"invalid_api_key"}}"#,
        M::Error(AgentFailure::Refused),
    );
    check(
        r#"{"type":"error","message":"received 1002 (protocol error) This request exceeds your quota limit."}"#,
        M::Error(AgentFailure::OutOfQuota),
    );
    for (code, expected) in [
        (Some(1000), AgentFailure::Ended),
        (Some(1002), AgentFailure::Transient),
        (Some(1008), AgentFailure::Refused),
        (Some(1011), AgentFailure::Transient),
        (Some(3000), AgentFailure::OutOfQuota),
        (Some(4300), AgentFailure::Busy),
        (None, AgentFailure::Transient),
    ] {
        assert_eq!(of_close(code), expected, "{code:?}");
    }
}

#[test]
fn a_type_that_nobody_published_is_told_apart() {
    check(r#"{"type":"weather_report"}"#, M::Unknown);
}

#[test]
fn what_is_unknown_is_ignored_and_what_is_broken_is_told_apart() {
    check(
        r#"{"type":"vad_score","vad_score_event":{"vad_score":0.9}}"#,
        M::Ignored,
    );
    check(
        r#"{"type":"agent_tool_response","agent_tool_response":{"tool_name":"x"}}"#,
        M::Ignored,
    );
    for text in ["", "[]", "{}", "{", r#"{"type":5}"#, r#"{"type":"ping"}"#] {
        check(text, M::Unreadable);
    }
    check(
        r#"{"type":"audio","audio_event":{"audio_base_64":"***"}}"#,
        M::Unreadable,
    );
}

#[test]
fn what_is_sent_is_spelled_as_the_platform_reads_it() {
    let mut out = String::new();
    user_audio(&[1, 2, 3, 4], &mut out);
    assert_eq!(out, r#"{"user_audio_chunk":"AQIDBA=="}"#);
    assert_eq!(pong(12), r#"{"type":"pong","event_id":12}"#);
    let result: Value = serde_json::from_str(&tool_result("t1", "saved", false)).unwrap();
    assert_eq!(
        result,
        json!({"type": "client_tool_result", "tool_call_id": "t1", "result": "saved", "is_error": false})
    );
}
