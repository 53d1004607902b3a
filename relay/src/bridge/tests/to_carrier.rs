//! Agent speech on its way to the carrier.

use super::*;

#[test]
fn speech_is_cut_to_chunks_and_paced_with_a_lead() {
    let mut sim = Sim::talking();
    let first = sim.agent_says(1, ms(2_000));
    assert_eq!(first.len(), 2, "the lead of 400 ms is two chunks");

    let later = sim.timed_down(ms(3_000));
    let times: Vec<_> = later.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [200, 400, 600, 800, 1_000, 1_200, 1_400, 1_600]);

    let later: Vec<_> = later.into_iter().map(|(_, output)| output).collect();
    assert_eq!(played(&[first, later].concat()), speech(1, ms(2_000)));
    let stats = sim.bridge.stats();
    assert_eq!((stats.to_carrier_chunks, stats.underruns), (10, 0));
}

#[test]
fn uneven_pieces_make_even_chunks() {
    let mut sim = Sim::talking();
    let mut out = Vec::new();
    for piece in [30, 170, 100, 210, 90] {
        out.extend(sim.agent_says(1, ms(piece)));
    }
    out.extend(sim.run_for(ms(1_000)));
    assert_eq!(out.len(), 3);
    assert!(
        out.iter()
            .all(|chunk| matches!(chunk, Output::Play(pcm) if pcm.len() == 6_400))
    );
}

#[test]
fn a_short_last_piece_is_played_before_the_carrier_runs_dry() {
    let mut sim = Sim::talking();
    assert_eq!(sim.agent_says(1, ms(450)).len(), 2);
    let tail = Output::Play(speech(1, ms(50)));
    assert_eq!(
        sim.timed_down(ms(2_000)),
        [(300, tail)],
        "100 ms before 400 ms"
    );
}

#[test]
fn an_agent_that_speaks_in_real_time_is_heard_as_it_speaks() {
    let mut sim = Sim::talking();
    for piece in 0..20 {
        assert_eq!(
            sim.agent_says(1, ms(100)),
            [Output::Play(speech(1, ms(100)))],
            "piece {piece}"
        );
        assert_eq!(sim.run_for(ms(100)), []);
    }
    assert_eq!(sim.bridge.stats().underruns, 0);
}

#[test]
fn a_piece_that_is_late_once_makes_room_for_all_that_are_as_late() {
    let mut sim = Sim::talking();
    for late in [0, 30, 0, 30, 15, 30] {
        sim.run_for(ms(late));
        sim.agent_says(1, ms(100));
        sim.run_for(ms(100 - late));
    }
    assert_eq!(sim.bridge.stats().underruns, 1);
}

#[test]
fn the_first_words_of_a_reply_do_not_wait_for_a_whole_chunk() {
    let mut sim = Sim::talking();
    let first = sim.agent_says(1, ms(60));
    assert_eq!(first, [Output::Play(speech(1, ms(60)))]);
    let rest = sim.agent_says(1, ms(640));
    let lengths = rest.iter().map(|output| chunk(output).len() / 32);
    assert_eq!(lengths.collect::<Vec<_>>(), [200], "60 + 200 + 200 > 400");
    let later = sim.timed_down(ms(3_000));
    let times: Vec<_> = later.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [60, 260, 560]);
}

#[test]
fn a_lone_short_piece_waits_only_for_the_rest_of_its_chunk() {
    let mut sim = Sim::talking();
    assert_eq!(sim.agent_says(1, ms(50)), []);
    assert_eq!(
        sim.timed_down(ms(2_000)),
        [(100, Output::Play(speech(1, ms(50))))]
    );
}

#[test]
fn an_odd_byte_of_speech_joins_the_next_piece() {
    let mut sim = Sim::talking();
    let whole = speech(259, ms(200));
    let agent_audio = |audio| Input::AgentAudio {
        event_id: Some(259),
        audio,
    };
    assert_eq!(sim.feed(agent_audio(whole.slice(..1_001))), []);
    assert_eq!(
        sim.feed(agent_audio(whole.slice(1_001..))),
        [Output::Play(whole)]
    );
}

