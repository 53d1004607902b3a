//! The bridge on a virtual clock.

mod barge_in;
mod ending;
mod gaps;
mod half_duplex;
mod hold;
mod invariants;
mod keypad;
mod legs;
mod silence;
mod to_agent;
mod to_carrier;

use super::*;
use crate::audio::bytes_in;
use bytes::Bytes;
use std::time::Duration;

/// More steps than any test needs: a bridge that asks for the same instant forever fails.
const STEPS_MAX: usize = 20_000;

/// The agent's default format.
pub(super) const PCM: Format = Format::Pcm { hz: 16_000 };

pub(super) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Agent speech of `event_id` that lasts `ms` at 16 kHz; every sample is the id.
pub(super) fn speech(event_id: u64, duration: Duration) -> Bytes {
    let sample = i16::try_from(event_id).unwrap().to_le_bytes();
    sample.repeat(bytes_in(duration, 16_000) / 2).into()
}

/// A bridge whose clock jumps to the next deadline.
pub(super) struct Sim {
    pub(super) bridge: Bridge,
    pub(super) now: Instant,
    start: Instant,
    /// Whether the carrier sends a 20 ms frame every 20 ms, as it does while a call is up.
    pub(super) caller_is_live: bool,
    next_frame: Instant,
}

impl Sim {
    /// A call whose agent is not ready yet.
    pub(super) fn opening(config: BridgeConfig) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any instant can be the origin")]
        let now = Instant::now();
        let bridge = Bridge::new(config, now);
        Self {
            bridge,
            now,
            start: now,
            caller_is_live: true,
            next_frame: now,
        }
    }

    /// A call in progress with the default configuration.
    pub(super) fn talking() -> Self {
        Self::talking_with(BridgeConfig::default())
    }

    pub(super) fn talking_with(config: BridgeConfig) -> Self {
        let mut sim = Self::opening(config);
        assert_eq!(sim.agent_ready(), []);
        sim
    }

    /// Milliseconds since the start.
    pub(super) fn at(&self) -> u128 {
        (self.now - self.start).as_millis()
    }

    pub(super) fn feed(&mut self, input: Input) -> Vec<Output> {
        self.bridge.handle(input, self.now);
        std::iter::from_fn(|| self.bridge.poll_output()).collect()
    }

    pub(super) fn agent_ready(&mut self) -> Vec<Output> {
        self.feed(Input::AgentReady {
            hears: PCM,
            speaks: PCM,
        })
    }

    pub(super) fn agent_says(&mut self, event_id: u64, duration: Duration) -> Vec<Output> {
        let audio = speech(event_id, duration);
        self.feed(Input::AgentAudio {
            event_id: Some(event_id),
            audio,
        })
    }

    pub(super) fn interrupted(&mut self, event_id: u64) -> Vec<Output> {
        self.feed(Input::AgentInterrupted {
            event_id: Some(event_id),
        })
    }

    /// Lets time pass; returns what came out and when, in milliseconds since the start.
    pub(super) fn timed(&mut self, duration: Duration) -> Vec<(u128, Output)> {
        let end = self.now + duration;
        let mut outputs = Vec::new();
        for _ in 0..STEPS_MAX {
            let timeout = self.bridge.poll_timeout().map(|(deadline, _)| deadline);
            let frame =
                (self.caller_is_live && !self.bridge.is_finished()).then_some(self.next_frame);
            let Some(next) = [timeout, frame]
                .into_iter()
                .flatten()
                .min()
                .filter(|at| *at <= end)
            else {
                self.now = end;
                return outputs;
            };
            self.now = self.now.max(next);
            let input = if timeout == Some(next) {
                Input::Timeout
            } else {
                self.next_frame += ms(20);
                Input::CarrierAudio(Bytes::from_static(&[0; 640]))
            };
            let at = self.at();
            outputs.extend(self.feed(input).into_iter().map(|output| (at, output)));
        }
        panic!("the bridge does not come to rest");
    }

    /// Lets time pass; returns what came out, without audio to the agent.
    pub(super) fn run_for(&mut self, duration: Duration) -> Vec<Output> {
        let outputs = self.timed(duration).into_iter().map(|(_, output)| output);
        outputs
            .filter(|output| !matches!(output, Output::ToAgent(_)))
            .collect()
    }

    /// As [`Self::run_for`], with times.
    pub(super) fn timed_down(&mut self, duration: Duration) -> Vec<(u128, Output)> {
        let mut outputs = self.timed(duration);
        outputs.retain(|(_, output)| !matches!(output, Output::ToAgent(_)));
        outputs
    }
}

/// The audio in a list of outputs that holds nothing but chunks.
#[track_caller]
pub(super) fn played(outputs: &[Output]) -> Vec<u8> {
    outputs.iter().flat_map(chunk).copied().collect()
}

/// The audio of an output that is a chunk.
#[track_caller]
pub(super) fn chunk(output: &Output) -> &Bytes {
    let Output::Play(pcm) = output else {
        panic!("{output:?} is no chunk")
    };
    pcm
}
