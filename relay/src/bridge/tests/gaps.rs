//! What somebody missed, and what nobody did.

use super::*;
use call::{
    AudioTo::{self, Agent, Callee},
    GapReason::{self, *},
    audio::GAPS_MAX,
};

impl Sim {
    /// What was missed since this was last asked: by whom, when, for how long, why.
    fn missed(&mut self) -> Vec<(AudioTo, u128, u128, GapReason)> {
        let missed = self.bridge.take_missed(self.now);
        assert_eq!(missed.more, 0);
        let gaps = missed.gaps.into_iter();
        gaps.map(|gap| {
            let at = (gap.at - self.start).as_millis();
            (gap.to, at, gap.length.as_millis(), gap.because)
        })
        .collect()
    }

    fn loses_stream(&mut self) {
        self.caller_is_live = false;
        self.feed(Input::CarrierClosed(CarrierClose::Abnormal));
    }

    fn attaches(&mut self) {
        self.caller_is_live = true;
        self.next_frame = self.now;
        self.feed(Input::CarrierAttached);
    }
}

#[test]
fn a_call_in_which_all_is_heard_has_no_gap() {
    let mut sim = Sim::talking();
    for event_id in 1..=3 {
        sim.agent_says(event_id, ms(1_450));
        sim.run_for(ms(3_000));
    }
    sim.feed(Input::AgentEnding);
    sim.agent_says(4, ms(500));
    sim.run_for(ms(20_000));
    assert!(sim.bridge.is_finished());
    assert_eq!(sim.missed(), []);
}

#[test]
fn a_reply_that_dries_up_leaves_a_gap_from_its_last_sound_to_its_next() {
    let mut sim = Sim::talking();
    sim.run_for(ms(1_000));
    sim.agent_says(1, ms(600));
    sim.run_for(ms(1_350));
    sim.agent_says(1, ms(400));
    sim.run_for(ms(2_000));
    assert_eq!(sim.missed(), [(Callee, 1_600, 750, UnderRun)]);
    sim.agent_says(2, ms(400));
    sim.run_for(ms(2_000));
    assert_eq!(sim.missed(), [], "a pause between replies is none");
}

#[test]
fn a_lost_stream_is_missed_by_both_until_one_carries_on() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(5_000));
    sim.run_for(ms(1_010));
    sim.loses_stream();
    sim.run_for(ms(2_000));
    sim.attaches();
    let lost = [
        (Agent, 1_000, 2_010, StreamLost),
        (Callee, 1_010, 2_000, StreamLost),
    ];
    assert_eq!(sim.missed(), lost);
    sim.run_for(ms(9_000));
    assert_eq!(sim.missed(), [], "of the stream that carries on");
}

#[test]
fn a_stream_that_falls_silent_was_not_heard_since_its_last_frame() {
    let mut sim = Sim::talking();
    sim.run_for(ms(1_000));
    sim.caller_is_live = false;
    sim.run_for(ms(10_000));
    sim.run_for(ms(15_000));
    assert!(sim.bridge.is_finished());
    let lost = [
        (Agent, 1_000, 25_000, StreamLost),
        (Callee, 11_000, 15_000, StreamLost),
    ];
    assert_eq!(sim.missed(), lost);
}

#[test]
fn a_living_stream_that_is_replaced_takes_along_what_was_not_played() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(1_000));
    sim.run_for(ms(100));
    sim.attaches();
    assert_eq!(sim.missed(), [(Callee, 100, 300, StreamReplaced)]);
}

#[test]
fn last_words_that_a_lost_stream_swallows_are_missed() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(2_000));
    sim.feed(Input::AgentEnding);
    sim.run_for(ms(500));
    sim.loses_stream();
    assert!(sim.bridge.is_finished());
    assert_eq!(sim.missed(), [(Callee, 500, 1_500, StreamLost)]);
}

#[test]
fn a_lost_agent_is_missed_from_its_last_word_until_another_is_ready() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(1_000));
    sim.feed(Input::AgentLost);
    sim.run_for(ms(2_000));
    sim.feed(Input::Hold(speech(9, ms(200))));
    sim.run_for(ms(400));
    sim.agent_ready();
    assert_eq!(sim.missed(), [(Callee, 1_000, 1_400, AgentLost)]);

    sim.agent_says(1, ms(1_000));
    sim.feed(Input::AgentLost);
    sim.run_for(ms(500));
    sim.agent_ready();
    assert_eq!(sim.missed(), [], "it was replaced before its last word");
}