#[test]
fn an_odd_byte_does_not_shift_the_next_utterance() {
    let mut sim = Sim::talking();
    let odd = speech(259, ms(200)).slice(..6_399);
    let mut out = sim.feed(Input::AgentAudio {
        event_id: Some(259),
        audio: odd.clone(),
    });
    out.extend(sim.agent_says(260, ms(200)));
    out.extend(sim.run_for(ms(1_000)));
    assert_eq!(
        played(&out),
        [&odd[..6_398], &speech(260, ms(200))].concat()
    );
    assert_eq!(sim.bridge.stats().to_carrier_dropped.half_sample, 1);
}

#[test]
fn agent_speech_is_converted_to_the_rate_of_the_carrier() {
    let mut sim = Sim::opening(BridgeConfig {
        carrier_out_hz: 8_000,
        ..Default::default()
    });
    sim.agent_ready();
    let first = sim.agent_says(300, ms(200));
    assert_eq!(
        sim.bridge.stats().from_agent_bytes,
        3_200,
        "as the carrier plays it"
    );
    let rest = sim.timed_down(ms(1_000));
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].0, 100, "its end is waited for, and is in time");
    let pcm = played(&[first, vec![rest[0].1.clone()]].concat());
    assert_eq!(pcm.len(), 3_200, "nothing of it is lost");
    assert_eq!(pcm[1_600..2_400], *300_i16.to_le_bytes().repeat(400));
}

#[test]
fn speech_that_comes_in_the_instant_in_which_the_last_was_heard_leaves_no_gap() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(200));
    sim.run_for(ms(200));
    sim.agent_says(1, ms(200));
    assert_eq!(sim.bridge.stats().underruns, 0);
}

#[test]
fn a_gap_in_one_reply_is_an_underrun_and_between_replies_is_none() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(200));
    sim.run_for(ms(500));
    sim.agent_says(2, ms(200));
    assert_eq!(sim.bridge.stats().underruns, 0);
    sim.run_for(ms(500));
    sim.agent_says(2, ms(200));
    let stats = sim.bridge.stats();
    assert_eq!((stats.agent_pieces, stats.underruns), (3, 1));
}

#[test]
fn a_late_shell_catches_up_to_the_lead_and_no_further() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(5_000));
    sim.now += ms(3_000);
    let out = sim.feed(Input::Timeout);
    let chunks = out
        .iter()
        .filter(|output| matches!(output, Output::Play(_)))
        .count();
    assert_eq!(chunks, 2);
}

#[test]
fn a_long_reply_is_heard_whole_and_its_rest_waits_in_the_socket() {
    let mut sim = Sim::talking();
    let mut out = Vec::new();
    let mut said = Vec::new();
    let mut pieces = 0;
    while pieces < 300 {
        if sim.bridge.has_room() {
            pieces += 1;
            said.extend_from_slice(&speech(1, ms(1_000)));
            out.extend(sim.agent_says(1, ms(1_000)));
        } else {
            assert!(sim.bridge.queued().to_carrier_bytes <= 121 * 32_000);
            out.extend(sim.run_for(ms(1_000)));
        }
    }
    assert!(sim.at() > 170_000, "nobody waited: {} ms", sim.at());
    out.extend(sim.run_for(ms(125_000)));
    assert_eq!(played(&out), said);
    assert_eq!(sim.bridge.stats().to_carrier_dropped.total(), 0);
}

#[test]
fn a_ping_is_answered_before_audio() {
    let mut sim = Sim::talking();
    sim.bridge
        .handle(Input::CarrierAudio(Bytes::from_static(&[0; 640])), sim.now);
    let out = sim.feed(Input::AgentPing { event_id: 12 });
    assert_eq!(out[0], Output::Pong { event_id: 12 });
    assert_eq!(out.len(), 2);
}

