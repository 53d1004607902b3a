//! What Prometheus is told of whole calls. `.ci/metrics` has promtool judge the same text.

use super::world::{Setup, WITHIN, World};
use crate::documents::document;
use call::CallState;
use logging::metrics::{AGENT_READY, FIRST_AUDIO, Noted, UNDERRUNS};
use simulators::{
    elevenlabs::{Say, Script, Step},
    speech::line,
};
use std::{fs, path::Path, time::Duration};
use tokio::time::{sleep, timeout};

/// The value of one line of the text.
pub(super) fn value(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
    line.parse().unwrap()
}

pub(super) async fn metrics(world: &World) -> String {
    let url = format!("http://{}/metrics", world.metrics);
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

/// The waits of one call, told to Prometheus in seconds and to CloudWatch in its own unit.
fn are_measured_once(text: &str, noted: &Noted) {
    for (measured, noted_as) in [
        ("relay_agent_ready_seconds", AGENT_READY),
        ("relay_first_audio_seconds", FIRST_AUDIO),
    ] {
        assert_eq!(value(text, &format!("{measured}_count")), 1.0, "{measured}");
        let took = value(text, &format!("{measured}_sum"));
        assert!((0.0..5.0).contains(&took));
        let [ms] = noted.of(&noted_as)[..] else {
            panic!("{measured} is not noted once")
        };
        assert!((ms / 1_000.0 - took).abs() < 1e-6, "{ms} ms, {took} s");
    }
}

#[tokio::test]
async fn a_call_is_counted_from_its_stream_to_its_end() {
    let (noted, _guard) = Noted::start();
    let world = World::start(Setup {
        calls_max: 3,
        ..Setup::default()
    })
    .await;
    let text = metrics(&world).await;
    assert_eq!(value(&text, "relay_calls"), 0.0);
    assert_eq!(
        (value(&text, "relay_room"), value(&text, "relay_in_service")),
        (3.0, 1.0)
    );
    let (id, mut stream) = world.talking().await;
    let greeting = line("agent_greeting_hi").shortened(Duration::from_secs(1));
    stream
        .until(|received| received.pcm.len() >= greeting.pcm.len())
        .await;
    assert!(
        world.open("/knowlarity-stream?t=wrong").await.is_ok(),
        "it may still say whose it is"
    );
    let forged = format!("/knowlarity-stream/{id}?t=wrong");
    assert_eq!(world.open(&forged).await.err(), Some(401));

    let text = metrics(&world).await;
    assert_eq!(
        (value(&text, "relay_calls"), value(&text, "relay_room")),
        (1.0, 2.0)
    );
    assert_eq!(value(&text, "relay_streams_admitted_total"), 1.0);
    assert_eq!(
        value(&text, "relay_streams_refused_total{reason=\"bad_token\"}"),
        1.0
    );
    are_measured_once(&text, &noted);
    // A second of speech is five chunks; two are sent ahead of their time.
    let waited = value(&text, "relay_playout_lateness_seconds_count");
    assert!((1.0..=5.0).contains(&waited), "{waited} chunks waited");

    stream.close().await;
    world.until(id, CallState::Completed).await;
    let is_left = async {
        while value(&metrics(&world).await, "relay_calls") > 0.0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WITHIN, is_left).await.unwrap();
    let text = metrics(&world).await;
    assert_eq!(
        value(
            &text,
            "relay_calls_ended_total{reason=\"hung_up_by_callee\"}"
        ),
        1.0
    );
    assert_eq!(noted.of(&UNDERRUNS).len(), 1);
    let bytes = 2.0 * greeting.pcm.len() as f64;
    assert_eq!(value(&text, "relay_to_carrier_bytes_total"), bytes);
    assert!(!text.contains(&id.to_string()), "a call is named");
    let for_promtool = Path::new(env!("CARGO_TARGET_TMPDIR")).join("relay_metrics.txt");
    fs::write(for_promtool, text).unwrap();
    // Only on its own listener.
    assert_eq!(world.status("/metrics").await, 404);
}

#[tokio::test]
async fn the_readme_says_of_each_metric_what_prometheus_is_told() {
    let world = World::start(Setup::default()).await;
    let text = metrics(&world).await;
    let readme = document("relay/README.md");
    for line in text.lines().filter_map(|line| line.strip_prefix("# HELP ")) {
        let (name, help) = line.split_once(' ').unwrap();
        let row = readme
            .lines()
            .find(|row| row.starts_with(&format!("| `{name}` |")));
        assert!(
            row.is_some_and(|row| row.ends_with(&format!("| {help} |"))),
            "{line}"
        );
    }
}

#[tokio::test]
async fn an_interruption_is_counted_and_timed() {
    let said = line("agent_greeting_hi").shortened(Duration::from_secs(3));
    let world = World::start(Setup {
        script: Script::new([Step::Say(Say::from(said))]),
        ..Setup::default()
    })
    .await;
    let (id, mut stream) = world.talking().await;
    stream.until(|received| !received.pcm.is_empty()).await;
    stream.frames(&line("callee_barge_in_hi").pcm).await;
    stream
        .until(|received| received.texts.iter().any(|text| text.contains("killAudio")))
        .await;
    let text = metrics(&world).await;
    assert_eq!(value(&text, "relay_barge_in_seconds_count"), 1.0);
    assert!(value(&text, "relay_barge_in_seconds_sum") < 0.5);
    stream.close().await;
    world.until(id, CallState::Completed).await;
    let is_counted = async {
        while value(&metrics(&world).await, "relay_barge_ins_total") < 1.0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WITHIN, is_counted).await.unwrap();
}
