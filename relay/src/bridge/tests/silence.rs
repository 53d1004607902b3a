//! A callee who says nothing for long.

use super::*;
use call::Voice;

const MINUTE: Duration = Duration::from_secs(60);

fn config() -> BridgeConfig {
    BridgeConfig {
        callee_silence_max: MINUTE,
        ..BridgeConfig::default()
    }
}

/// A frame as loud as quiet speech on a quiet line.
fn word() -> Input {
    Input::CarrierAudio(600_i16.to_le_bytes().repeat(320).into())
}

#[test]
fn who_says_nothing_is_told_goodbye() {
    let mut sim = Sim::talking_with(config());
    let out = sim.timed_down(MINUTE);
    let asked = [Output::CloseAgent, Output::CalleeSilent];
    assert_eq!(out, asked.map(|output| (60_000, output)));
    let mut out = sim.feed(Input::Say(speech(7, ms(400))));
    out.extend(sim.run_for(ms(2_000)));
    let (audio, rest) = out.split_at(out.len() - 2);
    assert_eq!(played(audio), speech(7, ms(400)));
    assert_eq!(rest, [Output::Disconnect, Output::CloseCarrier]);
    let end = sim.feed(Input::CarrierClosed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::CalleeSilent)]);
}

#[test]
fn each_sign_of_the_callee_counts() {
    let said = || Input::CalleeSaid {
        text: "haan".to_owned().into(),
        event_id: None,
    };
    let interrupted = || Input::AgentInterrupted { event_id: Some(5) };
    for sign in [word(), said(), interrupted()] {
        let mut sim = Sim::talking_with(config());
        sim.run_for(ms(50_000));
        sim.feed(sign.clone());
        assert_eq!(sim.run_for(ms(59_000)), [], "{sign:?}");
        assert!(
            sim.run_for(ms(2_000)).contains(&Output::CalleeSilent),
            "{sign:?}"
        );
    }
}

#[test]
fn the_noise_of_a_line_is_no_word() {
    let mut sim = Sim::talking_with(config());
    sim.run_for(ms(50_000));
    sim.feed(Input::CarrierAudio(
        (-180_i16).to_le_bytes().repeat(320).into(),
    ));
    assert!(sim.run_for(ms(10_000)).contains(&Output::CalleeSilent));
}

#[test]
fn an_agent_that_speaks_is_heard_out_and_the_callee_may_think() {
    let mut sim = Sim::talking_with(config());
    sim.run_for(ms(55_000));
    sim.agent_says(1, ms(8_000));
    let silent = sim
        .timed_down(ms(30_000))
        .into_iter()
        .find(|(_, output)| *output == Output::CalleeSilent);
    assert_eq!(silent.unwrap().0, 73_000, "10 s after the last word");
}

#[test]
fn who_waits_for_an_agent_or_a_stream_is_not_called_silent() {
    let mut sim = Sim::talking_with(config());
    sim.run_for(ms(55_000));
    sim.feed(Input::AgentLost);
    sim.run_for(ms(9_000));
    sim.agent_ready();
    assert_eq!(sim.run_for(ms(59_000)), []);
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    sim.run_for(ms(9_000));
    sim.feed(Input::CarrierAttached);
    assert_eq!(sim.run_for(ms(59_000)), []);
}

#[test]
fn whose_voice_is_heard_follows_playout_and_the_callees_sound() {
    let mut sim = Sim::talking();
    let voice = |sim: &Sim| sim.bridge.voice(sim.now);
    assert_eq!(voice(&sim), Voice::Nobody);
    sim.agent_says(1, ms(1_000));
    sim.run_for(ms(990));
    assert_eq!(voice(&sim), Voice::Agent);
    sim.run_for(ms(20));
    assert_eq!(voice(&sim), Voice::Nobody, "its last sound is over");

    let loud = Bytes::from(600_i16.to_le_bytes().repeat(320));
    sim.feed(Input::CarrierAudio(loud.clone()));
    assert_eq!(voice(&sim), Voice::Callee);
    sim.run_for(ms(900));
    assert_eq!(voice(&sim), Voice::Callee, "a pause between words");
    sim.agent_says(2, ms(1_000));
    assert_eq!(voice(&sim), Voice::Agent);
    sim.interrupted(2);
    assert_eq!(voice(&sim), Voice::Callee, "the agent was cut short");
    sim.run_for(ms(200));
    assert_eq!(voice(&sim), Voice::Nobody);

    sim.feed(Input::CarrierAudio(loud));
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    assert_eq!(voice(&sim), Voice::Nobody, "the stream is lost");
}

#[test]
fn a_line_of_our_own_is_nobodys_voice() {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.feed(Input::Hold(speech(9, ms(1_000))));
    assert_eq!(sim.bridge.voice(sim.now), Voice::Nobody);
}
