//! A raw client speaks to the simulator over real sockets.

mod doors;
mod failures;
mod talk;

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::speech::{self, Line, line, noise, samples_in, silence};

/// Longest wait for anything in these tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Real time between two 20 ms frames: the client speaks four times faster than a phone.
const FRAME_EVERY: Duration = Duration::from_millis(5);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Deadlines short enough for a test, none of which a busy machine reaches by accident.
fn quick() -> Timing {
    Timing {
        think: ms(20),
        ping_every: ms(100),
        ..Timing::default()
    }
}

fn short(id: &str, length_ms: u64) -> Say {
    line(id).shortened(ms(length_ms)).into()
}

/// Greeting, one turn of the callee, goodbye, end.
fn one_turn() -> Script {
    Script::new([
        Step::Say(short("agent_greeting_hi", 400)),
        Step::listen("callee_age_hi"),
        Step::Say(short("agent_goodbye_hi", 1_500).without_waiting()),
        Step::EndCall,
    ])
    .with_timing(quick())
}

async fn start(script: Script) -> Sim {
    Sim::start(Settings::with_script(script)).await.unwrap()
}

async fn get(sim: &Sim, path: &str, key: &str) -> (u16, Value) {
    let url = format!("{}{path}", sim.base_url());
    let answer = reqwest::Client::new()
        .get(url)
        .header("xi-api-key", key)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn signed_url(sim: &Sim) -> String {
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let (status, body) = get(sim, path, API_KEY_DEFAULT).await;
    assert_eq!(status, 200);
    body["signed_url"].as_str().unwrap().to_owned()
}

fn client_data(variables: Value) -> Value {
    json!({"type": "conversation_initiation_client_data", "dynamic_variables": variables})
}

/// What a client may meet.
#[derive(Debug, PartialEq)]
enum Met {
    Message(Value),
    Close(Option<u16>),
    Lost,
}

/// A plain client: answers pings, sends the callee's audio, keeps everything it gets.
struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    callee: VecDeque<i16>,
    sent: Vec<i16>,
    got: Vec<Value>,
    answers_pings: bool,
    next_frame: Instant,
}

impl Client {
    async fn connect(sim: &Sim) -> Self {
        let (socket, _) = connect_async(signed_url(sim).await).await.unwrap();
        Self {
            socket,
            callee: VecDeque::new(),
            sent: Vec::new(),
            got: Vec::new(),
            answers_pings: true,
            next_frame: Instant::now(),
        }
    }

    async fn begin(sim: &Sim) -> Self {
        let mut client = Self::connect(sim).await;
        client.send(client_data(json!({"call_id": "c1"}))).await;
        client
    }

    async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    fn say(&mut self, line: &Line) {
        self.callee.extend(line.pcm.iter());
    }

    fn say_pcm(&mut self, pcm: &[i16]) {
        self.callee.extend(pcm);
    }

    /// Sends frames until something arrives that is no ping.
    async fn next(&mut self) -> Met {
        timeout(PATIENCE, self.next_unbounded())
            .await
            .expect("the simulator must do something")
    }

