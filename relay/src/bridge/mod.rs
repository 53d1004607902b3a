//! One call's audio between the carrier and the agent, decided without sockets or clocks.
//!
//! The owner feeds every event with its time to [`Bridge::handle`], then takes
//! [`Bridge::poll_output`] until it is empty, then waits no longer than
//! [`Bridge::poll_timeout`] for the next event and feeds [`Input::Timeout`] if none came.
//!
//! What is absent: no socket, task, channel, lock, clock or store; no vendor's message format.

mod agent_leg;
mod barge_in;
mod carrier_leg;
mod config;
mod ending;
mod from_agent;
mod gaps;
mod hold;
mod input;
mod keypad;
mod output;
mod playout;
mod silence;
mod stats;
mod timer;
mod to_agent;
mod transcript;

#[cfg(test)]
mod tests;

pub use config::BridgeConfig;
pub use gaps::{Gap, Missed};
pub use input::{CarrierClose, Input};
pub use output::{End, Output};
pub use stats::{Stats, ToAgentDropped, ToCarrierDropped};
pub use timer::Timer;
pub use transcript::{Speaker, Turn};

use crate::audio::Format;
use barge_in::BargeIn;
use call::private::Private;
use from_agent::FromAgent;
use gaps::Gaps;
use playout::Playout;
use std::{collections::VecDeque, time::Instant};
use timer::Timers;
use to_agent::ToAgent;
use transcript::Transcript;

/// One call between its carrier leg and its agent leg.
///
/// Made when the carrier's stream is admitted; the agent's leg may still be opening.
#[derive(Debug)]
pub struct Bridge {
    config: BridgeConfig,
    phase: Phase,
    carrier: CarrierLeg,
    agent: AgentLeg,
    to_agent: ToAgent,
    from_agent: FromAgent,
    gaps: Gaps,
    /// When the carrier's last frame came, or its stream.
    frame_at: Instant,
    /// Since when no agent is there and nothing was done about the silence.
    quiet_since: Instant,
    /// When the callee was last heard.
    callee_heard: Instant,
    /// When what came from the callee was last as loud as speech.
    callee_spoke: Option<Instant>,
    /// When the agent last spoke or announced the end.
    agent_heard: Instant,
    barge_in: BargeIn,
    playout: Playout,
    transcript: Transcript,
    /// What the callee typed and nobody was told yet.
    keys: String,
    timers: Timers,
    outputs: VecDeque<Output>,
    stats: Stats,
}

/// How far the call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// In progress, with or without an agent.
    Talking,
    /// No agent speaks any more, for this reason; the owner is to say what follows.
    Undecided(End),
    /// What is queued is played out, then the bridge hangs up.
    Draining(End),
    /// The carrier was told to disconnect and is to close.
    Leaving(End),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CarrierLeg {
    /// Audio may flow.
    Streaming,
    /// Lost, and may be attached again.
    Lost,
    /// Its socket is closed or being closed for good.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AgentLeg {
    /// Being opened, for the first time or again.
    Awaited,
    /// Listening and speaking.
    Ready,
    /// Closed for good.
    Gone,
}

/// Audio that waits inside a bridge, in the units of [`Stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queued {
    /// Bytes of caller audio that wait for an agent or for the other half of a sample.
    pub to_agent_bytes: u64,
    /// Bytes of agent audio that wait for playout, in the converter of its rate, or for the other half of
    /// a sample.
    pub to_carrier_bytes: u64,
}

impl Bridge {
    /// Makes the bridge of a call whose carrier stream was admitted at `now`.
    #[must_use]
    pub fn new(config: BridgeConfig, now: Instant) -> Self {
        let mut timers = Timers::default();
        timers.set(Timer::StreamIdle, now + config.stream_idle_timeout);
        timers.set(Timer::AgentReady, now + config.agent_ready_timeout);
        timers.set(
            Timer::CallMax,
            now + config.call_max - config.limit_notice(),
        );
        let agent = Format::Pcm {
            hz: crate::defaults::AGENT_HZ,
        };
        Self {
            phase: Phase::Talking,
            carrier: CarrierLeg::Streaming,
            agent: AgentLeg::Awaited,
            to_agent: ToAgent::new(&config, agent),
            from_agent: FromAgent::new(agent, config.carrier_out_hz),
            gaps: Gaps::default(),
            frame_at: now,
            quiet_since: now,
            callee_heard: now,
            callee_spoke: None,
            agent_heard: now,
            barge_in: BargeIn::default(),
            playout: Playout::new(&config, now),
            transcript: Transcript::default(),
            keys: String::new(),
            timers,
            outputs: VecDeque::new(),
            stats: Stats::default(),
            config,
        }
    }

