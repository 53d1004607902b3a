//! A client that behaves as a phone does.

use super::*;
use crate::speech::Line;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use std::collections::VecDeque;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite::Message};

/// Real time between two 20 ms frames: the client speaks four times faster than a phone.
pub(super) const FRAME_EVERY: Duration = Duration::from_millis(5);

/// What a client may meet.
#[derive(Debug, PartialEq)]
pub(super) enum Met {
    Message(Value),
    Close(Option<u16>),
    Lost,
}

/// A plain client: answers pings, sends the callee's audio, keeps everything it gets.
pub(super) struct Client {
    pub(super) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) callee: VecDeque<i16>,
    pub(super) sent: Vec<i16>,
    pub(super) got: Vec<Value>,
    pub(super) answers_pings: bool,
    pub(super) next_frame: Instant,
}

impl Client {
    pub(super) async fn connect(sim: &Sim) -> Self {
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

    pub(super) async fn begin(sim: &Sim) -> Self {
        let mut client = Self::connect(sim).await;
        client.send(client_data(json!({"call_id": "c1"}))).await;
        client
    }

    pub(super) async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    pub(super) fn say(&mut self, line: &Line) {
        self.callee.extend(line.pcm.iter());
    }

    pub(super) fn say_pcm(&mut self, pcm: &[i16]) {
        self.callee.extend(pcm);
    }

    /// Sends frames until something arrives that is no ping.
    pub(super) async fn next(&mut self) -> Met {
        timeout(PATIENCE, self.next_unbounded())
            .await
            .expect("the simulator must do something")
    }

    pub(super) async fn next_unbounded(&mut self) -> Met {
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

    pub(super) async fn send_frame(&mut self) {
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
    pub(super) async fn hear_out(&mut self) {
        let begun = Instant::now();
        self.until("agent_response").await;
        let over = begun + speech::playing_time(self.heard(1).len()) + ms(20);
        while Instant::now() < over {
            tokio::time::sleep_until(self.next_frame).await;
            self.send_frame().await;
        }
    }

    pub(super) async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Met::Message(value) if value["type"] == kind => return value,
                Met::Message(_) => {}
                over @ (Met::Close(_) | Met::Lost) => panic!("no {kind} but {over:?}"),
            }
        }
    }

    pub(super) async fn until_over(&mut self) -> Met {
        loop {
            match self.next().await {
                Met::Message(_) => {}
                over @ (Met::Close(_) | Met::Lost) => return over,
            }
        }
    }

    pub(super) fn types(&self) -> Vec<&str> {
        self.got
            .iter()
            .filter_map(|value| value["type"].as_str())
            .collect()
    }

    /// Samples of all `audio` messages, in order, with their event ids.
    pub(super) fn heard(&self, event_id: u64) -> Vec<i16> {
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
