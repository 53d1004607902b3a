//! Agents that hear and speak in other formats than the carrier, measured at both ends.

use super::world::{Setup, World};
use simulators::{
    elevenlabs::{Script, Step},
    speech::{Line, Role, SAMPLE_HZ},
};
use std::{f64::consts::TAU, time::Duration};

/// The tone that either side says, for a second.
const TONE_HZ: f64 = 1_100.0;

fn tone(hz: u32) -> Vec<i16> {
    let sample = |at| 12_000.0 * (TAU * TONE_HZ * f64::from(at) / f64::from(hz)).sin();
    (0..hz).map(|at| sample(at) as i16).collect()
}

/// How far above all else in the middle of a second the tone is, in dB. Level and delay do not count.
fn snr(heard: &[i16], hz: u32) -> f64 {
    let middle = &heard[hz as usize / 4..hz as usize * 3 / 4];
    let (mut sine, mut cosine, mut energy) = (0.0, 0.0, 0.0);
    for (at, sample) in middle.iter().enumerate() {
        let (angle, sample) = (
            TAU * TONE_HZ * at as f64 / f64::from(hz),
            f64::from(*sample),
        );
        sine += sample * angle.sin();
        cosine += sample * angle.cos();
        energy += sample * sample;
    }
    // Half a second holds whole turns of the tone.
    let signal = (sine * sine + cosine * cosine) * 2.0 / middle.len() as f64;
    10.0 * (signal / (energy - signal).max(1.0)).log10()
}

/// A call with an agent of this format: what comes in is heard at both ends, as clean as that.
async fn check(format: &str, hz: u32, at_least: f64) {
    let line = Line::new("tone", Role::Agent, "a tone", tone(hz));
    let mut script = Script::new([Step::Say(line.into()), Step::Pause(Duration::from_secs(9))]);
    script.delivery.agent_format = format.to_owned();
    script.delivery.user_format = format.to_owned();
    let world = World::start(Setup {
        script,
        ..Setup::default()
    })
    .await;
    let (_, mut stream) = world.talking().await;
    let second = SAMPLE_HZ as usize;
    let received = stream.until(|received| received.pcm.len() >= second).await;
    assert_eq!(received.pcm.len(), second, "{format}: a second is a second");
    let heard = snr(&received.pcm, SAMPLE_HZ);
    assert!(heard >= at_least, "{format}: {heard:.1} dB at the carrier");

    stream.frames(&tone(SAMPLE_HZ)).await;
    let samples = hz as usize;
    let agent = world
        .agent_until(1, |agent| agent.callee_pcm.len() >= samples)
        .await;
    assert!(agent.violations.is_empty(), "{:?}", agent.violations);
    let heard = snr(&agent.callee_pcm, hz);
    assert!(heard >= at_least, "{format}: {heard:.1} dB at the agent");
}

#[tokio::test]
async fn an_agent_may_speak_and_hear_at_another_rate() {
    for hz in [8_000, 22_050, 44_100] {
        check(&format!("pcm_{hz}"), hz, 60.0).await;
    }
}

#[tokio::test]
async fn an_agent_may_speak_and_hear_ulaw() {
    // G.711 itself leaves 38 dB.
    check("ulaw_8000", 8_000, 36.0).await;
}