    /// Takes note of one event at `now`, which never goes backwards.
    pub fn handle(&mut self, input: Input, now: Instant) {
        if self.phase == Phase::Over {
            return self.count_late(&input);
        }
        match input {
            Input::CarrierAudio(pcm) => self.carrier_audio(pcm, now),
            Input::CarrierRate(hz) => self.carrier_rate(hz),
            Input::CarrierTyped(keys) => self.typed(&keys, now),
            Input::CarrierEnded => self.carrier_ended(now),
            Input::CarrierClosed(close) => self.carrier_closed(close, now),
            Input::CarrierAttached => self.carrier_attached(now),
            Input::AgentReady { hears, speaks } => self.agent_ready(hears, speaks, now),
            Input::AgentAudio { event_id, audio } => self.agent_audio(event_id, audio, now),
            Input::AgentInterrupted { event_id } => self.agent_interrupted(event_id, now),
            Input::AgentPing { event_id } => self.outputs.push_front(Output::Pong { event_id }),
            Input::AgentEnding => self.end_after_agent(End::HungUpByAgent, now),
            Input::AgentEnded => self.agent_ended(now),
            Input::AgentLost => self.agent_lost(now),
            Input::CalleeSaid { text, event_id } => {
                self.callee_heard = now;
                self.said(Speaker::Callee, text, event_id);
            }
            Input::AgentSaid { text, event_id } => self.said(Speaker::Agent, text, event_id),
            Input::AgentCorrected { text, event_id } => self.corrected(text, event_id),
            Input::Transfer => self.end_after_agent(End::Transferred, now),
            Input::Hold(pcm) => self.hold(pcm, now),
            Input::Say(pcm) => self.say(pcm, now),
            Input::Leave { pcm, end } => self.leave(pcm, end, now),
            Input::HangUp => self.hang_up(End::HungUpByOwner, now),
            Input::Timeout => self.fire_due(now),
        }
        self.settle(now);
    }

    /// Takes the next thing to do. To be called until nothing is left after every
    /// [`Self::handle`]: what is left waits in memory.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call again if nothing else happens, and why. Nothing once the call is over.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, Timer)> {
        self.timers.next()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Whether the agent may go on talking: while not, its socket is to be left unread, which makes
    /// it wait. What it sends all the same is kept.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.playout.has_room()
    }

    /// Audio that waits.
    #[must_use]
    pub fn queued(&self) -> Queued {
        Queued {
            to_agent_bytes: self.to_agent.queued_bytes() as u64,
            to_carrier_bytes: (self.playout.queued_bytes() + self.from_agent.held()) as u64,
        }
    }

    /// Whether [`Output::Finished`] was given out or waits to be taken.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Over
    }

    fn fire_due(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::Playout => self.play_due(now),
                Timer::Silence => self.send_silence(now),
                // Whether it is time is decided by `settle`, from the playout's clock.
                Timer::Drained => {}
                Timer::Stopped => self.carrier_ended(now),
                Timer::StreamIdle => self.lose_stream(now),
                Timer::AgentReady => self.give_up_agent(now),
                Timer::Keys => self.tell_keys(now),
                Timer::Hold => self.ask_for_hold(now),
                Timer::CalleeSilent => self.give_up_callee(now),
                Timer::Grace => self.finish(End::StreamLost, now),
                Timer::CallMax => self.reach_limit(now),
                Timer::HardCap => self.finish(End::HungUpByOwner, now),
            }
        }
    }

    /// Does what the new state allows: plays what is due, leaves when all was heard.
    fn settle(&mut self, now: Instant) {
        self.play_due(now);
        self.leave_if_drained(now);
        self.timers.put(Timer::Hold, self.hold_due());
        self.timers.put(Timer::CalleeSilent, self.silence_due());
    }

    /// Hands out what the pacing allows and sets the timer for the rest.
    fn play_due(&mut self, now: Instant) {
        if self.carrier != CarrierLeg::Streaming {
            return self.timers.stop(Timer::Playout);
        }
        self.end_utterance_if_over(now);
        while let Some(chunk) = self.playout.take_due(now) {
            self.stats.to_carrier_chunks += 1;
            self.stats.to_carrier_bytes += chunk.pcm.len() as u64;
            self.stats.underruns += u64::from(chunk.dry.is_some());
            self.miss_before(&chunk, now);
            self.outputs.push_back(Output::Play(chunk.pcm));
        }
        let next = self.playout.due().into_iter().chain(self.utterance_ends());
        self.timers.put(Timer::Playout, next.min());
    }

    fn said(&mut self, speaker: Speaker, text: Private, event_id: Option<u64>) {
        let utterance = event_id.map(|event_id| self.barge_in.line(event_id));
        let turn = self.transcript.said(speaker, text, event_id, utterance);
        self.outputs.push_back(Output::Transcript(turn));
    }

    fn corrected(&mut self, text: Private, event_id: Option<u64>) {
        let utterance = event_id.map(|event_id| self.barge_in.line(event_id));
        let turn = self.transcript.corrected(text, event_id, utterance);
        self.outputs.push_back(Output::Transcript(turn));
    }
}
