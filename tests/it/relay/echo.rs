//! A carrier whose stream brings back what the callee hears.

use super::{
    stream::Stream,
    world::{Setup, World},
};
use simulators::{
    elevenlabs::{Script, Step},
    speech::{self, line, noise},
};
use std::time::Duration;
use tokio::time::{interval, sleep};

const FRAME: usize = 320;

/// More than a busy machine holds this test up.
const MARGIN: Duration = Duration::from_secs(2);

/// Sends for 3 s, in real time, what the carrier was asked to play, and silence when that is over. Returns
/// how many samples of it.
async fn echo(stream: &Stream) -> usize {
    let mut frames = interval(Duration::from_millis(20));
    let mut echoed = 0;
    for _ in 0..150 {
        frames.tick().await;
        let pcm = stream.received().pcm;
        let frame: Vec<i16> = pcm.iter().skip(echoed).take(FRAME).copied().collect();
        echoed += frame.len();
        let mut bytes = speech::to_bytes(&frame);
        bytes.resize(2 * FRAME, 0);
        stream.binary(bytes).await;
    }
    echoed
}

/// How often an agent that speaks for 2 s is interrupted by its own voice.
async fn interruptions(half_duplex: Option<Duration>) -> usize {
    let greeting = line("agent_greeting_hi").shortened(Duration::from_secs(2));
    let script = Script::new([Step::Say(greeting.clone().into())]);
    let world = World::start(Setup {
        script,
        half_duplex,
        ..Setup::default()
    })
    .await;
    let (_, stream) = world.talking().await;
    let echoed = echo(&stream).await;
    if let Some(margin) = half_duplex {
        assert_eq!(echoed, greeting.pcm.len(), "all of it came back");
        sleep(margin).await;
        let said = noise(Duration::from_secs(1), 500, 1);
        stream.frames(&said).await;
        let agent = world
            .agent_until(1, |agent| speech::find(&agent.callee_pcm, &said).is_some())
            .await;
        let at = speech::find(&agent.callee_pcm, &said).unwrap();
        let silence = &agent.callee_pcm[..at];
        assert!(silence.iter().all(|sample| *sample == 0), "it heard itself");
    }
    world.agent_until(1, |_| true).await.interruptions.len()
}

#[tokio::test]
async fn an_agent_whose_voice_comes_back_is_interrupted_by_it_unless_half_duplex_is_set() {
    assert_eq!(interruptions(Some(MARGIN)).await, 0);
    assert!(
        interruptions(None).await > 0,
        "the echo is not heard at all"
    );
}
