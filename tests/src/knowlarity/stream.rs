//! One ring of the phone, and the audio stream of one that is answered.

use super::{
    callee::{Act, Acting},
    flow::{self, Order},
    playback::{Command, Playback, command},
    record::{CallRecord, EndedBy},
    settings::Dial,
    sim::Shared,
    webhook::{self, Report},
};
use crate::speech::to_bytes;
use futures_util::{SinkExt, StreamExt};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Audio in one binary frame.
const FRAME: Duration = Duration::from_millis(20);

/// Samples of [`FRAME`] at 16 kHz.
const FRAME_SAMPLES: usize = 320;

/// What the carrier offers as WebSocket sub-protocol.
const SUBPROTOCOL: &str = "audio.drachtio.org";

/// How long the carrier tries to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the flow takes to hang up once the stream told it to go on.
const FLOW_END: Duration = Duration::from_millis(100);

type Socket = WebSocketStream<TcpStream>;

/// Rings, and reports how it went.
pub(super) async fn ring(shared: Arc<Shared>, dial: Dial, order: Order, call_id: String) {
    sleep(shared.settings.ring).await;
    let report = |status, duration| Report {
        call_id: &call_id,
        number: &order.number,
        ours: &order.ours,
        status,
        duration,
    };
    if dial.is_answered() {
        let answered = Instant::now();
        sleep(shared.settings.welcome).await;
        Call::run(&shared, &order, &call_id).await;
        let talked = answered.elapsed().max(Duration::from_secs(1));
        webhook::send(
            &shared.client,
            &shared.settings,
            &report("Answered", talked),
        )
        .await;
    } else if let Some(status) = dial.status_word() {
        webhook::send(
            &shared.client,
            &shared.settings,
            &report(status, Duration::ZERO),
        )
        .await;
    }
}

/// How one stream came to its end.
enum Ended {
    By(EndedBy),
    Dropped { reconnect: Option<Duration> },
}

/// One answered call.
struct Call<'a> {
    shared: &'a Shared,
    place: usize,
    acting: Acting,
    playback: Playback,
    /// Words of the callee that are not out yet.
    saying: VecDeque<i16>,
    is_leaving: Option<Instant>,
}

impl<'a> Call<'a> {
    async fn run(shared: &'a Shared, order: &Order, call_id: &str) {
        let (number, call_id) = (order.number.clone(), call_id.to_owned());
        let record = CallRecord {
            call_id: call_id.clone(),
            number,
            ..CallRecord::default()
        };
        let mut call = Self {
            shared,
            place: shared.add_call(record),
            acting: Acting::new(shared.next_callee()),
            playback: Playback::default(),
            saying: VecDeque::new(),
            is_leaving: None,
        };
        let ended_by = call.talk(order, &call_id).await;
        shared.change_call(call.place, |record| record.ended_by = ended_by);
        shared.end_call(call.place);
    }

    async fn talk(&mut self, order: &Order, call_id: &str) -> EndedBy {
        loop {
            let Some(mut socket) = self.connect(&order.stream_url).await else {
                return EndedBy::Lost;
            };
            let first = flow::first_message(self.shared.settings.variant, order, call_id);
            if let Some(first) = first
                && socket.send(Message::text(first)).await.is_err()
            {
                return EndedBy::Lost;
            }
            match self.stream(&mut socket).await {
                Ended::By(ended_by) => return ended_by,
                Ended::Dropped { reconnect: None } => return EndedBy::Lost,
                Ended::Dropped {
                    reconnect: Some(after),
                } => {
                    drop(socket);
                    self.playback.kill();
                    sleep(after).await;
                }
            }
        }
    }

    async fn connect(&mut self, url: &str) -> Option<Socket> {
        let mut request = url.into_client_request().ok()?;
        let host = request.uri().authority()?.to_string();
        let headers = request.headers_mut();
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        headers.insert("origin", HeaderValue::from_str(&host).ok()?);
        let connecting = async {
            let stream = TcpStream::connect(&host).await.map_err(Error::Io)?;
            stream.set_nodelay(true).map_err(Error::Io)?;
            client_async(request, stream).await
        };
        let result = timeout(CONNECT_TIMEOUT, connecting).await.ok()?;
        match result {
            Ok((socket, _)) => {
                self.note(|record| record.streams += 1);
                Some(socket)
            }
            Err(Error::Http(response)) => {
                self.note(|record| record.refused.push(response.status().as_u16()));
                None
            }
            Err(_) => None,
        }
    }

