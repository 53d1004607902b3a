//! What a collector of traces gets to see of calls, and what calls feel of a collector: nothing.

mod collector;
mod ends;
mod trouble;
mod whole;

pub(crate) use collector::{Collector, Mood, Span};

use crate::{
    calls::{World, short_call},
    support::patient,
};
use local::system::{LOCAL_KEY, Options};
use serde_json::{Value, json};
use simulators::{crm::Receiver, knowlarity::Dial};
use std::time::Duration;

/// Longest wait for the receiver of outcomes: two ticks of the sweep, or a second try after 5 s.
const SOON: Duration = Duration::from_secs(20);

const NUMBER: &str = "+911234567890";

/// The trace of a CRM, with the span that asks for a call.
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A system that tells this collector, and a CRM.
async fn start(endpoint: &str, mut options: Options) -> (World, Receiver) {
    let endpoint = endpoint.to_owned();
    let name = "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned();
    options.settings.insert(name, endpoint);
    (World::start(options).await, Receiver::start().await)
}

/// Places a call whose outcomes go to the CRM; its id.
async fn trigger(world: &World, crm: &Receiver, traceparent: Option<&str>) -> String {
    let mut body = patient(NUMBER);
    body["callbackUrl"] = json!(crm.url("/outcomes?key=hush-hush"));
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/api/outbound-call", world.system.api_url));
    let mut request = request.header("x-api-key", LOCAL_KEY).json(&body);
    if let Some(traceparent) = traceparent {
        request = request.header("traceparent", traceparent);
    }
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["sessionId"].as_str().unwrap().to_owned()
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// A call that ends at once, because the carrier rejects it.
async fn rejected(world: &World, crm: &Receiver, traceparent: Option<&str>) -> String {
    world.carrier().behave([Dial::Rejected]);
    let seen = crm.notices().len();
    let id = trigger(world, crm, traceparent).await;
    crm.wait_for(seen + 1, SOON).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_traceparent_has_the_trace_of_its_session() {
    let collector = Collector::start(Mood::Takes).await;
    let (world, crm) = start(&collector.url, short_call()).await;
    for (n, given) in [None, Some("00-nonsense-01")].into_iter().enumerate() {
        let id = rejected(&world, &crm, given).await;
        let trace = id.replace('-', "");
        let told = crm.notices()[n].traceparent.clone();
        assert!(told.starts_with(&format!("00-{trace}-")), "{told}");
        let ends = |spans: &[Span]| {
            let own = spans.iter().filter(|span| span.trace == trace);
            own.filter(|span| span.name == "POST callback").count() == 1
        };
        let mut spans = collector.until(ends).await;
        spans.retain(|span| span.trace == trace);
        let root = named(&spans, "POST /api/outbound-call")[0];
        assert_eq!(root.parent, "");
        assert!(spans.iter().all(|span| span.said["call.session_id"] == id));
        assert_eq!(named(&spans, "call")[0].said["call.cause"], "rejected");
        assert_eq!(named(&spans, "ring")[0].said["call.ring_end"], "refused");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_trace_kept_gets_none_and_hears_so() {
    let collector = Collector::start(Mood::Takes).await;
    let (world, crm) = start(&collector.url, short_call()).await;
    let unwanted = CALLER.replace("-01", "-00");
    rejected(&world, &crm, Some(&unwanted)).await;
    let told = crm.notices()[0].traceparent.clone();
    assert!(
        told.starts_with(&CALLER[..36]) && told.ends_with("-00"),
        "{told}"
    );
    world.finish().await;
    assert_eq!(collector.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_a_receiver_hears_of_the_crms_own_trace_alone() {
    let (world, crm) = start("", short_call()).await;
    rejected(&world, &crm, None).await;
    rejected(&world, &crm, Some(CALLER)).await;
    let told = crm.notices();
    let told: Vec<&str> = told.iter().map(|n| n.traceparent.as_str()).collect();
    assert_eq!(told, ["", CALLER]);
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_address_stops_the_start_and_is_named() {
    let mut options = short_call();
    let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
    options
        .settings
        .insert(name.to_owned(), "collector:4318".to_owned());
    let Err(error) = local::system::System::start(options).await else {
        panic!("a wrong address was taken");
    };
    assert!(error.to_string().contains(name), "{error}");
}
