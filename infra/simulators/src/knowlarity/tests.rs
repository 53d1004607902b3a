//! The simulator against a relay that is a few lines long.

mod call_log;
mod endings;

use super::*;
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_tungstenite::tungstenite::{
    Message,
    handshake::server::{Request, Response},
};

const WAIT: Duration = Duration::from_secs(10);

/// Echoes the sub-protocol, gives the first text, plays `pcm`, then kills or disconnects.
async fn relay(pcm: Vec<i16>, kill_after: Option<Duration>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "ws://{}/knowlarity-stream/c1?t=tok",
        listener.local_addr().unwrap()
    );
    let (texts, received) = mpsc::channel(8);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        #[expect(clippy::result_large_err, reason = "the library's own callback type")]
        let echo = |request: &Request, mut response: Response| {
            assert_eq!(request.uri().query(), Some("t=tok"));
            let offered = request.headers()["sec-websocket-protocol"].clone();
            response
                .headers_mut()
                .insert("sec-websocket-protocol", offered);
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, echo)
            .await
            .unwrap();
        let Some(Ok(Message::Text(first))) = socket.next().await else {
            panic!("no first text")
        };
        texts.send(first.to_string()).await.unwrap();
        let content = STANDARD.encode(crate::speech::to_bytes(&pcm));
        let play = json!({ "type": "playAudio", "data": { "audioContentType": "raw",
            "sampleRate": 16_000, "audioContent": content } });
        socket.send(Message::text(play.to_string())).await.unwrap();
        if let Some(after) = kill_after {
            tokio::time::sleep(after).await;
            socket
                .send(Message::text(r#"{"type":"killAudio"}"#))
                .await
                .unwrap();
        }
        while let Some(Ok(message)) = socket.next().await {
            assert!(!matches!(message, Message::Text(_)));
        }
    });
    (url, received)
}

fn dial_body(url: &str) -> Value {
    json!({ "k_number": "+911234567800", "customer_number": "+911234567890",
        "caller_id": "+911234567800", "direct_connect": true,
        "ivr_flow": { "flow": { "nodes": [
            { "id": "welcome", "type": "play", "next": "stream_node",
              "audio": { "type": "tts", "text": "रुकिए", "language": "hi" } },
            { "id": "stream_node", "type": "stream", "config": { "wss_url": url,
              "sampling_rate": "16k", "metadata": "{\"client_meta_id\":\"c1\"}" } },
        ] } } })
}

async fn dial(sim: &Sim, body: &Value) -> (u16, Value) {
    let url = format!("{}/Basic/v1/account/call/makecall", sim.base_url());
    let request = reqwest::Client::new()
        .post(url)
        .header("authorization", API_KEY_DEFAULT);
    let reply = request.json(body).send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

async fn sim_with(callee: Callee) -> Sim {
    Sim::start(Settings {
        callee,
        ..Settings::default()
    })
    .await
    .unwrap()
}

fn speech(ms: u64) -> Vec<i16> {
    crate::speech::noise(Duration::from_millis(ms), 8_000, 7)
}

#[tokio::test]
async fn what_the_relay_plays_is_heard_and_answered() {
    let words: std::sync::Arc<[i16]> = speech(100).into();
    let sim = sim_with(Callee {
        steps: vec![Step::Reply(words.clone())],
        hangs_up: true,
    })
    .await;
    let (url, mut texts) = relay(speech(500), None).await;
    let (status, answer) = dial(&sim, &dial_body(&url)).await;
    assert_eq!(status, 200);
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!(answer["success"]["call_id"], call.call_id.as_str());
    assert_eq!(texts.recv().await.unwrap(), "{\"client_meta_id\":\"c1\"}");
    assert_eq!(
        (call.heard == speech(500), call.received.len()),
        (true, 8_000)
    );
    assert!(crate::speech::find(&call.uplink, &words).is_some());
    assert_eq!((call.ended_by, call.violations), (EndedBy::Callee, vec![]));
}

#[tokio::test]
async fn killed_audio_is_not_heard() {
    let hang_up = Step::SayAt(Duration::from_millis(900), speech(20).into());
    let sim = sim_with(Callee {
        steps: vec![hang_up],
        hangs_up: true,
    })
    .await;
    let (url, _texts) = relay(speech(2_000), Some(Duration::from_millis(300))).await;
    dial(&sim, &dial_body(&url)).await;
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!((call.kills, call.received.len()), (1, 32_000));
    assert!(
        call.heard.len() < 16_000,
        "{} samples heard",
        call.heard.len()
    );
    assert!(speech(2_000).starts_with(&call.heard));
}

#[tokio::test]
async fn a_dial_that_is_malformed_or_unauthorized_is_refused() {
    let sim = sim_with(Callee::silent()).await;
    let mut body = dial_body("http://x");
    assert_eq!(dial(&sim, &body).await.0, 400);
    body["ivr_flow"]["flow"]["nodes"][1]["config"]["wss_url"] = json!("ws://x");
    body["customer_number"] = json!("1234567890");
    assert_eq!(dial(&sim, &body).await.0, 400);
    let url = format!("{}/Basic/v1/account/call/makecall", sim.base_url());
    let reply = reqwest::Client::new()
        .post(url)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), 401);
    assert!(sim.dials().is_empty());
}

