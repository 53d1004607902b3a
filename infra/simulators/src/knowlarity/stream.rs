//! The audio stream of an answered call.

use super::{
    callee::{Act, Acting},
    connect::{self, Refusal, Socket},
    flow::{self, Order},
    framing::Framer,
    hub::Shared,
    playback::{Command, Playback, command},
    record::{CallRecord, EndedBy},
};
use crate::speech::to_bytes;
use futures_util::{SinkExt, StreamExt};
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Audio in one binary frame.
const FRAME: Duration = Duration::from_millis(20);

/// Samples of [`FRAME`] at 16 kHz.
const FRAME_SAMPLES: usize = 320;

/// How long the flow takes to hang up once the stream told it to go on.
const FLOW_END: Duration = Duration::from_millis(100);

/// When a stream opens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// After the pick-up.
    Answered,
    /// Before it.
    Early,
    /// Before a pick-up that never comes.
    Unanswered,
}

/// Runs the stream of a call until somebody ends it, and records it.
pub(super) async fn run(shared: &Shared, order: &Order, call_id: &str, opening: Opening) {
    let place = shared.add_call(CallRecord {
        call_id: call_id.to_owned(),
        number: order.number.clone(),
        ..CallRecord::default()
    });
    let mut call = Call {
        shared,
        place,
        acting: Acting::new(shared.next_callee(&order.number)),
        playback: Playback::default(),
        saying: VecDeque::new(),
        leaves_at: None,
        uplink_step: order.uplink_step(),
        framer: Framer::new(shared.settings.framing),
    };
    let ended_by = call.talk(order, call_id, opening).await;
    shared.change_call(place, |record| record.ended_by = ended_by);
    shared.end_call(place);
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
    /// When the flow hangs up, because the relay told it to go on.
    leaves_at: Option<Instant>,
    /// Every how many samples of 16 kHz one is sent.
    uplink_step: usize,
    framer: Framer,
}

impl Call<'_> {
    async fn talk(&mut self, order: &Order, call_id: &str, opening: Opening) -> EndedBy {
        let mut rings = opening != Opening::Answered;
        loop {
            let Some(mut socket) = self.connect(&order.stream_url).await else {
                return EndedBy::Lost;
            };
            let first = flow::first_message(
                self.shared.settings.variant,
                order,
                &self.shared.settings.id_in("stream", call_id),
            );
            let first = first.map(|first| if rings { flow::ringing(&first) } else { first });
            if let Some(first) = first
                && !self.introduce(&mut socket, first).await
            {
                return EndedBy::Lost;
            }
            if std::mem::take(&mut rings) && !self.ring_on(&mut socket, opening).await {
                return EndedBy::Callee;
            }
            match self.stream(&mut socket).await {
                Ended::By(ended_by) => {
                    connect::answer_close(&mut socket).await;
                    return ended_by;
                }
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

    /// Sends the ringing tone for as long as it rings; whether the call goes on after that. Whatever
    /// is played before the pick-up is a violation.
    async fn ring_on(&mut self, socket: &mut Socket, opening: Opening) -> bool {
        let picked_up = Instant::now() + self.shared.settings.ring;
        let mut frames = interval(FRAME);
        while Instant::now() < picked_up {
            tokio::select! {
                _ = frames.tick() => {
                    let tone = vec![0; 2 * FRAME_SAMPLES];
                    if socket.send(Message::binary(tone)).await.is_err() {
                        return false;
                    }
                }
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) if text.contains("disconnect") => {}
                    Some(Ok(Message::Text(_))) => self.note(|record| {
                        record.violations.push("said before the pick-up".to_owned());
                    }),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                    Some(Ok(_)) => {}
                },
            }
        }
        if opening == Opening::Unanswered {
            connect::close(socket).await;
            return false;
        }
        let answered = r#"{"event":"customer_answered"}"#;
        socket.send(Message::text(answered)).await.is_ok()
    }

    async fn introduce(&self, socket: &mut Socket, first: String) -> bool {
        if self.shared.settings.repeats_metadata {
            let both = format!(r#"{first}{{"type":"call_start"}}"#);
            return socket.send(Message::text(first)).await.is_ok()
                && socket.send(Message::text(both)).await.is_ok();
        }
        socket.send(Message::text(first)).await.is_ok()
    }

    async fn connect(&self, url: &str) -> Option<Socket> {
        match connect::open(url).await {
            Ok(socket) => {
                self.note(|record| record.streams += 1);
                Some(socket)
            }
            Err(Refusal::Status(status)) => {
                self.note(|record| record.refused.push(status));
                None
            }
            Err(Refusal::Unreachable(why)) => {
                tracing::warn!(why, "the stream could not be opened");
                None
            }
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
                if self.shared.settings.kill_spares_queue {
                    let queued = self.playback.queued();
                    self.note(|record| record.spared += queued);
                } else {
                    self.playback.kill();
                }
                self.note(|record| record.kills += 1);
            }
            Ok(Command::Disconnect) => {
                if !self.shared.settings.ignores_disconnect {
                    let at = Instant::now() + FLOW_END;
                    self.leaves_at.get_or_insert(at);
                }
                self.note(|record| record.disconnects += 1);
            }
            Ok(Command::Transfer(number)) => {
                let at = Instant::now() + FLOW_END;
                self.leaves_at.get_or_insert(at);
                self.note(|record| record.transfers.push(number));
            }
            Err(violation) => self.note(|record| record.violations.push(violation)),
        }
    }

    /// One frame of the call's clock: plays, listens, speaks.
    async fn frame(&mut self, socket: &mut Socket) -> Option<Ended> {
        if self.leaves_at.is_some_and(|at| at <= Instant::now()) {
            connect::close(socket).await;
            return Some(Ended::By(EndedBy::Relay));
        }
        let heard = self.playback.play(FRAME_SAMPLES);
        let due = FRAME_SAMPLES.min(self.saying.len());
        let mut spoken: Vec<i16> = self.saying.drain(..due).collect();
        let act = self.acting.listen(&heard, FRAME, !spoken.is_empty());
        spoken.resize(FRAME_SAMPLES, 0);
        let sent: Vec<i16> = spoken.iter().copied().step_by(self.uplink_step).collect();
        for frame in self.framer.cut(&to_bytes(&sent)) {
            if socket.send(Message::binary(frame)).await.is_err() {
                return Some(Ended::By(EndedBy::Lost));
            }
        }
        if self.shared.settings.keeps_audio {
            self.note(|record| {
                record.uplink.extend(&spoken);
                record.heard.extend(&heard);
                record.downlink.extend(&heard);
                record.downlink.resize(record.uplink.len(), 0);
            });
        }
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
            Act::HangUp => {
                connect::close(socket).await;
                Some(Ended::By(EndedBy::Callee))
            }
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