    /// Sends a frame each 20 ms and plays what comes, until somebody ends it.
    async fn stream(&mut self, socket: &mut Socket) -> Ended {
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                biased;
                message = socket.next() => {
                    if let Some(ended) = self.hear(message) {
                        return ended;
                    }
                }
                _ = frames.tick() => {
                    if let Some(ended) = self.frame(socket).await {
                        return ended;
                    }
                }
            }
        }
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) -> Option<Ended> {
        match message {
            Some(Ok(Message::Text(text))) => self.obey(&text),
            Some(Ok(Message::Binary(_))) => {
                self.note(|record| record.violations.push("binary frame".to_owned()));
            }
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map(|frame| frame.code.into());
                self.note(|record| record.close_code = code);
                return Some(Ended::By(EndedBy::Relay));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(_)) | None => return Some(Ended::By(EndedBy::Lost)),
        }
        None
    }

    fn obey(&mut self, text: &str) {
        match command(text) {
            Ok(Command::Play(pcm)) => {
                self.playback.queue(&pcm);
                self.note(|record| record.received.extend(&pcm));
            }
            Ok(Command::Kill) => {
                self.playback.kill();
                self.note(|record| record.kills += 1);
            }
            Ok(Command::Disconnect) => {
                self.is_leaving = Some(Instant::now() + FLOW_END);
                self.note(|record| record.disconnects += 1);
            }
            Ok(Command::Transfer) => {}
            Err(violation) => self.note(|record| record.violations.push(violation)),
        }
    }

    /// One frame of the call's clock: plays, listens, speaks.
    async fn frame(&mut self, socket: &mut Socket) -> Option<Ended> {
        if self.is_leaving.is_some_and(|at| at <= Instant::now()) {
            return Some(close(socket, EndedBy::Relay).await);
        }
        let heard = self.playback.play(FRAME_SAMPLES);
        let due = FRAME_SAMPLES.min(self.saying.len());
        let mut spoken: Vec<i16> = self.saying.drain(..due).collect();
        let act = self.acting.listen(&heard, FRAME, !spoken.is_empty());
        spoken.resize(FRAME_SAMPLES, 0);
        if socket
            .send(Message::binary(to_bytes(&spoken)))
            .await
            .is_err()
        {
            return Some(Ended::By(EndedBy::Lost));
        }
        self.note(|record| {
            record.uplink.extend(&spoken);
            record.heard.extend(&heard);
            record.downlink.extend(&heard);
            record.downlink.resize(record.uplink.len(), 0);
        });
        self.act(act, socket).await
    }

    async fn act(&mut self, act: Act, socket: &mut Socket) -> Option<Ended> {
        match act {
            Act::Nothing => None,
            Act::Say(pcm) => {
                self.note(|record| record.said.push(pcm.to_vec()));
                self.saying.extend(pcm.iter());
                None
            }
            Act::HangUp => Some(close(socket, EndedBy::Callee).await),
            Act::Drop { reconnect } => {
                // A linger of zero makes the drop a reset, as when a network breaks.
                let _ = socket.get_ref().set_zero_linger();
                Some(Ended::Dropped { reconnect })
            }
            Act::Dtmf(digit) => {
                let text = format!(r#"{{"type":"dtmf","digit":"{digit}"}}"#);
                let _ = socket.send(Message::text(text)).await;
                None
            }
        }
    }

    fn note(&self, change: impl FnOnce(&mut CallRecord)) {
        self.shared.change_call(self.place, change);
    }
}

async fn close(socket: &mut Socket, ended_by: EndedBy) -> Ended {
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    let _ = socket.close(Some(frame)).await;
    Ended::By(ended_by)
}