    async fn next_unbounded(&mut self) -> Met {
        loop {
            let message = tokio::select! {
                message = self.socket.next() => message,
                () = tokio::time::sleep_until(self.next_frame) => {
                    self.send_frame().await;
                    continue;
                }
            };
            let value: Value = match message {
                Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(frame))) => {
                    return Met::Close(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(other)) => panic!("unexpected {other:?}"),
                Some(Err(_)) | None => return Met::Lost,
            };
            self.got.push(value.clone());
            if value["type"] != "ping" {
                return Met::Message(value);
            }
            assert!(
                value["ping_event"]
                    .as_object()
                    .unwrap()
                    .contains_key("ping_ms")
            );
            if self.answers_pings {
                let event_id = &value["ping_event"]["event_id"];
                self.send(json!({"type": "pong", "event_id": event_id}))
                    .await;
            }
        }
    }

    async fn send_frame(&mut self) {
        self.next_frame += FRAME_EVERY;
        let ready = self.callee.len().min(320);
        let mut frame: Vec<i16> = self.callee.drain(..ready).collect();
        frame.resize(320, 0);
        let audio = json!({"user_audio_chunk": STANDARD.encode(speech::to_bytes(&frame))});
        // The simulator may have closed already; the next read tells.
        if self
            .socket
            .send(Message::text(audio.to_string()))
            .await
            .is_ok()
        {
            self.sent.extend(frame);
        }
    }

    /// Plays the first reply to its end, as a phone does, before anything is said.
    async fn hear_out(&mut self) {
        let begun = Instant::now();
        self.until("agent_response").await;
        let over = begun + speech::playing_time(self.heard(1).len()) + ms(20);
        while Instant::now() < over {
            tokio::time::sleep_until(self.next_frame).await;
            self.send_frame().await;
        }
    }

    async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Met::Message(value) if value["type"] == kind => return value,
                Met::Message(_) => {}
                over @ (Met::Close(_) | Met::Lost) => panic!("no {kind} but {over:?}"),
            }
        }
    }

    async fn until_over(&mut self) -> Met {
        loop {
            match self.next().await {
                Met::Message(_) => {}
                over @ (Met::Close(_) | Met::Lost) => return over,
            }
        }
    }

    fn types(&self) -> Vec<&str> {
        self.got
            .iter()
            .filter_map(|value| value["type"].as_str())
            .collect()
    }

    /// Samples of all `audio` messages, in order, with their event ids.
    fn heard(&self, event_id: u64) -> Vec<i16> {
        let audio = self.got.iter().filter(|value| value["type"] == "audio");
        let of_reply = audio.filter(|value| value["audio_event"]["event_id"] == event_id);
        of_reply
            .flat_map(|value| {
                let text = value["audio_event"]["audio_base_64"].as_str().unwrap();
                speech::from_bytes(&STANDARD.decode(text).unwrap()).unwrap()
            })
            .collect()
    }
}

#[tokio::test]
async fn conversations_at_the_same_time_are_not_mixed_and_are_limited() {
    let mut settings = Settings::with_script(one_turn());
    settings.concurrency_max = 2;
    let sim = Sim::start(settings).await.unwrap();
    let (mut one, mut two) = (Client::begin(&sim).await, Client::begin(&sim).await);
    one.hear_out().await;
    two.hear_out().await;
    assert_eq!(
        upgrade_status(connect_async(signed_url(&sim).await).await),
        429
    );

    one.say(&line("callee_age_hi"));
    two.say(&line("callee_city_hi"));
    tokio::join!(one.until_over(), two.until_over());

    for (number, client, line_id) in [(1, &one, "callee_age_hi"), (2, &two, "callee_city_hi")] {
        let record = sim.wait_conversation(number, PATIENCE).await.unwrap();
        assert!(speech::find(&record.callee_pcm, &line(line_id).pcm).is_some());
        assert_eq!(
            client.sent[..record.callee_pcm.len()],
            record.callee_pcm[..]
        );
    }
}

#[tokio::test]
async fn the_history_tells_what_really_happened() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    client.hear_out().await;
    let id = sim.conversation(1).unwrap().conversation_id;
    let path = format!("/v1/convai/conversations/{id}");

    assert_eq!(
        get(&sim, &path, API_KEY_DEFAULT).await.1["status"],
        "in-progress"
    );
    client.say(&line("callee_age_hi"));
    client.until_over().await;
    let (status, body) = get(&sim, &path, API_KEY_DEFAULT).await;

    assert_eq!((status, &body["status"]), (200, &json!("done")));
    let roles: Vec<&str> = body["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["agent", "user", "agent"]);
    assert_eq!(body["transcript"][1]["message"], line("callee_age_hi").text);
    assert_eq!(
        body["metadata"]["termination_reason"],
        "end_call tool was called"
    );
    let variables = &body["conversation_initiation_client_data"]["dynamic_variables"];
    assert_eq!(variables["call_id"], "c1");
    assert_eq!(variables["system__conversation_id"], *id);
    assert_eq!(get(&sim, &path, "other").await.0, 401);
    assert_eq!(
        get(&sim, "/v1/convai/conversations/conv_x", API_KEY_DEFAULT)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn stopping_ends_conversations_and_waiting_for_nothing_says_why() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    client.until("audio").await;
    let error = sim.wait_conversation(2, ms(50)).await.unwrap_err();
    assert!(error.to_string().contains("not begun; 1 others"), "{error}");

    sim.stop().await;

    assert_eq!(client.until_over().await, Met::Lost);
}

#[track_caller]
fn upgrade_status(result: Result<impl Sized, Error>) -> u16 {
    let error = result.err().expect("the upgrade must be refused");
    let Error::Http(response) = error else {
        panic!("{error}");
    };
    response.status().as_u16()
}
