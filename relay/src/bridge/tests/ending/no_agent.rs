//! Calls whose agent never came or was lost.

use super::*;

#[test]
fn without_an_agent_the_callee_hears_a_line_and_the_call_ends() {
    let mut sim = Sim::opening(BridgeConfig::default());
    let mut out = sim.timed_down(ms(10_000));
    out.retain(|(_, output)| *output != Output::HoldDue);
    assert_eq!(
        out,
        [Output::CloseAgent, Output::AgentUnavailable].map(|output| (10_000, output))
    );

    let line = speech(1, ms(1_100));
    let mut out = sim.feed(Input::Say(line.clone()));
    out.extend(sim.run_for(ms(5_000)));
    let (audio, rest) = out.split_at(out.len() - 2);
    assert_eq!(played(audio), line);
    assert_eq!(rest, HANG_UP);
    let end = sim.feed(closed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::AgentUnavailable)]);
}

#[test]
fn an_owner_that_does_not_decide_ends_the_call() {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.run_for(ms(10_000));
    let out = sim.timed_down(ms(15_000));
    assert_eq!(out, [(20_000, Output::Finished(End::AgentUnavailable))]);
}

#[test]
fn a_line_follows_what_the_lost_agent_had_said() {
    let mut sim = Sim::talking();
    let mut out = sim.agent_says(1, ms(600));
    assert_eq!(sim.feed(Input::AgentLost), [Output::AgentLost]);
    let said = sim.feed(Input::Say(speech(2, ms(400))));
    assert_eq!(said, [Output::CloseAgent]);
    out.extend(sim.run_for(ms(5_000)));
    let (audio, rest) = out.split_at(out.len() - 2);
    assert_eq!(
        played(audio),
        [speech(1, ms(600)), speech(2, ms(400))].concat()
    );
    assert_eq!(rest, HANG_UP);
}

#[test]
fn a_line_of_ours_ends_the_call_for_us_or_for_want_of_an_agent() {
    let ended = |mut sim: Sim| {
        sim.feed(Input::Say(speech(2, ms(400))));
        sim.run_for(ms(5_000));
        sim.feed(closed(CarrierClose::Normal))
    };
    assert_eq!(
        ended(Sim::talking()),
        [Output::Finished(End::HungUpByOwner)]
    );
    let mut without_agent = Sim::talking();
    without_agent.feed(Input::AgentLost);
    assert_eq!(
        ended(without_agent),
        [Output::Finished(End::AgentUnavailable)]
    );
}
