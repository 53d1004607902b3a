//! A leg is lost and comes back.

use super::*;

#[test]
fn an_abnormal_close_starts_the_grace_and_a_new_stream_ends_it() {
    let mut sim = Sim::talking();
    let mut out = sim.agent_says(1, ms(1_000));
    sim.run_for(ms(10));
    sim.caller_is_live = false;
    let lost = sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    assert_eq!(lost, [Output::StreamLost]);

    assert_eq!(sim.agent_says(2, ms(200)), [], "held");
    assert_eq!(sim.run_for(ms(14_000)), []);
    let attached = sim.feed(Input::CarrierAttached);
    assert_eq!(
        attached.len(),
        2,
        "what was held starts again with its lead"
    );

    out.extend(attached);
    sim.caller_is_live = true;
    sim.next_frame = sim.now;
    out.extend(sim.run_for(ms(20_000)));
    assert_eq!(
        played(&out),
        [speech(1, ms(1_000)), speech(2, ms(200))].concat()
    );
    let stats = sim.bridge.stats();
    let heard = 320; // 10 of 400 ms
    assert_eq!(
        (stats.unheard_bytes, stats.streams_lost),
        (12_800 - heard, 1)
    );
}

#[test]
fn a_stream_that_does_not_come_back_ends_the_call() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    let out = sim.timed_down(ms(20_000));
    let expected = [Output::CloseAgent, Output::Finished(End::StreamLost)];
    assert_eq!(out, expected.map(|output| (15_000, output)));
}

#[test]
fn a_carrier_without_audio_is_lost() {
    let mut sim = Sim::talking();
    sim.run_for(ms(2_000));
    sim.caller_is_live = false;
    assert_eq!(sim.timed_down(ms(12_000)), [(12_000, Output::StreamLost)]);
}

#[test]
fn the_agent_goes_on_hearing_silence_while_the_stream_is_lost() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    let times: Vec<_> = sim.timed(ms(3_000)).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [1_000, 2_000, 3_000]);
}

#[test]
fn an_interruption_while_the_stream_is_lost_drops_what_was_held() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    sim.agent_says(1, ms(1_000));
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    assert_eq!(sim.interrupted(1), [], "there is nothing to kill it on");
    assert_eq!(sim.feed(Input::CarrierAttached), []);
}

#[test]
fn half_a_sample_of_a_lost_stream_does_not_shift_the_next() {
    let mut sim = Sim::talking();
    sim.feed(Input::CarrierAudio(Bytes::from_static(&[7])));
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    sim.feed(Input::CarrierAttached);
    let pcm = Bytes::from_static(&[1, 2]);
    assert_eq!(
        sim.feed(Input::CarrierAudio(pcm.clone())),
        [Output::ToAgent(pcm)]
    );
    assert_eq!(sim.bridge.stats().to_agent_dropped.half_sample, 1);
}

#[test]
fn an_agent_that_ends_while_the_stream_is_lost_is_heard_by_the_next() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    sim.agent_says(1, ms(300));
    assert_eq!(sim.feed(Input::AgentEnded), []);
    assert_eq!(sim.run_for(ms(5_000)), []);
    let mut out = sim.feed(Input::CarrierAttached);
    out.extend(sim.run_for(ms(2_000)));
    let (audio, rest) = out.split_at(out.len() - 2);
    assert_eq!(played(audio), speech(1, ms(300)));
    assert_eq!(rest, [Output::Disconnect, Output::CloseCarrier]);
}

#[test]
fn a_lost_agent_can_be_replaced_and_hears_what_was_said_meanwhile() {
    let mut sim = Sim::talking();
    assert_eq!(sim.feed(Input::AgentLost), [Output::AgentLost]);
    let pcm = Bytes::from(vec![5; 640]);
    assert_eq!(sim.feed(Input::CarrierAudio(pcm.clone())), []);
    assert_eq!(sim.agent_ready(), [Output::ToAgent(pcm)]);
    assert_eq!(sim.run_for(ms(20_000)), []);
    assert_eq!(sim.bridge.stats().agents_lost, 1);
}

#[test]
fn attempts_to_reach_an_agent_share_one_deadline() {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.run_for(ms(6_000));
    assert_eq!(sim.feed(Input::AgentLost), [Output::AgentLost]);
    let mut out = sim.timed_down(ms(6_000));
    out.retain(|(_, output)| *output != Output::HoldDue);
    assert_eq!(
        out,
        [Output::CloseAgent, Output::AgentUnavailable].map(|output| (10_000, output))
    );
}

#[test]
fn a_conversation_that_ends_before_it_began_was_lost() {
    let mut sim = Sim::opening(BridgeConfig::default());
    assert_eq!(sim.feed(Input::AgentEnded), [Output::AgentLost]);
}
