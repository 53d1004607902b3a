//! The carrier's end of one call: sends a frame each 20 ms, and listens as a telephone does.

use super::{
    call::Call,
    mark::{FRAME_BYTES, Found, Mark, Reader, Way},
    shared::{Shared, Stage},
    socket::{Socket, hang_up, open},
};
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_tungstenite::tungstenite::Message;

/// Audio in one frame.
const FRAME: Duration = Duration::from_millis(20);

/// Bytes of one second at 16 kHz.
const BYTES_PER_SECOND: u32 = 32_000;

/// Where a call's stream is to be opened, and what is said first there.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) url: String,
    pub(super) metadata: Option<String>,
}

/// A text of the relay's.
#[derive(Deserialize)]
struct Text<'a> {
    r#type: &'a str,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "audioContent")]
    audio: Option<&'a str>,
}

/// One call's carrier.
pub(super) struct Carrier {
    shared: Arc<Shared>,
    call: Arc<Call>,
    reader: Reader,
    stage: Stage,
    opened: Instant,
    /// When all that came will have been heard.
    heard_until: Instant,
    /// The reply that is heard.
    reply: u32,
}

impl Carrier {
    pub(super) fn new(shared: Arc<Shared>, call: Arc<Call>) -> Self {
        let now = Instant::now();
        Self {
            shared,
            call,
            reader: Reader::new(Way::Down),
            stage: Stage::Talk,
            opened: now,
            heard_until: now,
            reply: 0,
        }
    }

    /// Opens the stream, talks until told to leave, and hangs up. What went wrong is noted with the call.
    pub(super) async fn run(mut self, order: Order, mut stages: watch::Receiver<Stage>) {
        let call = self.call.clone();
        if let Err(error) = self.talk(&order, &mut stages).await {
            call.fault(format!("{error:#}"));
        }
        if self.reader.kept() > 0 {
            call.fault("the last frame did not come whole");
        }
        call.book().has_hung_up = true;
    }

    async fn talk(&mut self, order: &Order, stages: &mut watch::Receiver<Stage>) -> Result<()> {
        self.opened = Instant::now();
        let mut socket = open(&order.url).await?;
        let took = self.opened.elapsed();
        self.shared.times().open_to_upgrade.note_duration(took);
        if let Some(metadata) = &order.metadata {
            socket.send(Message::text(metadata.as_str())).await?;
        }
        let mut frames = interval_at(self.opened, FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Burst);
        // The stream has no audio of the time before it was open.
        frames.reset_immediately();
        while self.stage != Stage::Leave {
            self.next(&mut socket, &mut frames, stages).await?;
        }
        hang_up(&mut socket).await
    }

    async fn next(
        &mut self,
        socket: &mut Socket,
        frames: &mut Interval,
        stages: &mut watch::Receiver<Stage>,
    ) -> Result<()> {
        tokio::select! {
            message = socket.next() => {
                let message = message.context("the relay is gone")??;
                self.hear(&message)?;
            }
            due = frames.tick() => {
                let late = due.elapsed();
                self.shared.times().own_lateness.note_duration(late);
                socket.send(Message::binary(self.frame())).await?;
            }
            changed = stages.changed() => {
                changed?;
                self.stage = *stages.borrow_and_update();
            }
        }
        Ok(())
    }

    /// What the callee says now: a mark, and nothing any more at the end.
    fn frame(&self) -> Vec<u8> {
        if self.stage != Stage::Talk {
            return vec![0; FRAME_BYTES];
        }
        let mark = Mark {
            way: Way::Up,
            call: self.call.number,
            reply: 0,
            sequence: self.call.book().send_up(),
            sent_us: self.shared.clock.us(),
        };
        let mut frame = Vec::with_capacity(FRAME_BYTES);
        mark.write(&mut frame);
        frame
    }

    fn hear(&mut self, message: &Message) -> Result<()> {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Ok(()),
            Message::Close(frame) => anyhow::bail!("the relay closed the stream: {frame:?}"),
            Message::Binary(_) => anyhow::bail!("a binary frame"),
        };
        let text: Text<'_> = serde_json::from_str(text).context("no JSON")?;
        match (text.r#type, text.data.and_then(|data| data.audio)) {
            ("playAudio", Some(audio)) => self.play(&STANDARD.decode(audio)?),
            ("killAudio", _) => self.kill(),
            (other, _) => anyhow::bail!("{other} in the middle of the call"),
        }
        Ok(())
    }

    /// Has a chunk played after what came before it.
    fn play(&mut self, pcm: &[u8]) {
        let (now, now_us) = (Instant::now(), self.shared.clock.us());
        let (mut marks, mut book) = (Vec::with_capacity(10), self.call.book());
        let had_heard_agent = book.has_heard_agent;
        self.reader
            .read(pcm, |found: Found| marks.extend(book.hear_down(found)));
        if let Some(mark) = marks.first() {
            book.go_on(mark.sequence, now < self.heard_until);
        }
        let is_first = book.has_heard_agent && !had_heard_agent;
        drop(book);
        let mut times = self.shared.times();
        if is_first {
            times.open_to_audio.note_duration(self.opened.elapsed());
        }
        let continues = marks.first().is_some_and(|mark| mark.reply == self.reply);
        if continues && times.is_steady {
            let late = now.saturating_duration_since(self.heard_until);
            times.lateness.note_duration(late);
        }
        for mark in marks {
            let delay = now_us.saturating_sub(mark.sent_us);
            let begins = std::mem::replace(&mut self.reply, mark.reply) != mark.reply;
            if times.is_steady {
                times.down.note(delay);
                if begins {
                    times.first_of_reply.note(delay);
                }
            }
        }
        let length = Duration::from_secs(1) * pcm.len() as u32 / BYTES_PER_SECOND;
        self.heard_until = self.heard_until.max(now) + length;
    }

    fn kill(&mut self) {
        let asked = self.call.book().kill();
        self.reader.cut();
        self.heard_until = Instant::now();
        self.reply = 0;
        let mut times = self.shared.times();
        if let Some(asked) = asked.filter(|_| times.is_steady) {
            times.barge_in.note(self.shared.clock.us() - asked);
        }
    }
}
