//! A whole call with everything in it: a busy line, a second dial, a talk, answers over two ways, an outcome that is
//! not taken at once.

use super::*;
use crate::{calls::settings, privacy};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use simulators::{
    crm::{Notice, Reply},
    elevenlabs::{Script, Step},
    knowlarity::{self, Callee},
    speech::line,
};
use std::collections::{BTreeMap, BTreeSet};

const TOLD_BY_RELAY: [&str; 2] = ["agent connect", "stream"];

fn talk() -> Options {
    let city = json!({ "field": "city", "value": "जयपुर" });
    let script = Script::new([
        Step::say("agent_age_hi"),
        Step::listen("callee_age_hi"),
        Step::saves("age", "42"),
        Step::CallTool {
            name: "save_patient_response".to_owned(),
            parameters: city,
            expects_response: true,
        },
        Step::EndCall,
    ]);
    let mut options = short_call();
    options.elevenlabs = simulators::elevenlabs::Settings::with_script(script);
    let reply = knowlarity::Step::Reply(line("callee_age_hi").pcm);
    options.knowlarity.callee = Callee::speaking(vec![reply]);
    options.settings.extend(settings([("RETRY_BUSY", "1s")]));
    options
}

/// Plays the call to the end of its last delivery; what was told of it, and its record.
async fn play() -> (Collector, Vec<Span>, Vec<Notice>, Value) {
    let collector = Collector::start(Mood::Takes).await;
    let (world, crm) = start(&collector.url, talk()).await;
    world.carrier().behave([Dial::Busy]);
    crm.reply([Reply::Status(500)]);
    let id = trigger(&world, &crm, Some(CALLER)).await;
    let record = world.ended(&id).await;
    assert_eq!(record["status"], "completed", "{record:#}");
    // The busy line, twice; the end; what the platform told of the talk afterwards.
    let notices = crm.wait_for(4, SOON).await;
    let posts = |spans: &[Span]| named(spans, "POST callback").len() >= 4;
    collector.until(posts).await;
    world.finish().await;
    let spans = collector.spans();
    (collector, spans, notices, record)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace_from_the_trigger_to_the_last_webhook() {
    let (collector, spans, notices, record) = play().await;
    assert_connected(&spans);
    assert_complete(&spans);
    assert_in_order(&spans);
    assert_told_to_the_crm(&spans, &notices);
    assert_private(&collector.bytes(), &record);
}

/// One trace, the CRM's, in which every span but the first hangs on another one.
fn assert_connected(spans: &[Span]) {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    assert_eq!(ids.len(), spans.len(), "an id is there twice: {spans:#?}");
    for span in spans {
        assert_eq!(span.trace, CALLER[3..35], "{span:#?}");
        assert!(span.ended >= span.began, "{span:#?}");
        if span.name == "POST /api/outbound-call" {
            assert_eq!(span.parent, CALLER[36..52]);
        } else {
            assert!(ids.contains(span.parent.as_str()), "{span:#?}");
        }
    }
}

/// Every part of the call is there, as often as it happened, and told by who did it.
fn assert_complete(spans: &[Span]) {
    let mut counts = BTreeMap::new();
    for span in spans {
        *counts.entry(span.name.as_str()).or_insert(0) += 1;
        let is_of_relay = TOLD_BY_RELAY.contains(&span.name.as_str());
        // The relay stores what ends there, too: a ring, an answer over its socket, the end.
        if is_of_relay || span.kind != SpanKind::Internal {
            let service = if is_of_relay { "relay" } else { "functions" };
            assert_eq!(span.service, service, "{span:#?}");
        }
    }
    let reports = counts.remove("POST /api/knowlarity/webhook/{secret}");
    let reports = reports.or_else(|| counts.remove("POST /api/knowlarity/webhook"));
    assert!(reports.is_some_and(|count| count >= 2), "{counts:?}");
    let expected = [
        ("POST /api/outbound-call", 1),
        ("POST callback", 4),
        ("agent connect", 1),
        ("attempt", 2),
        ("call", 1),
        ("dial", 2),
        ("ring", 2),
        ("save answer", 2),
        ("stream", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    let said = |name: &str, key: &str| -> Vec<&str> {
        let of = named(spans, name).into_iter();
        of.map(|span| span.said[key].as_str()).collect()
    };
    assert_eq!(said("attempt", "call.attempt"), ["1", "2"]);
    assert_eq!(said("attempt", "call.outcome"), ["busy", "answered"]);
    assert_eq!(said("ring", "call.ring_end"), ["busy", "picked_up"]);
    assert_eq!(said("call", "call.cause"), ["agent_ended"]);
    assert_eq!(said("stream", "call.stream_end"), ["hung_up_by_agent"]);
    let ways = said("save answer", "call.answer_source");
    assert_eq!(ways, ["mcp", "client_tool"]);
}

/// What follows began no earlier, and hangs on the attempt in which it happened.
fn assert_in_order(spans: &[Span]) {
    let one = |name: &str, n: usize| named(spans, name)[n];
    let order = [
        one("POST /api/outbound-call", 0),
        one("attempt", 0),
        one("dial", 0),
        one("attempt", 1),
        one("dial", 1),
        one("stream", 0),
        one("agent connect", 0),
        one("save answer", 0),
        one("save answer", 1),
    ];
    assert!(order.is_sorted_by_key(|span| span.began), "{order:#?}");
    let second = &one("attempt", 1).id;
    let of_second = ["dial", "ring", "stream", "save answer"];
    for name in of_second {
        assert_eq!(&named(spans, name).last().unwrap().parent, second, "{name}");
    }
    assert_eq!(one("agent connect", 0).parent, one("stream", 0).id);
    assert_eq!(one("dial", 0).parent, one("attempt", 0).id);
    assert!(one("ring", 1).ended <= one("agent connect", 0).ended);
    assert!(one("call", 0).ended >= one("save answer", 1).ended);
    let attempt = one("attempt", 1);
    let within = |span: &&Span| span.began >= attempt.began && span.ended <= attempt.ended;
    assert!(within(&one("ring", 1)) && within(&one("save answer", 1)));
}

/// The receiver's own spans hang on the try that reached it.
fn assert_told_to_the_crm(spans: &[Span], notices: &[Notice]) {
    let mut told = BTreeMap::new();
    for notice in notices {
        assert!(notice.traceparent.starts_with(&CALLER[..36]), "{notice:?}");
        assert!(notice.traceparent.ends_with("-01"));
        told.insert(notice.traceparent[36..52].to_owned(), notice);
    }
    let posts = named(spans, "POST callback");
    assert_eq!(told.len(), posts.len(), "each try has a place of its own");
    for post in &posts {
        assert_eq!(post.kind, SpanKind::Client);
        let notice = told[&post.id];
        assert_eq!(post.said["call.event"], notice.json()["type"], "{post:#?}");
    }
    let failed: Vec<_> = posts.iter().filter(|post| post.has_failed).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].said["error.type"], "refused");
    let again = |post: &&&Span| post.said.contains_key("http.request.resend_count");
    let again: Vec<_> = posts.iter().filter(again).collect();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].said["http.request.resend_count"], "1");
    assert_eq!(again[0].said["call.event"], failed[0].said["call.event"]);
}

/// Nothing that came from the patient, and nothing secret, is among the bytes that were sent.
fn assert_private(bytes: &[u8], record: &Value) {
    let text = String::from_utf8_lossy(bytes);
    assert!(!privacy::is_private(&text));
    let asked = patient(NUMBER);
    let mut private = Vec::new();
    let parts = [&asked, &record["answers"], &record["transcript"]];
    parts.iter().for_each(|part| words(part, &mut private));
    private
        .retain(|word| !["mcp", "client_tool", "agent", "callee", "user"].contains(&word.as_str()));
    assert!(private.len() > 10, "{private:?}");
    for word in private
        .iter()
        .map(String::as_str)
        .chain(["hush", "outcomes", "127.0.0.1"])
    {
        assert!(!text.contains(word), "{word:?} was told");
    }
}

/// Every text in a value, but for single letters.
fn words(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.chars().count() > 2 => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| words(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| words(value, found)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
