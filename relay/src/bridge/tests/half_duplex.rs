//! A carrier that brings our own audio back.

use super::*;

/// What the carrier sends at any moment here: echo or speech, never silence.
const SOUND: Bytes = Bytes::from_static(&[7; 640]);
const SILENCE: Bytes = Bytes::from_static(&[0; 640]);

fn sim() -> Sim {
    let mut sim = Sim::talking_with(BridgeConfig {
        half_duplex: true,
        ..BridgeConfig::default()
    });
    sim.caller_is_live = false;
    sim
}

/// The carrier sends sound for a while; returns what the agent hears, and when each changes.
fn heard(sim: &mut Sim, duration: Duration) -> Vec<(u128, Bytes)> {
    let mut heard: Vec<(u128, Bytes)> = Vec::new();
    for _ in 0..duration.as_millis() / 20 {
        let at = sim.at();
        let mut outputs = sim.feed(Input::CarrierAudio(SOUND));
        outputs.retain(|output| matches!(output, Output::ToAgent(_)));
        let [Output::ToAgent(pcm)] = &outputs[..] else {
            panic!("{outputs:?} is no frame")
        };
        if heard.last().is_none_or(|(_, last)| last != pcm) {
            heard.push((at, pcm.clone()));
        }
        sim.timed(ms(20));
    }
    heard
}

#[test]
fn an_agent_never_hears_itself_and_hears_the_callee_at_once_after() {
    let mut sim = sim();
    assert_eq!(heard(&mut sim, ms(200)), [(0, SOUND)], "nobody else speaks");
    sim.agent_says(1, ms(1_000));
    let expected = [(200, SILENCE), (1_500, SOUND)];
    assert_eq!(heard(&mut sim, ms(2_000)), expected, "1 s, and 300 ms more");

    let stats = sim.bridge.stats();
    assert_eq!(stats.silenced_bytes, 65 * 640, "1.3 s");
    assert_eq!(stats.to_agent_bytes, 110 * 640, "no time is lost");
    assert_eq!(stats.interruptions, 0);
}

#[test]
fn what_waits_for_an_agent_holds_no_echo_either() {
    let mut sim = sim();
    sim.agent_says(1, ms(200));
    sim.feed(Input::AgentLost);
    assert_eq!(sim.feed(Input::CarrierAudio(SOUND)), []);
    sim.timed(ms(500));
    assert_eq!(sim.feed(Input::CarrierAudio(SOUND)), []);
    let kept = sim.agent_ready();
    assert_eq!(kept, [Output::ToAgent(SILENCE), Output::ToAgent(SOUND)]);
}

#[test]
fn nothing_is_silenced_after_our_audio_was_stopped() {
    let mut sim = sim();
    sim.agent_says(1, ms(1_000));
    sim.interrupted(1);
    assert_eq!(
        sim.feed(Input::CarrierAudio(SOUND)),
        [Output::ToAgent(SOUND)]
    );
}

#[test]
fn both_talk_at_once_unless_that_is_set() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    sim.agent_says(1, ms(1_000));
    assert_eq!(heard(&mut sim, ms(500)), [(0, SOUND)]);
    assert_eq!(sim.bridge.stats().silenced_bytes, 0);
}
