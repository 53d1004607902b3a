//! Calls that somebody else ends: a shutdown, a lost lease, the CRM, the longest duration.

use super::*;

/// A call of one minute at most.
fn short() -> BridgeConfig {
    BridgeConfig {
        call_max: ms(60_000),
        ..Default::default()
    }
}

#[test]
fn who_talks_too_long_is_told_before_the_longest_call_ends() {
    let mut sim = Sim::talking_with(short());
    sim.run_for(ms(53_000));
    sim.agent_says(1, ms(10_000));
    let out = sim.timed_down(ms(1_500));
    let control = out
        .into_iter()
        .filter(|(_, output)| !matches!(output, Output::Play(_)));
    let expected = [Output::CloseAgent, Output::KillAudio, Output::LimitReached];
    assert_eq!(
        control.collect::<Vec<_>>(),
        expected.map(|output| (54_000, output))
    );

    let line = speech(9, ms(4_000));
    let mut out = sim.feed(Input::Say(line.clone()));
    let mut timed = sim.timed_down(ms(6_000));
    let hang_up = timed.split_off(timed.len() - 2);
    out.extend(timed.into_iter().map(|(_, output)| output));
    assert_eq!(played(&out), line, "and nothing of the agent's");
    assert_eq!(hang_up, HANG_UP.map(|output| (58_800, output)));
    let end = sim.feed(closed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::CallMax)]);
    assert_eq!(sim.bridge.stats().to_carrier_dropped.total(), 8_600 * 32);
}

#[test]
fn a_limit_that_nobody_speaks_to_ends_the_call_all_the_same() {
    let mut sim = Sim::talking_with(short());
    let out = sim.timed_down(ms(70_000));
    let last = out.last().unwrap();
    assert_eq!(last, &(64_000, Output::Finished(End::CallMax)));
}

#[test]
fn a_call_that_is_cut_says_its_line_and_nothing_else() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(5_000));
    let (pcm, end) = (speech(9, ms(1_000)), End::LeaseLapsed);
    let mut out = sim.feed(Input::Leave {
        pcm: pcm.clone(),
        end,
    });
    let audio = out.split_off(2);
    assert_eq!(out, [Output::CloseAgent, Output::KillAudio]);
    let mut out = [audio, sim.run_for(ms(2_000))].concat();
    let hang_up = out.split_off(out.len() - 2);
    assert_eq!((played(&out), &hang_up[..]), (pcm.to_vec(), &HANG_UP[..]));
    let end = sim.feed(closed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::LeaseLapsed)]);
}

#[test]
fn a_call_that_is_cut_without_a_word_ends_within_the_margin() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(5_000));
    let end = End::LeaseLapsed;
    sim.feed(Input::Leave {
        pcm: Bytes::new(),
        end,
    });
    let out = sim.timed_down(ms(1_000));
    assert_eq!(out, HANG_UP.map(|output| (300, output)));
}

#[test]
fn a_call_that_is_cut_while_it_ends_ends_as_it_began_to() {
    for (first, expected) in [
        (Input::AgentEnded, End::HungUpByAgent),
        (Input::Transfer, End::Transferred),
    ] {
        let mut sim = Sim::talking();
        sim.agent_says(1, ms(5_000));
        sim.feed(first);
        let (pcm, end) = (speech(9, ms(1_000)), End::Drained);
        sim.feed(Input::Leave { pcm, end });
        sim.run_for(ms(2_000));
        let end = sim.feed(closed(CarrierClose::Normal));
        assert_eq!(end, [Output::Finished(expected)]);
    }
}

#[test]
fn a_call_whose_stream_is_lost_is_cut_without_a_word() {
    let mut sim = Sim::talking();
    sim.feed(closed(CarrierClose::Abnormal));
    let (pcm, end) = (speech(9, ms(1_000)), End::Drained);
    let out = sim.feed(Input::Leave { pcm, end });
    assert_eq!(out, [Output::CloseAgent, Output::Finished(End::Drained)]);
}

#[test]
fn a_cancelled_call_ends_at_once() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(5_000));
    let out = sim.feed(Input::HangUp);
    assert_eq!(
        out,
        [Output::Disconnect, Output::CloseCarrier, Output::CloseAgent]
    );
    assert_eq!(sim.feed(Input::HangUp), [], "once");
    let end = sim.feed(closed(CarrierClose::Normal));
    assert_eq!(end, [Output::Finished(End::HungUpByOwner)]);
}

#[test]
fn a_short_call_keeps_three_quarters_of_its_time_for_talking() {
    let mut sim = Sim::talking_with(BridgeConfig {
        call_max: ms(8_000),
        ..Default::default()
    });
    let out = sim.timed_down(ms(7_000));
    let told = out
        .iter()
        .find(|(_, output)| *output == Output::LimitReached);
    assert_eq!(told, Some(&(6_000, Output::LimitReached)));
    assert_eq!(sim.bridge.ending(), Some(End::CallMax));
}

#[test]
fn a_limit_that_is_reached_while_the_stream_is_lost_ends_the_call() {
    let mut sim = Sim::talking_with(BridgeConfig {
        call_max: ms(8_000),
        ..Default::default()
    });
    sim.run_for(ms(5_000));
    sim.caller_is_live = false;
    sim.feed(closed(CarrierClose::Abnormal));
    let out = sim.timed_down(ms(2_000));
    let expected = [Output::CloseAgent, Output::Finished(End::CallMax)];
    assert_eq!(out, expected.map(|output| (6_000, output)));
}

#[test]
fn audio_that_comes_after_the_end_is_counted_once_each() {
    let mut sim = Sim::talking();
    sim.feed(closed(CarrierClose::Normal));
    let before = sim.bridge.stats();
    for bytes in [640, 0] {
        sim.feed(Input::CarrierAudio(vec![0; bytes].into()));
        sim.feed(Input::AgentAudio {
            event_id: None,
            audio: vec![0; bytes].into(),
        });
    }
    let after = sim.bridge.stats();
    assert_eq!(after.carrier_frames, before.carrier_frames + 1);
    assert_eq!(after.agent_pieces, before.agent_pieces + 1);
    assert_eq!(after.to_agent_dropped.after_end, 640);
    assert_eq!(after.to_carrier_dropped.after_end, 640);
}
