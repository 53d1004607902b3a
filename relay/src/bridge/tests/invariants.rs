//! What holds whatever happens in whatever order.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Feed(Input),
    /// A piece of speech: how many utterances after the newest, and its bytes; the last sample may
    /// be cut in two.
    Speech {
        ahead: u64,
        bytes: usize,
    },
    /// An interruption: how many utterances before the newest.
    Interruption {
        back: u64,
    },
}

fn pcm(hz: u32) -> Format {
    Format::Pcm { hz }
}

fn step() -> impl Strategy<Value = Step> {
    let audio = |max: usize| (0..max).prop_map(|bytes| Bytes::from(vec![0; bytes]));
    let often = prop_oneof![
        (0..700_u64).prop_map(Step::Wait),
        audio(3_000).prop_map(|pcm| Step::Feed(Input::CarrierAudio(pcm))),
        (0..2_u64, 0..40_000_usize).prop_map(|(ahead, bytes)| Step::Speech { ahead, bytes }),
    ];
    let ready = || {
        (
            prop::sample::select(
                vec![8_000, 16_000, 44_100]
                    .into_iter()
                    .map(pcm)
                    .chain([Format::Ulaw])
                    .collect::<Vec<_>>(),
            ),
            prop::sample::select(
                vec![16_000, 22_050, 24_000]
                    .into_iter()
                    .map(pcm)
                    .chain([Format::Ulaw])
                    .collect::<Vec<_>>(),
            ),
        )
    };
    let rarely = prop_oneof![
        (0..3_u64).prop_map(|back| Step::Interruption { back }),
        ready().prop_map(|(hears, speaks)| Step::Feed(Input::AgentReady { hears, speaks })),
        prop::sample::select(vec![
            Input::AgentReady {
                hears: PCM,
                speaks: PCM
            },
            Input::AgentLost,
            Input::AgentPing { event_id: 1 },
            Input::CarrierClosed(CarrierClose::Abnormal),
            Input::CarrierAttached,
            Input::CarrierAttached,
            Input::CarrierRate(8_000),
            Input::Hold(Bytes::from(vec![0; 9_999])),
            Input::CarrierTyped("4".into()),
        ])
        .prop_map(Step::Feed),
    ];
    let once = prop::sample::select(vec![
        Input::AgentEnding,
        Input::Transfer,
        Input::AgentEnded,
        Input::CarrierEnded,
        Input::CarrierClosed(CarrierClose::Normal),
        Input::Say(Bytes::from(vec![0; 9_999])),
        Input::Leave {
            pcm: Bytes::from(vec![0; 9_999]),
            end: End::Drained,
        },
        Input::HangUp,
    ])
    .prop_map(Step::Feed);
    prop_oneof![30 => often, 8 => rarely, 1 => once]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..80)
}

/// Runs steps and checks after each output and each step.
struct Run {
    sim: Sim,
    newest: u64,
    /// When the carrier, by a clock kept here, has played all it was sent.
    heard_until: Instant,
    /// Lines that are asked of the owner.
    holds_due: u32,
}

impl Run {
    fn new() -> Self {
        let mut sim = Sim::opening(BridgeConfig::default());
        sim.caller_is_live = false;
        Self {
            newest: 1,
            heard_until: sim.now,
            holds_due: 0,
            sim,
        }
    }

    fn step(&mut self, step: Step) -> Vec<Output> {
        match step {
            Step::Feed(input) => self.feed(input),
            Step::Speech { ahead, bytes } => {
                self.newest += ahead;
                let sample = i16::try_from(self.newest).unwrap().to_le_bytes();
                let mut pcm = sample.repeat(bytes.div_ceil(2));
                pcm.truncate(bytes);
                let audio = pcm.into();
                self.feed(Input::AgentAudio {
                    event_id: Some(self.newest),
                    audio,
                })
            }
            Step::Interruption { back } => {
                let event_id = Some(self.newest.saturating_sub(back));
                self.feed(Input::AgentInterrupted { event_id })
            }
            Step::Wait(wait) => self.wait(ms(wait)),
        }
    }

    fn wait(&mut self, wait: Duration) -> Vec<Output> {
        let end = self.sim.now + wait;
        let mut outputs = Vec::new();
        for _ in 0..STEPS_MAX {
            let Some((next, _)) = self.sim.bridge.poll_timeout().filter(|(at, _)| *at <= end)
            else {
                self.sim.now = end;
                return outputs;
            };
            self.sim.now = self.sim.now.max(next);
            outputs.extend(self.feed(Input::Timeout));
        }
        panic!("the bridge does not come to rest");
    }

    fn feed(&mut self, input: Input) -> Vec<Output> {
        if matches!(input, Input::CarrierAttached) {
            self.heard_until = self.sim.now;
        }
        let mut outputs = self.sim.feed(input);
        for output in &outputs {
            self.check_pacing(output);
        }
        self.check_conservation();
        for _ in 0..std::mem::take(&mut self.holds_due) {
            outputs.extend(self.feed(Input::Hold(Bytes::from(vec![0; 9_999]))));
        }
        outputs
    }