/// A bridge whose agent sends another format than the carrier plays.
fn speaking(speaks: Format) -> Sim {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.feed(Input::AgentReady { hears: PCM, speaks });
    sim
}

#[test]
fn speech_in_ulaw_is_heard_as_pcm_and_counted_as_it_is_played() {
    let mut sim = speaking(Format::Ulaw);
    let audio = Bytes::from(vec![0xa5; 8 * 500]);
    let mut out = sim.feed(Input::AgentAudio {
        event_id: Some(1),
        audio,
    });
    out.extend(sim.run_for(ms(1_000)));
    let pcm = played(&out);
    assert_eq!(pcm.len(), 16_000, "500 ms at 16 kHz");
    let level = i16::from_le_bytes([pcm[8_000], pcm[8_001]]);
    assert!((6_640..=6_660).contains(&level), "{level} is no 6,652");
    assert_eq!(sim.bridge.stats().from_agent_bytes, 16_000);
}

#[test]
fn the_end_of_a_converted_reply_goes_with_its_last_chunk() {
    let mut sim = speaking(Format::Pcm { hz: 24_000 });
    // 650 ms at 24 kHz: three chunks and 50 ms, of which 2 ms wait in the filter.
    let audio = 300_i16.to_le_bytes().repeat(24 * 650).into();
    let first = sim.feed(Input::AgentAudio {
        event_id: Some(1),
        audio,
    });
    assert_eq!(first.len(), 2);
    let later = sim.timed_down(ms(2_000));
    let lengths: Vec<_> = later
        .iter()
        .map(|(at, output)| (*at, played(std::slice::from_ref(output)).len() / 32))
        .collect();
    assert_eq!(lengths, [(200, 200), (500, 50)], "100 ms before 600 ms");
    assert_eq!(sim.bridge.queued(), Queued::default());
}

#[test]
fn one_reply_does_not_swallow_the_end_of_the_one_before() {
    let mut sim = speaking(Format::Pcm { hz: 8_000 });
    let say = |event_id, sample: i16| Input::AgentAudio {
        event_id: Some(event_id),
        audio: sample.to_le_bytes().repeat(800).into(),
    };
    let mut out = sim.feed(say(1, 9_000));
    out.extend(sim.feed(say(2, 0)));
    out.extend(sim.run_for(ms(1_000)));
    let pcm = played(&out);
    assert_eq!(pcm.len(), 6_400, "100 ms each, at 16 kHz");
    assert!(pcm[3_000..3_200].iter().any(|byte| *byte != 0));
    assert_eq!(pcm[3_200..], [0; 3_200], "nor does one ring on in the next");
}

#[test]
fn an_interruption_drops_what_the_converter_holds_and_nothing_of_it_is_heard_later() {
    let mut sim = speaking(Format::Pcm { hz: 8_000 });
    let say = |event_id, sample: i16| Input::AgentAudio {
        event_id: Some(event_id),
        audio: sample.to_le_bytes().repeat(800).into(),
    };
    let heard = played(&sim.feed(say(1, 9_000))).len() as u64;
    assert_eq!(sim.interrupted(1), [Output::KillAudio]);
    let dropped = sim.bridge.stats().to_carrier_dropped.interrupted;
    assert!((1..200).contains(&dropped), "{dropped} bytes of filter");
    assert_eq!(heard + dropped, 3_200);
    let mut out = sim.feed(say(2, 0));
    out.extend(sim.run_for(ms(1_000)));
    assert_eq!(played(&out), vec![0; 3_200]);

    let mut out = sim.feed(say(4, 300));
    sim.interrupted(3);
    out.extend(sim.run_for(ms(1_000)));
    assert_eq!(played(&out).len(), 3_200, "a later reply is left alone");
}
