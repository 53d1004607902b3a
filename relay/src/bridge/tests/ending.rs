//! Every way in which a call ends.

mod cut;
mod no_agent;

use super::*;

const HANG_UP: [Output; 2] = [Output::Disconnect, Output::CloseCarrier];

fn closed(close: CarrierClose) -> Input {
    Input::CarrierClosed(close)
}

#[test]
fn the_goodbye_is_heard_before_the_bridge_hangs_up() {
    let mut sim = Sim::talking();
    let mut out = sim.agent_says(1, ms(1_500));
    out.extend(sim.feed(Input::AgentEnded));
    let mut timed = sim.timed_down(ms(5_000));

    let hang_up = timed.split_off(timed.len() - 2);
    out.extend(timed.into_iter().map(|(_, output)| output));
    assert_eq!(played(&out), speech(1, ms(1_500)));
    assert_eq!(
        hang_up,
        HANG_UP.map(|output| (1_800, output)),
        "1.5 s and the margin"
    );

    let end = sim.feed(closed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::HungUpByAgent)]);
    assert_eq!(sim.bridge.poll_timeout(), None);
}

#[test]
fn a_goodbye_that_comes_after_its_announcement_is_heard() {
    let mut sim = Sim::talking();
    assert_eq!(sim.feed(Input::AgentEnding), []);
    let mut out = sim.run_for(ms(500));
    out.extend(sim.agent_says(1, ms(800)));
    out.extend(sim.feed(Input::AgentEnded));
    out.extend(sim.run_for(ms(5_000)));
    let (audio, rest) = out.split_at(out.len() - 2);
    assert_eq!(played(audio), speech(1, ms(800)));
    assert_eq!(rest, HANG_UP);
}

#[test]
fn an_agent_that_announces_the_end_and_does_not_close_is_closed() {
    let mut sim = Sim::talking();
    sim.feed(Input::AgentEnding);
    let out = sim.timed_down(ms(3_000));
    let expected = [Output::Disconnect, Output::CloseCarrier, Output::CloseAgent];
    assert_eq!(out, expected.map(|output| (1_000, output)));
}

#[test]
fn the_first_end_that_an_agent_asks_for_holds_and_no_agent_asks_for_none() {
    let mut sim = Sim::talking();
    sim.feed(Input::AgentEnding);
    sim.feed(Input::Transfer);
    let out = sim.timed_down(ms(3_000));
    let expected = [Output::Disconnect, Output::CloseCarrier, Output::CloseAgent];
    assert_eq!(out, expected.map(|output| (1_000, output)));

    let mut sim = Sim::talking();
    sim.feed(Input::AgentLost);
    sim.feed(Input::Transfer);
    assert_eq!(sim.run_for(ms(1_400)), []);
}

#[test]
fn who_is_handed_over_hears_the_agent_out_and_the_carrier_ends_the_stream() {
    let mut sim = Sim::talking();
    let mut out = sim.agent_says(1, ms(1_500));
    out.extend(sim.feed(Input::Transfer));
    let mut timed = sim.timed_down(ms(4_000));
    let handed_over = timed.split_off(timed.len() - 2);
    out.extend(timed.into_iter().map(|(_, output)| output));
    assert_eq!(played(&out), speech(1, ms(1_500)));
    let expected = [Output::Transfer, Output::CloseAgent];
    assert_eq!(handed_over, expected.map(|output| (1_800, output)));
    let end = sim.feed(closed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::Transferred)]);
}

#[test]
fn a_carrier_that_does_not_close_is_given_up() {
    let mut sim = Sim::talking();
    assert_eq!(sim.feed(Input::AgentEnded), []);
    let out = sim.timed_down(ms(20_000));
    let [left, closed, finished] = &out[..] else {
        panic!("{out:?}")
    };
    assert_eq!(
        [left, closed],
        [&(300, Output::Disconnect), &(300, Output::CloseCarrier)]
    );
    assert_eq!(*finished, (10_300, Output::Finished(End::HungUpByAgent)));
}

#[test]
fn a_callee_who_leaves_during_the_goodbye_does_not_change_who_ended() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(5_000));
    sim.feed(Input::AgentEnded);
    let out = sim.feed(closed(CarrierClose::Abnormal));
    assert_eq!(out, [Output::Finished(End::HungUpByAgent)]);
    assert_eq!(
        sim.bridge.stats().to_carrier_dropped.after_end,
        5 * 32_000 - 12_800
    );
    assert_eq!(sim.bridge.stats().unheard_bytes, 12_800);
}

#[test]
fn the_callee_hangs_up() {
    let over = [Output::CloseAgent, Output::Finished(End::HungUpByCallee)];
    let mut sim = Sim::talking();
    assert_eq!(sim.feed(closed(CarrierClose::Normal)), over);

    let mut sim = Sim::talking();
    let out = sim.feed(Input::CarrierEnded);
    assert_eq!(out[0], Output::CloseCarrier);
    assert_eq!(out[1..], over);
}

#[test]
fn an_announced_stop_ends_the_call_unless_audio_follows() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    let stop = || Input::CarrierAudio(Bytes::new());
    assert_eq!(sim.feed(stop()), []);
    sim.run_for(ms(1_900));
    sim.feed(Input::CarrierAudio(Bytes::from_static(&[0; 640])));
    assert_eq!(sim.run_for(ms(3_000)), [], "it went on");

    assert_eq!(sim.feed(stop()), []);
    let expected = [
        Output::CloseCarrier,
        Output::CloseAgent,
        Output::Finished(End::HungUpByCallee),
    ];
    assert_eq!(sim.run_for(ms(2_000)), expected);
    assert_eq!(sim.bridge.stats().carrier_frames, 1);
}

#[test]
fn nothing_comes_out_of_a_finished_call() {
    let mut sim = Sim::talking();
    sim.feed(closed(CarrierClose::Normal));
    let inputs = [
        Input::CarrierAudio(Bytes::from_static(&[0; 640])),
        Input::CarrierAttached,
        Input::AgentReady {
            hears: PCM,
            speaks: PCM,
        },
        Input::AgentAudio {
            event_id: Some(5),
            audio: speech(5, ms(200)),
        },
        Input::AgentPing { event_id: 1 },
        Input::Say(speech(1, ms(200))),
        Input::HangUp,
        Input::CarrierEnded,
        Input::Timeout,
    ];
    for input in inputs {
        assert_eq!(sim.feed(input.clone()), [], "{input:?}");
        assert_eq!(sim.bridge.poll_timeout(), None, "{input:?}");
    }
    assert_eq!(sim.bridge.stats().to_agent_dropped.after_end, 640);
    assert_eq!(sim.bridge.stats().to_carrier_dropped.after_end, 12_800);
}