    fn check_pacing(&mut self, output: &Output) {
        match output {
            Output::Play(pcm) => {
                assert!(!pcm.is_empty() && pcm.len() % 2 == 0 && pcm.len() <= 6_400);
                let start = self.heard_until.max(self.sim.now);
                self.heard_until = start + crate::audio::duration_of(pcm.len(), 16_000);
                let ahead = self.heard_until - self.sim.now;
                assert!(ahead <= ms(400), "{ahead:?} ahead of real time");
            }
            Output::KillAudio | Output::StreamLost => self.heard_until = self.sim.now,
            Output::HoldDue => self.holds_due += 1,
            Output::ToAgent(_)
            | Output::Pong { .. }
            | Output::Typed(_)
            | Output::Disconnect
            | Output::Transfer
            | Output::CloseCarrier
            | Output::CloseAgent
            | Output::Transcript(_)
            | Output::AgentLost
            | Output::AgentUnavailable
            | Output::LimitReached
            | Output::CalleeSilent
            | Output::Finished(_) => {}
        }
    }

    fn check_conservation(&self) {
        let (stats, queued) = (self.sim.bridge.stats(), self.sim.bridge.queued());
        assert_eq!(
            stats.from_carrier_bytes,
            stats.to_agent_bytes + stats.to_agent_dropped.total() + queued.to_agent_bytes,
            "{stats:?}",
        );
        assert_eq!(
            stats.from_agent_bytes,
            stats.to_carrier_bytes + stats.to_carrier_dropped.total() + queued.to_carrier_bytes,
            "{stats:?}",
        );
        assert!(queued.to_agent_bytes <= 96_001 && queued.to_carrier_bytes <= 3_840_001);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Bytes in are bytes out, dropped or queued, and playout never runs further ahead than its
    /// lead: both are checked by [`Run`] after every step.
    #[test]
    fn invariant_bytes_are_conserved_and_playout_keeps_its_lead(steps in steps()) {
        let mut run = Run::new();
        for step in steps {
            run.step(step);
        }
    }

    /// A call that is left alone ends in bounded time, and says so exactly once and last.
    #[test]
    fn invariant_every_call_finishes_once(steps in steps()) {
        let mut run = Run::new();
        let mut outputs = Vec::new();
        for step in steps {
            outputs.extend(run.step(step));
        }
        outputs.extend(run.wait(ms(120_000)));
        let finished = outputs.iter().filter(|output| matches!(output, Output::Finished(_))).count();
        prop_assert_eq!(finished, 1);
        prop_assert!(run.sim.bridge.is_finished());
        prop_assert!(matches!(outputs.last(), Some(Output::Finished(_))));
        prop_assert_eq!(run.sim.bridge.poll_timeout(), None);
        prop_assert_eq!(run.sim.bridge.queued(), Queued::default());
    }

    /// Speech of one conversation is marked with its utterance: nothing marked as interrupted
    /// is ever handed out, and what is handed out keeps its order.
    #[test]
    fn invariant_nothing_plays_from_an_interrupted_reply(
        steps in prop::collection::vec(
            prop_oneof![
                (0..700_u64).prop_map(Step::Wait),
                (0..2_u64, 1..20_000_usize)
                    .prop_map(|(ahead, samples)| Step::Speech { ahead, bytes: 2 * samples }),
                (0..3_u64).prop_map(|back| Step::Interruption { back }),
                Just(Step::Feed(Input::CarrierAudio(Bytes::from_static(&[0; 640])))),
            ],
            1..80,
        ),
    ) {
        let mut run = Run::new();
        run.sim.agent_ready();
        let (mut interrupted, mut newest_played) = (0, 0);
        for step in steps {
            if let Step::Interruption { back } = step {
                interrupted = interrupted.max(run.newest - back.min(run.newest));
            }
            for output in run.step(step) {
                let Output::Play(pcm) = output else { continue };
                for sample in pcm.chunks_exact(2) {
                    let mark = u64::from(u16::from_le_bytes([sample[0], sample[1]]));
                    prop_assert!(mark > interrupted, "{mark} was interrupted");
                    prop_assert!(mark >= newest_played, "{mark} plays after {newest_played}");
                    newest_played = mark;
                }
            }
        }
    }

    /// However the carrier cuts its audio, the agent hears the same samples.
    #[test]
    fn invariant_cuts_do_not_change_what_the_agent_hears(
        audio in prop::collection::vec(any::<u8>(), 0..4_000),
        cuts in prop::collection::vec(0..4_000_usize, 0..12),
        ready_after in 0..12_usize,
    ) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(audio.len())).collect();
        cuts.extend([0, audio.len()]);
        cuts.sort_unstable();
        let mut sim = Sim::opening(BridgeConfig::default());
        let mut heard = Vec::new();
        for (index, cut) in cuts.windows(2).enumerate() {
            let mut outputs = if index == ready_after { sim.agent_ready() } else { Vec::new() };
            outputs.extend(sim.feed(Input::CarrierAudio(audio[cut[0]..cut[1]].to_vec().into())));
            for output in outputs {
                let Output::ToAgent(pcm) = output else { panic!("{output:?}") };
                prop_assert!(pcm.len() % 2 == 0 && pcm.len() <= 640);
                heard.extend_from_slice(&pcm);
            }
        }
        for output in sim.agent_ready() {
            let Output::ToAgent(pcm) = output else { panic!("{output:?}") };
            heard.extend_from_slice(&pcm);
        }
        prop_assert_eq!(&heard[..], &audio[..audio.len() / 2 * 2]);
    }
}
