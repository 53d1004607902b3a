//! Caller audio on its way to the agent.

use super::*;

fn frame(first: u8, bytes: usize) -> Bytes {
    (0..bytes)
        .map(|index| first.wrapping_add(index as u8))
        .collect()
}

fn sent(outputs: Vec<Output>) -> Vec<Bytes> {
    outputs
        .into_iter()
        .map(|output| {
            let Output::ToAgent(pcm) = output else {
                panic!("{output:?} is no caller audio")
            };
            pcm
        })
        .collect()
}

#[test]
fn a_frame_goes_on_at_once_and_unchanged() {
    let mut sim = Sim::talking();
    let pcm = frame(1, 640);
    assert_eq!(
        sim.feed(Input::CarrierAudio(pcm.clone())),
        [Output::ToAgent(pcm)]
    );
}

#[test]
fn coalesced_frames_are_cut_apart_and_the_rest_does_not_wait() {
    let mut sim = Sim::talking();
    let pcm = frame(1, 640 * 3 + 100);
    let pieces = sent(sim.feed(Input::CarrierAudio(pcm.clone())));
    assert_eq!(
        pieces.iter().map(Bytes::len).collect::<Vec<_>>(),
        [640, 640, 640, 100]
    );
    assert_eq!(pieces.concat(), pcm);
    assert_eq!(sim.bridge.stats().to_agent_frames, 4);
}

#[test]
fn an_odd_byte_is_carried_to_the_next_frame() {
    let mut sim = Sim::talking();
    let first = sent(sim.feed(Input::CarrierAudio(frame(1, 641))));
    assert_eq!(first, [frame(1, 640)]);
    assert_eq!(sim.bridge.queued().to_agent_bytes, 1);

    let second = sent(sim.feed(Input::CarrierAudio(frame(50, 639))));
    let expected = [&frame(1, 641)[640..], &frame(50, 639)].concat();
    assert_eq!(second, [Bytes::from(expected)]);
    assert_eq!(sim.bridge.queued(), Queued::default());
}

#[test]
fn what_the_callee_says_before_the_agent_is_ready_is_kept() {
    let mut sim = Sim::opening(BridgeConfig::default());
    assert_eq!(sim.feed(Input::CarrierAudio(frame(1, 640))), []);
    assert_eq!(sim.feed(Input::CarrierAudio(frame(2, 641))), []);

    let kept = sent(sim.agent_ready());
    assert_eq!(kept, [frame(1, 640), frame(2, 640)]);
    let next = sent(sim.feed(Input::CarrierAudio(frame(9, 1))));
    assert_eq!(next, [Bytes::from(vec![frame(2, 641)[640], 9])]);
}

#[test]
fn a_full_backlog_drops_its_oldest_audio_and_counts_it() {
    let mut sim = Sim::opening(BridgeConfig::default());
    for index in 0..155_u8 {
        assert_eq!(sim.feed(Input::CarrierAudio(frame(index, 640))), []);
    }
    assert_eq!(sim.bridge.queued().to_agent_bytes, 96_000, "3 s");
    assert_eq!(sim.bridge.stats().to_agent_dropped.backlog, 5 * 640);

    let kept = sent(sim.agent_ready());
    assert_eq!(kept.len(), 150);
    assert_eq!(kept[0], frame(5, 640));
}

#[test]
fn the_backlog_drops_no_more_than_it_must() {
    let mut sim = Sim::opening(BridgeConfig::default());
    assert_eq!(sim.feed(Input::CarrierAudio(frame(0, 96_000))), []);
    assert_eq!(sim.feed(Input::CarrierAudio(frame(7, 2))), []);
    assert_eq!(sim.bridge.stats().to_agent_dropped.backlog, 2);
    let kept = sent(sim.agent_ready()).concat();
    assert_eq!(kept, [&frame(0, 96_000)[2..], &frame(7, 2)].concat());
}

#[test]
fn gain_is_applied_and_saturates() {
    let config = BridgeConfig {
        to_agent_gain: 2.0,
        ..BridgeConfig::default()
    };
    let mut sim = Sim::talking_with(config);
    let quiet = [100_i16, -20_000].map(i16::to_le_bytes).concat();
    let loud = [200_i16, i16::MIN].map(i16::to_le_bytes).concat();
    assert_eq!(
        sent(sim.feed(Input::CarrierAudio(quiet.into()))),
        [Bytes::from(loud)]
    );
}

#[test]
fn rates_are_converted_only_if_they_differ() {
    let mut sim = Sim::talking_with(BridgeConfig {
        carrier_in_hz: 8_000,
        ..Default::default()
    });
    let out = sent(sim.feed(Input::CarrierAudio(Bytes::from(vec![0; 320]))));
    assert_eq!(out.concat().len(), 512, "4 ms are in the filter");

    let rest = sent(sim.feed(Input::CarrierRate(16_000)));
    assert_eq!(rest.concat().len(), 128, "and come before what follows");
    let pcm = frame(1, 640);
    assert_eq!(sent(sim.feed(Input::CarrierAudio(pcm.clone()))), [pcm]);
    assert_eq!(
        sim.bridge.stats().to_agent_bytes,
        960,
        "as the carrier sent it"
    );
}

#[test]
fn a_quiet_carrier_is_filled_with_a_little_silence() {
    let mut sim = Sim::talking();
    sim.caller_is_live = false;
    let silence = Output::ToAgent(Bytes::from(vec![0; 640]));
    let expected: Vec<_> = (1..=9)
        .map(|second| (second * 1_000, silence.clone()))
        .collect();
    assert_eq!(sim.timed(ms(9_500)), expected);
    assert_eq!(sim.bridge.stats().silence_frames, 9);
    assert_eq!(sim.bridge.stats().to_agent_bytes, 0);
}

#[test]
fn a_live_carrier_is_not_mixed_with_silence() {
    let mut sim = Sim::talking();
    sim.timed(ms(5_000));
    assert_eq!(sim.bridge.stats().silence_frames, 0);
}

#[test]
fn an_agent_that_hears_ulaw_gets_ulaw_and_its_silence() {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.caller_is_live = false;
    let hears = Format::Ulaw;
    sim.feed(Input::AgentReady { hears, speaks: PCM });
    let mut heard = sent(sim.feed(Input::CarrierAudio(Bytes::from(vec![0; 640])))).concat();
    let later = sim.timed(ms(1_000)).into_iter().map(|(_, output)| output);
    heard.extend(sent(later.collect()).concat());
    assert_eq!(heard, [0xff; 320], "a frame, and one more of silence");
    assert_eq!(sim.bridge.stats().silence_frames, 1);
    assert_eq!(sim.bridge.stats().to_agent_bytes, 640);
}

#[test]
fn the_end_of_what_a_lost_stream_brought_is_heard() {
    let mut sim = Sim::talking_with(BridgeConfig {
        carrier_in_hz: 8_000,
        ..Default::default()
    });
    let heard = sent(sim.feed(Input::CarrierAudio(Bytes::from(vec![0; 320])))).concat();
    let mut rest = sim.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    assert_eq!(rest.pop(), Some(Output::StreamLost));
    assert_eq!(heard.len() + sent(rest).concat().len(), 640);
}
