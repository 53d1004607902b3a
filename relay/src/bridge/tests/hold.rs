//! Nobody is left in silence while no agent is there.

use super::*;

/// What the owner plays when asked to.
const LINE: Duration = Duration::from_millis(2_200);

/// A call whose owner answers when it is asked for a line; returns when what was played.
fn waits(sim: &mut Sim, how_long: Duration) -> Vec<(u128, Bytes)> {
    let end = sim.now + how_long;
    let mut played = Vec::new();
    while sim.now < end {
        let mut out = sim.timed_down(ms(20));
        if let Some((at, _)) = out.pop_if(|(_, output)| *output == Output::HoldDue) {
            let line = sim.feed(Input::Hold(speech(9, LINE)));
            out.extend(line.into_iter().map(|output| (at, output)));
        }
        played.extend(out.iter().map(|(at, output)| (*at, chunk(output).clone())));
    }
    played
}

/// The longest silence before the end, by a clock kept here.
fn longest_silence(sim: &Sim, played: &[(u128, Bytes)], from: u128) -> u128 {
    let (mut heard_until, mut longest) = (from, 0);
    for (at, pcm) in played {
        longest = longest.max(at.saturating_sub(heard_until));
        heard_until = heard_until.max(*at) + pcm.len() as u128 / 32;
    }
    longest.max(sim.at().saturating_sub(heard_until))
}

#[test]
fn who_waits_for_a_first_agent_hears_a_line_within_two_seconds_again_and_again() {
    let mut sim = Sim::opening(BridgeConfig::default());
    let played = waits(&mut sim, ms(9_900));
    assert_eq!(played[0].0, 1_500);
    assert!(longest_silence(&sim, &played, 0) <= 1_520);
    assert_eq!(sim.bridge.stats().holds, 3);
}

#[test]
fn who_lost_an_agent_hears_it_out_and_then_a_line() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(1_000));
    sim.feed(Input::AgentLost);
    let played = waits(&mut sim, ms(4_500));
    let first = played.iter().find(|(_, pcm)| pcm[0] == 9).unwrap();
    assert_eq!(first.0, 2_500, "1.5 s after the last word");
}

#[test]
fn an_agent_that_speaks_takes_the_place_of_the_line() {
    let mut sim = Sim::opening(BridgeConfig::default());
    waits(&mut sim, ms(2_000));
    assert_eq!(
        sim.agent_ready().len(),
        101,
        "what the callee said meanwhile"
    );
    let mut out = sim.agent_says(1, ms(400));
    out.extend(sim.run_for(ms(3_000)));
    assert_eq!(played(&out), speech(1, ms(400)));
    let stats = sim.bridge.stats();
    let sent = 800;
    assert_eq!(stats.to_carrier_dropped.hold, (2_200 - sent) * 32);
}

#[test]
fn last_words_do_not_wait_for_the_line() {
    let mut sim = Sim::opening(BridgeConfig::default());
    waits(&mut sim, ms(1_600));
    let mut out = sim.feed(Input::Say(speech(2, ms(400))));
    assert_eq!(out.remove(0), Output::CloseAgent);
    out.extend(sim.run_for(ms(1_500)));
    assert_eq!(played(&out[..out.len() - 2]), speech(2, ms(400)));
}

#[test]
fn nobody_is_held_who_talks_or_has_no_stream() {
    let mut sim = Sim::talking();
    assert_eq!(sim.run_for(ms(30_000)), []);
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    sim.caller_is_live = false;
    assert_eq!(sim.run_for(ms(9_000)), []);
    sim.feed(Input::CarrierAttached);
    assert_eq!(sim.timed_down(ms(900)), []);
    assert_eq!(sim.feed(Input::Hold(Bytes::new())), []);
}
