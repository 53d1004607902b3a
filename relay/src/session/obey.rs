//! What the bridge says, done: to both sockets, to the record, to the agent's part. None of it waits.

use super::{Session, lines::Line};
use crate::bridge::{CarrierClose, End, Input, Output};
use call::CallEvent;
use elevenlabs::message::AgentFailure;
use knowlarity::stream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

impl Session<'_> {
    /// Does all that the bridge asks for, then writes each socket out once. A socket that breaks
    /// on the way is told to the bridge, which may ask for more.
    pub(super) fn obey(&mut self) -> Option<End> {
        loop {
            while let Some(output) = self.bridge.poll_output() {
                if let Output::Finished(end) = output {
                    return Some(end);
                }
                self.do_one(output);
            }
            if self.flush() {
                return None;
            }
        }
    }

    /// Writes out what was sent; `false` if a socket proved to be broken.
    fn flush(&mut self) -> bool {
        if let Some(carrier) = &mut self.carrier
            && carrier.flush().is_err()
        {
            self.carrier = None;
            self.feed(Input::CarrierClosed(CarrierClose::Abnormal));
            return false;
        }
        if let Some(agent) = &mut self.agent
            && agent.flush().is_err()
        {
            self.agent_closed(AgentFailure::Transient);
            return false;
        }
        true
    }

    fn do_one(&mut self, output: Output) {
        match output {
            Output::ToAgent(pcm) => {
                if let Some(agent) = &mut self.agent {
                    agent.hear(&pcm);
                }
            }
            Output::Pong { event_id } => {
                if let Some(agent) = &mut self.agent {
                    agent.pong(event_id);
                }
            }
            Output::Typed(keys) => {
                if let Some(agent) = &mut self.agent {
                    agent.tell_keys(keys.expose());
                }
            }
            Output::Play(pcm) => {
                let hz = self.carrier_hz();
                if let Some(carrier) = &mut self.carrier {
                    carrier.play(&pcm, hz);
                    if let Some(recording) = &self.recording {
                        recording.agent(&pcm);
                    }
                }
                self.measure_played();
            }
            Output::KillAudio => {
                if let Some(carrier) = &mut self.carrier {
                    carrier.say(stream::KILL_AUDIO);
                }
                self.cut_recording();
                self.measure_killed();
            }
            Output::Disconnect | Output::Transfer | Output::CloseCarrier => self.part(output),
            Output::CloseAgent => {
                self.opening = None;
                if let Some(agent) = self.agent.take() {
                    self.relay.tasks.carry(agent.close());
                }
            }
            Output::Transcript(turn) => self.record(turn),
            Output::AgentLost => self.replace_agent(),
            Output::AgentUnavailable => self.say_sorry(),
            Output::HoldDue => self.hold(),
            Output::LimitReached => self.say(Line::TIME_IS_UP),
            Output::CalleeSilent => self.say(Line::NOT_HEARD),
            Output::StreamLost => self.note_stream_lost(),
            Output::Finished(_) => {}
        }
    }

    /// Asks the carrier to end the call, as soon as the reason is stored.
    fn part(&mut self, output: Output) {
        if self.parting.is_empty() && (output == Output::CloseCarrier || self.may_part()) {
            self.part_now(output);
        } else {
            self.parting.push(output);
        }
    }

    /// Nothing is waited for any more.
    pub(super) fn parted(&mut self) {
        for output in std::mem::take(&mut self.parting) {
            self.part_now(output);
        }
    }

    fn part_now(&mut self, output: Output) {
        let Some(carrier) = &mut self.carrier else {
            return;
        };
        if output == Output::Disconnect {
            carrier.say(stream::DISCONNECT);
        } else if output == Output::CloseCarrier {
            carrier.close(CloseCode::Normal);
        } else if let Some(number) = &self.relay.config.transfer_number {
            carrier.say(stream::transfer(number.e164()));
            // What the callee says to a person is nobody's here.
            self.recording = None;
        }
    }

    fn note_stream_lost(&mut self) {
        self.carrier = None;
        self.cut_recording();
        self.recorder.beat(false);
        let (attempt, stream) = (self.attempt, self.recorder.stream());
        self.recorder
            .record(CallEvent::StreamLost { attempt, stream });
    }
}