#[tokio::test]
async fn a_busy_line_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook_url = Some(format!("http://{}/hook", listener.local_addr().unwrap()));
    let (bodies, mut received) = mpsc::channel(8);
    let take = move |axum::Json(body): axum::Json<Value>| async move {
        bodies.send(body).await.unwrap();
    };
    let router = axum::Router::new().route("/hook", axum::routing::post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = Settings {
        webhook_url,
        webhook: WebhookStyle::Twice,
        ..Settings::default()
    };
    let sim = Sim::start(settings).await.unwrap();
    sim.behave([Dial::Busy]);
    let (_, answer) = dial(&sim, &dial_body("ws://127.0.0.1:9")).await;
    for _ in 0..2 {
        let body = tokio::time::timeout(WAIT, received.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(body["call_status"], "busy");
        assert_eq!(body["called_number"], "%2b911234567890");
        assert_eq!(body["call_uuid"], answer["success"]["call_id"]);
    }
}

#[test]
fn every_variant_carries_the_flows_metadata() {
    let order = flow::ivr_flow(&dial_body("ws://x")).unwrap();
    for variant in [
        Variant::OwnMetadata,
        Variant::StrictJson,
        Variant::PythonDict,
        Variant::DoubleEncoded,
        Variant::Bom,
        Variant::InnerText,
        Variant::OtherKeys,
    ] {
        let text = flow::first_message(variant, &order, "k1").unwrap();
        assert!(
            text.contains("client_meta_id") || text.contains("client%5Fmeta%5Fid"),
            "{text}"
        );
        assert!(text.contains("c1"));
    }
    assert_eq!(flow::first_message(Variant::NoText, &order, "k1"), None);
}

#[tokio::test]
async fn what_is_expected_at_a_number_happens_there_and_nowhere_else() {
    let (url, _texts) = relay(vec![], None).await;
    let sim = Sim::start(Settings::default()).await.unwrap();
    let known = "+911234567891";
    let expected = [Dial::Busy, Dial::NoAnswer].map(|dial| (dial, Callee::silent()));
    sim.expect_at(known, expected);
    let mut body = dial_body(&url);
    for number in [known, "+911234567892", known, known] {
        body["customer_number"] = json!(number);
        dial(&sim, &body).await;
    }
    let became: Vec<Dial> = sim.dials().iter().map(|dial| dial.dial).collect();
    let expected = [Dial::Busy, Dial::Answer, Dial::NoAnswer, Dial::Answer];
    assert_eq!(became, expected);
}

#[tokio::test]
async fn a_fate_is_told_by_the_number_and_by_how_often_it_was_dialled() {
    let (url, _texts) = relay(vec![], None).await;
    let fates = Fates::new(|number, earlier| {
        let dial = [Dial::Busy, Dial::NoAnswer].get(earlier).copied();
        dial.filter(|_| number.ends_with('1'))
            .map(|dial| (dial, None))
    });
    let sim = Sim::start(Settings {
        fates: Some(fates),
        ..Settings::default()
    })
    .await
    .unwrap();
    let mut body = dial_body(&url);
    for digit in ["1", "2", "1", "1"] {
        body["customer_number"] = json!(format!("+91123456789{digit}"));
        dial(&sim, &body).await;
    }
    sim.behave([Dial::Rejected]);
    dial(&sim, &body).await;
    let became: Vec<Dial> = sim.dials().iter().map(|dial| dial.dial).collect();
    let (told, answered) = ([Dial::Busy, Dial::NoAnswer], Dial::Answer);
    let expected = [told[0], answered, told[1], answered, Dial::Rejected];
    assert_eq!(became, expected);
}