#[test]
fn an_agent_that_never_comes_back_is_missed_until_it_is_given_up() {
    let by_callee = |sim: &mut Sim| {
        let mut missed = sim.missed();
        missed.retain(|(to, ..)| *to == Callee);
        missed
    };
    let given_up = BridgeConfig::default().agent_ready_timeout;
    let mut sim = Sim::talking();
    sim.run_for(ms(1_000));
    sim.feed(Input::AgentLost);
    sim.run_for(ms(2_000));
    // A report is made meanwhile, as for a stream that is replaced.
    assert_eq!(by_callee(&mut sim), [(Callee, 1_000, 2_000, AgentLost)]);
    sim.run_for(given_up);
    let rest = (given_up - ms(2_000)).as_millis();
    assert_eq!(by_callee(&mut sim), [(Callee, 3_000, rest, AgentLost)]);
}

#[test]
fn lines_of_our_own_are_no_replies_that_dry_up() {
    let mut sim = Sim::opening(BridgeConfig::default());
    for _ in 0..3 {
        sim.feed(Input::Hold(speech(9, ms(200))));
        sim.run_for(ms(900));
    }
    assert_eq!(sim.bridge.stats().underruns, 0);
    assert_eq!(sim.missed(), []);
}

#[test]
fn a_backlog_that_overflows_is_one_gap_as_long_as_what_was_dropped() {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.run_for(ms(5_010));
    sim.agent_ready();
    // Frames came at 0, 20, … 5,000; the last 150 of 251 are kept.
    assert_eq!(sim.missed(), [(Agent, 0, 2_020, BacklogDropped)]);
}

#[test]
fn speech_that_is_broken_off_for_the_end_of_the_time_is_missed() {
    let config = BridgeConfig {
        call_max: ms(10_000),
        limit_notice: ms(2_000),
        ..BridgeConfig::default()
    };
    let mut sim = Sim::talking_with(config);
    sim.run_for(ms(7_000));
    sim.agent_says(1, ms(3_000));
    sim.run_for(ms(1_000));
    assert_eq!(sim.missed(), [(Callee, 8_000, 2_000, CutOff)]);
}

#[test]
fn a_line_of_our_own_that_is_broken_off_is_not_missed() {
    let mut sim = Sim::opening(BridgeConfig::default());
    sim.run_for(ms(2_000));
    sim.feed(Input::Hold(speech(9, ms(2_000))));
    sim.run_for(ms(100));
    sim.feed(Input::Leave {
        pcm: speech(8, ms(200)),
        end: End::Drained,
    });
    sim.run_for(ms(2_000));
    assert_eq!(sim.missed(), []);
}

#[test]
fn what_is_dropped_on_purpose_is_no_gap() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(3_000));
    sim.run_for(ms(500));
    sim.interrupted(1);
    sim.agent_says(1, ms(200));
    sim.feed(Input::AgentAudio {
        event_id: Some(2),
        audio: Bytes::from_static(&[7; 641]),
    });
    sim.agent_says(3, ms(3_000));
    sim.run_for(ms(500));
    sim.feed(Input::CarrierClosed(CarrierClose::Normal));
    let dropped = sim.bridge.stats().to_carrier_dropped;
    for bytes in [
        dropped.interrupted,
        dropped.stale,
        dropped.half_sample,
        dropped.after_end,
    ] {
        assert!(bytes > 0, "{dropped:?}");
    }
    assert_eq!(sim.missed(), []);
}

#[test]
fn gaps_beyond_the_bound_are_counted() {
    let mut sim = Sim::talking();
    for _ in 0..GAPS_MAX + 3 {
        sim.agent_says(1, ms(100));
        sim.run_for(ms(300));
    }
    let missed = sim.bridge.take_missed(sim.now);
    assert_eq!((missed.gaps.len(), missed.more), (GAPS_MAX, 2));
    assert!(missed.gaps.is_sorted_by_key(|gap| gap.at));
}
