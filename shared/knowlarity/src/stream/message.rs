//! The carrier's text frames, both ways. Binary frames are bare audio and need no code here.
//!
//! Names and fields are those of FreeSWITCH's mod_audio_fork, which Knowlarity's stream node
//! speaks.

use super::{
    StreamMetadata,
    loose::{self, objects},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use call::private::Private;
use serde_json::{Map, Value};

/// Something the carrier said in a text frame.
#[derive(Clone, Debug, PartialEq)]
pub enum CarrierMessage {
    /// Ids and settings of the stream; may be repeated.
    Metadata(StreamMetadata),
    /// The stream was set up.
    CallStart,
    /// The callee picked up; sent by accounts that open the stream before that.
    Answered,
    /// A key was pressed.
    Dtmf(Private),
    /// The call ended.
    CallEnd,
    /// Nothing that is known. Counted, never an error.
    Unknown,
}

/// Reads a text frame. Several messages may share one frame; the damaged rest of one is searched
/// for ids.
#[must_use]
pub fn parse(text: &str) -> Vec<CarrierMessage> {
    let loose = objects(text);
    let mut messages: Vec<_> = loose.objects.iter().map(read).collect();
    if let Some(unread) = loose.unread {
        messages.push(known(StreamMetadata::salvage(&unread)));
    }
    messages
}

fn read(object: &Map<String, Value>) -> CarrierMessage {
    let words = ["type", "event", "event_type"]
        .iter()
        .filter_map(|key| object.get(*key)?.as_str());
    let mut controls = words.filter_map(|word| control(word, object));
    controls
        .next()
        .unwrap_or_else(|| known(StreamMetadata::from_object(object)))
}

fn known(metadata: StreamMetadata) -> CarrierMessage {
    if metadata.is_empty() {
        CarrierMessage::Unknown
    } else {
        CarrierMessage::Metadata(metadata)
    }
}

fn control(word: &str, object: &Map<String, Value>) -> Option<CarrierMessage> {
    let plain: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match plain.to_lowercase().as_str() {
        "callstart" => CarrierMessage::CallStart,
        "callend" | "callended" | "hangup" => CarrierMessage::CallEnd,
        "answered" | "callanswered" | "customeranswered" | "customeranswer" => {
            CarrierMessage::Answered
        }
        "dtmf" => CarrierMessage::Dtmf(digits(object).unwrap_or_default().into()),
        _ => return None,
    })
}

fn digits(object: &Map<String, Value>) -> Option<String> {
    let keys = ["digit", "digits", "dtmf"];
    let inner = object.get("data").and_then(Value::as_object);
    [Some(object), inner]
        .into_iter()
        .flatten()
        .find_map(|scope| keys.iter().find_map(|key| loose::text(scope.get(*key)?)))
}

