//! How streams end, seen from both sides.

use super::*;
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::CloseFrame};

/// A relay that serves one stream after another by hand.
struct Relay {
    listener: TcpListener,
    url: String,
}

impl Relay {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/s/c1", listener.local_addr().unwrap());
        Self { listener, url }
    }

    async fn accept(&self) -> WebSocketStream<TcpStream> {
        #[expect(clippy::result_large_err, reason = "the library's own callback type")]
        let echo = |request: &Request, mut response: Response| {
            let offered = request.headers()["sec-websocket-protocol"].clone();
            let headers = response.headers_mut();
            headers.insert("sec-websocket-protocol", offered);
            Ok(response)
        };
        let accepting = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            tokio_tungstenite::accept_hdr_async(stream, echo)
                .await
                .unwrap()
        };
        tokio::time::timeout(WAIT, accepting).await.unwrap()
    }
}

/// Reads to the end: the texts, the lengths of the audio frames, and the close frame.
async fn read_out(
    socket: &mut WebSocketStream<TcpStream>,
) -> (Vec<String>, Vec<usize>, Option<CloseFrame>) {
    let (mut texts, mut frames, mut close) = (vec![], vec![], None);
    let reading = async {
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(text) => texts.push(text.to_string()),
                Message::Binary(frame) => frames.push(frame.len()),
                Message::Close(frame) => close = frame,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    };
    tokio::time::timeout(WAIT, reading).await.unwrap();
    (texts, frames, close)
}

async fn send(socket: &mut WebSocketStream<TcpStream>, text: &str) {
    socket.send(Message::text(text)).await.unwrap();
}

#[tokio::test]
async fn a_callee_who_hangs_up_closes_with_1000() {
    let pressed = vec![
        Step::Dtmf('5'),
        Step::SayAt(Duration::from_millis(100), speech(40).into()),
        Step::HangUp,
    ];
    let sim = sim_with(Callee::speaking(pressed)).await;
    let relay = Relay::start().await;
    let mut body = dial_body(&relay.url);
    body["ivr_flow"]["flow"]["nodes"][1]["config"]["sampling_rate"] = json!("8k");
    dial(&sim, &body).await;
    let (texts, frames, close) = read_out(&mut relay.accept().await).await;
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!(texts[1], r#"{"type":"dtmf","digit":"5"}"#);
    assert!(frames.iter().all(|length| *length == 320), "{frames:?}");
    assert_eq!(call.uplink.len(), frames.len() * 320);
    assert_eq!(call.downlink, vec![0; call.uplink.len()]);
    assert_eq!(close.map(|frame| u16::from(frame.code)), Some(1_000));
    assert_eq!((call.ended_by, call.said.len()), (EndedBy::Callee, 1));
}

#[tokio::test]
async fn after_disconnect_the_carrier_hangs_up() {
    let sim = sim_with(Callee::silent()).await;
    let relay = Relay::start().await;
    dial(&sim, &dial_body(&relay.url)).await;
    let mut socket = relay.accept().await;
    socket.send(Message::binary(vec![0; 640])).await.unwrap();
    send(&mut socket, r#"{"type":"agent_ready"}"#).await;
    send(&mut socket, r#"{"type":"disconnect"}"#).await;
    let (_, _, close) = read_out(&mut socket).await;
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!(close.map(|frame| u16::from(frame.code)), Some(1_000));
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    assert_eq!(call.violations.len(), 2, "{:?}", call.violations);
}

#[tokio::test]
async fn the_relays_close_is_answered() {
    let sim = sim_with(Callee::silent()).await;
    let relay = Relay::start().await;
    dial(&sim, &dial_body(&relay.url)).await;
    let mut socket = relay.accept().await;
    let frame = CloseFrame {
        code: 1_008.into(),
        reason: "".into(),
    };
    socket.close(Some(frame)).await.unwrap();
    let (_, _, answer) = read_out(&mut socket).await;
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!(answer.map(|frame| u16::from(frame.code)), Some(1_008));
    assert_eq!(
        (call.ended_by, call.close_code),
        (EndedBy::Relay, Some(1_008))
    );
}

#[tokio::test]
async fn a_dropped_stream_comes_back_with_its_metadata() {
    let steps = vec![
        Step::SayAt(Duration::from_millis(100), speech(20).into()),
        Step::DropSocket,
        Step::Reconnect(Duration::from_millis(200)),
        Step::SayAt(Duration::ZERO, speech(40).into()),
        Step::HangUp,
    ];
    let sim = sim_with(Callee::speaking(steps)).await;
    let relay = Relay::start().await;
    dial(&sim, &dial_body(&relay.url)).await;
    let (first, _, lost) = read_out(&mut relay.accept().await).await;
    let (second, _, close) = read_out(&mut relay.accept().await).await;
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!((first, lost), (second, None));
    assert!(close.is_some());
    assert_eq!((call.streams, call.said.len()), (2, 2));
}

#[tokio::test]
async fn a_refused_stream_ends_the_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/s", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new()).await });
    let sim = sim_with(Callee::silent()).await;
    dial(&sim, &dial_body(&url)).await;
    let call = sim.wait_call(1, WAIT).await.unwrap();
    assert_eq!((call.refused, call.ended_by), (vec![404], EndedBy::Lost));
    assert_eq!(call.streams, 0);
}

#[tokio::test]
async fn a_stopped_simulator_leaves_no_call_running() {
    let sim = sim_with(Callee::silent()).await;
    let relay = Relay::start().await;
    dial(&sim, &dial_body(&relay.url)).await;
    let mut socket = relay.accept().await;
    sim.stop().await;
    let (_, _, close) = read_out(&mut socket).await;
    assert_eq!(close, None);
}
