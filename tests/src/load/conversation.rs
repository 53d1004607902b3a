//! The agent's end of one call: talks as its manner is, and checks what it hears.

use super::{
    agent::Connection,
    call::Call,
    mark::{Found, Reader, Way},
    shared::Shared,
    speech::{Manner, Speech, Word},
};
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

type Socket = WebSocketStream<Connection>;

/// A text of the relay's.
#[derive(Deserialize)]
struct Text<'a> {
    r#type: Option<&'a str>,
    user_audio_chunk: Option<&'a str>,
}

/// One frame in so many is forgotten, if any is to be.
const FORGOTTEN_EACH: u32 = 100;

/// One conversation.
pub(super) struct Conversation {
    shared: Arc<Shared>,
    call: Arc<Call>,
    socket: Socket,
    reader: Reader,
    speech: Speech,
    opened: Instant,
    /// Frames of the caller's so far.
    heard: u32,
    text: String,
}

impl Conversation {
    /// Learns whose it is, and says that it is ready.
    pub(super) async fn begin(
        shared: Arc<Shared>,
        mut socket: Socket,
        manner: Manner,
    ) -> Result<Self> {
        let opened = Instant::now();
        let first = socket.next().await.context("nothing was said")??;
        let first: Value = serde_json::from_str(first.to_text()?)?;
        let name = first["dynamic_variables"]["call_id"].as_str();
        let name = name.context("no call is named")?;
        let call = shared.call(name).context("a call that there is not")?;
        let metadata = json!({
            "type": "conversation_initiation_metadata",
            "conversation_initiation_metadata_event": {
                "conversation_id": format!("conv_{}", call.number),
                "agent_output_audio_format": "pcm_16000",
                "user_input_audio_format": "pcm_16000",
            },
        });
        socket.send(Message::text(metadata.to_string())).await?;
        call.book().agent_ready();
        Ok(Self {
            shared,
            call,
            socket,
            reader: Reader::new(Way::Up),
            speech: Speech::new(manner, Instant::now()),
            opened,
            heard: 0,
            text: String::new(),
        })
    }

    /// Talks until the call is finished, and listens until the relay leaves.
    pub(super) async fn run(mut self) {
        loop {
            let talks = !self.call.book().is_finishing;
            let due = self.speech.due();
            let turn = tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(message)) => self.hear(&message),
                },
                () = sleep_until(due), if talks => self.say().await,
            };
            if let Err(error) = turn {
                self.call.fault(format!("the agent: {error:#}"));
                break;
            }
        }
        // It answers the relay's close.
        let _ = self.socket.close(None).await;
    }

    fn hear(&mut self, message: &Message) -> Result<()> {
        let Message::Text(text) = message else {
            return Ok(());
        };
        let text: Text<'_> = serde_json::from_str(text).context("no JSON")?;
        let Some(audio) = text.user_audio_chunk else {
            bail!("{:?} instead of audio", text.r#type);
        };
        self.heard += 1;
        if self.shared.forgets() && self.heard.is_multiple_of(FORGOTTEN_EACH) {
            return Ok(());
        }
        let pcm = STANDARD.decode(audio)?;
        let (now_us, mut book) = (self.shared.clock.us(), self.call.book());
        let mut mark = None;
        self.reader
            .read(&pcm, |found: Found| mark = book.hear_up(found).or(mark));
        drop(book);
        let mut times = self.shared.times();
        if let Some(mark) = mark.filter(|_| times.is_steady) {
            times.up.note(now_us.saturating_sub(mark.sent_us));
        }
        Ok(())
    }

    async fn say(&mut self) -> Result<()> {
        let is_first = {
            let mut book = self.call.book();
            if book.is_finishing {
                return Ok(());
            }
            !std::mem::replace(&mut book.has_spoken, true)
        };
        let words: Vec<_> = self.speech.say(&self.call, self.shared.clock).collect();
        for word in words {
            self.write(&word);
            self.socket.feed(Message::text(self.text.as_str())).await?;
        }
        if is_first {
            let took = self.opened.elapsed();
            self.shared.times().agents_own.note_duration(took);
        }
        self.socket.flush().await?;
        Ok(())
    }

    fn write(&mut self, word: &Word) {
        self.text.clear();
        match word {
            Word::Audio { event_id, pcm } => {
                let head = r#"{"type":"audio","audio_event":{"audio_base_64":""#;
                self.text.push_str(head);
                STANDARD.encode_string(pcm, &mut self.text);
                self.text
                    .push_str(&format!(r#"","event_id":{event_id}}}}}"#));
            }
            Word::Interruption { event_id } => {
                let event = json!({ "event_id": event_id });
                let text = json!({ "type": "interruption", "interruption_event": event });
                self.text = text.to_string();
            }
        }
    }
}
