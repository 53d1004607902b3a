//! What the bridge says, done: to both sockets, to the record, to the agent's part.

use super::{Session, lines::Line};
use crate::bridge::{CarrierClose, End, Input, Output};
use call::CallEvent;
use elevenlabs::message::AgentFailure;
use knowlarity::stream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

impl Session<'_> {
    /// Does all that the bridge asks for, then writes each socket out once. A socket that breaks
    /// on the way is told to the bridge, which may ask for more.
    pub(super) async fn obey(&mut self) -> Option<End> {
        loop {
            while let Some(output) = self.bridge.poll_output() {
                if let Output::Finished(end) = output {
                    return Some(end);
                }
                self.do_one(output).await;
            }
            if self.flush().await {
                return None;
            }
        }
    }

    /// Writes out what was sent; `false` if a socket proved to be broken.
    async fn flush(&mut self) -> bool {
        if let Some(carrier) = &mut self.carrier
            && !carrier.flush().await
        {
            self.lose_carrier();
            return false;
        }
        if let Some(agent) = &mut self.agent
            && !agent.flush().await
        {
            self.agent_closed(AgentFailure::Transient);
            return false;
        }
        true
    }

    async fn do_one(&mut self, output: Output) {
        match output {
            Output::ToAgent(pcm) => {
                if let Some(agent) = &mut self.agent {
                    let _ = agent.hear(&pcm).await; // A broken socket shows at the flush.
                }
            }
            Output::Pong { event_id } => {
                if let Some(agent) = &mut self.agent {
                    let _ = agent.pong(event_id).await;
                }
            }
            Output::Play(pcm) => {
                let hz = self.carrier_hz();
                if let Some(carrier) = &mut self.carrier {
                    let _ = carrier.play(&pcm, hz).await;
                }
                self.measure_played();
            }
            Output::KillAudio => {
                self.send_to_carrier(stream::KILL_AUDIO).await;
                self.measure_killed();
            }
            Output::Disconnect => {
                self.await_announced().await;
                self.send_to_carrier(stream::DISCONNECT).await;
            }
            Output::Transfer => self.send_transfer().await,
            Output::CloseCarrier => {
                if let Some(carrier) = &mut self.carrier {
                    carrier.close(CloseCode::Normal).await;
                }
            }
            Output::CloseAgent => {
                self.opening = None;
                if let Some(agent) = self.agent.take() {
                    self.relay.tasks.carry(agent.close());
                }
            }
            Output::Transcript(turn) => self.record(turn),
            Output::AgentLost => self.replace_agent(),
            Output::AgentUnavailable => self.say_sorry(),
            Output::LimitReached => self.say(Line::TIME_IS_UP),
            Output::StreamLost => self.note_stream_lost().await,
            Output::Finished(_) => {}
        }
    }

    async fn send_transfer(&mut self) {
        self.await_announced().await;
        let number = self.relay.config.transfer_number.as_ref();
        if let (Some(number), Some(carrier)) = (number, &mut self.carrier) {
            let _ = carrier.say(stream::transfer(number.e164())).await;
        }
    }

    async fn note_stream_lost(&mut self) {
        self.carrier = None;
        self.recorder.beat(false);
        let (attempt, stream) = (self.attempt, self.recorder.stream());
        self.recorder
            .record(CallEvent::StreamLost { attempt, stream })
            .await;
    }

    async fn send_to_carrier(&mut self, text: &'static str) {
        if let Some(carrier) = &mut self.carrier {
            let _ = carrier.say(text).await;
        }
    }

    fn lose_carrier(&mut self) {
        self.carrier = None;
        self.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    }
}