/// Writes a `playAudio` message for 16-bit PCM into `out`, replacing what it held.
///
/// `sampleRate` must be a number: as a string it counts as absent.
pub fn play_audio(pcm: &[u8], hz: u32, out: &mut String) {
    out.clear();
    out.reserve(128 + pcm.len().div_ceil(3) * 4);
    out.push_str(r#"{"type":"playAudio","data":{"audioContentType":"raw","sampleRate":"#);
    out.push_str(&hz.to_string());
    out.push_str(r#","audioContent":""#);
    STANDARD.encode_string(pcm, out);
    out.push_str(r#""}}"#);
}

/// Stops what the carrier plays.
pub const KILL_AUDIO: &str = r#"{"type":"killAudio"}"#;

/// Has the carrier hand the callee over to this number, in E.164. Other integrators' flows read the
/// number from `textContent`.
#[must_use]
pub fn transfer(number: &str) -> String {
    serde_json::json!({ "type": "transfer", "data": { "textContent": number } }).to_string()
}

/// Tells the carrier's flow to go on without the stream.
pub const DISCONNECT: &str = r#"{"type":"disconnect"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(text: &str) -> StreamMetadata {
        match parse(text).as_slice() {
            [CarrierMessage::Metadata(metadata)] => metadata.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_first_message_gives_its_id() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            let metadata = metadata(text);
            let ids: Vec<_> = metadata.ids().map(|(_, id)| id).collect();
            assert!(ids.contains(&expected), "{metadata:?}");
        }
        // Our own flow, verbatim.
        check(r#"{"client_meta_id":"c1","attempt":1,"t":"tok"}"#, "c1");
        // A: strict JSON with a nested JSON string.
        check(
            r#"{"ivr_data":"{\"client_data\": \"x\", \"client_custom_id\": \"c1\"}","callid":"k1","virtual_number":"+911234567890","customer_number":"+911234567891","event_timestamp":1793400000000}"#,
            "c1",
        );
        // B: a Python dict with a percent-encoded inner object.
        check(
            "{'callid': '11111111-2222-4333-8444-555555555555', 'virtual_number': '+911234567890', 'metadata': '%7B%22agentId%22%3A%22agent_x%22%2C%22ivrCallId%22%3A4711%7D'}",
            "4711",
        );
        // B2: literals.
        check(
            "{'callid': 'k1', 'session_metadata': {'call_session_id': 'c1', 'retry': False, 'note': None}}",
            "c1",
        );
        // C: encoded twice.
        check(
            r#""{\"callid\": \"c1\", \"customer_number\": \"+911234567891\"}""#,
            "c1",
        );
        // D: byte order mark and blanks.
        check("\u{feff}  {\"callid\":\"c1\"}\r\n", "c1");
        // E: the inner metadata as percent-encoded text, JSON string, object.
        check(
            r#"{"callid":"k1","metadata":"%7B%22sessionId%22%3A%22c1%22%7D"}"#,
            "c1",
        );
        check(
            r#"{"callid":"k1","metadata":"{\"sessionId\":\"c1\"}"}"#,
            "c1",
        );
        check(r#"{"callid":"k1","metadata":{"sessionId":"c1"}}"#, "c1");
        // F: another account's keys.
        check(
            r#"{"uuid":"c1","sample_rate":16000,"from":"+911234567891","to":"+911234567890","metadata":{"event":"websocket:connected","call_type":"outbound"}}"#,
            "c1",
        );
        // The tail is cut.
        check(r#"{"callid":"c1","customer_number":"+9112345"#, "c1");
    }

    #[test]
    fn our_token_is_found_wherever_the_carrier_puts_our_metadata() {
        for text in [
            r#"{"client_meta_id":"c1","attempt":2,"t":"tok"}"#,
            r#"{"callid":"k1","metadata":{"client_meta_id":"c1","attempt":2,"t":"tok"}}"#,
            "{'callid': 'k1', 'metadata': '%7B%22client_meta_id%22%3A%22c1%22%2C%22attempt%22%3A2%2C%22t%22%3A%22tok%22%7D'}",
        ] {
            let metadata = metadata(text);
            assert_eq!(metadata.client_meta_id.as_deref(), Some("c1"), "{text}");
            assert_eq!(metadata.token, Some(Private::from("tok")));
            assert_eq!(metadata.attempt, Some(2));
        }
    }

    #[test]
    fn control_messages_are_known_by_any_of_their_keys() {
        use CarrierMessage as M;
        for (text, expected) in [
            (r#"{"type":"call_start"}"#, M::CallStart),
            (r#"{"event":"customer_answered"}"#, M::Answered),
            (r#"{"event_type":"ANSWERED"}"#, M::Answered),
            (r#"{"type":"dtmf","digit":"5"}"#, M::Dtmf("5".into())),
            (
                r#"{"type":"dtmf","data":{"digits":12}}"#,
                M::Dtmf("12".into()),
            ),
            (r#"{"type":"call_end"}"#, M::CallEnd),
            (r#"{"type":"weather"}"#, M::Unknown),
            ("gibberish", M::Unknown),
        ] {
            assert_eq!(parse(text), [expected], "{text}");
        }
    }

    #[test]
    fn a_transfer_names_the_number() {
        let expected = r#"{"data":{"textContent":"+911234567892"},"type":"transfer"}"#;
        let sorted: Value = serde_json::from_str(&transfer("+911234567892")).unwrap();
        assert_eq!(sorted, serde_json::from_str::<Value>(expected).unwrap());
    }

    #[test]
    fn several_messages_may_share_a_frame() {
        let messages = parse(r#"{"callid":"c1"}{"type":"call_start"}"#);
        assert!(matches!(
            messages.as_slice(),
            [CarrierMessage::Metadata(_), CarrierMessage::CallStart]
        ));
    }

    #[test]
    fn play_audio_is_written_as_the_carrier_reads_it() {
        let mut out = "leftover".to_owned();
        play_audio(&[1, 2, 3, 4], 16_000, &mut out);
        assert_eq!(
            out,
            r#"{"type":"playAudio","data":{"audioContentType":"raw","sampleRate":16000,"audioContent":"AQIDBA=="}}"#
        );
    }
}
