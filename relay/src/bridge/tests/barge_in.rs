//! The callee talks over the agent.

use super::*;

#[test]
fn barge_in_drops_all_agent_speech_still_queued() {
    let mut sim = Sim::talking();
    let mut before = sim.agent_says(3, ms(2_000));
    before.extend(sim.run_for(ms(500)));
    assert_eq!(before.len(), 4, "two at once, then at 200 and 400 ms");

    assert_eq!(sim.interrupted(3), [Output::KillAudio]);
    assert_eq!(sim.run_for(ms(3_000)), []);

    let stats = sim.bridge.stats();
    assert_eq!(stats.to_carrier_dropped.interrupted, 6 * 6_400);
    assert_eq!(
        stats.unheard_bytes, 9_600,
        "800 ms were sent, 500 ms were heard"
    );
}

#[test]
fn audio_of_an_interrupted_reply_that_comes_late_is_dropped() {
    let mut sim = Sim::talking();
    sim.agent_says(3, ms(400));
    assert_eq!(sim.interrupted(3), [Output::KillAudio]);
    for late in [3, 2, 1] {
        assert_eq!(sim.agent_says(late, ms(400)), []);
    }
    assert_eq!(sim.bridge.stats().to_carrier_dropped.stale, 3 * 12_800);
    assert_eq!(played(&sim.agent_says(4, ms(400))), speech(4, ms(400)));
}

#[test]
fn one_interruption_kills_once() {
    let mut sim = Sim::talking();
    sim.agent_says(3, ms(400));
    assert_eq!(sim.interrupted(3), [Output::KillAudio]);
    assert_eq!(sim.interrupted(3), [], "repeated");
    assert_eq!(sim.interrupted(2), [], "outdated");
    assert_eq!(sim.interrupted(4), [], "nothing was sent since");
    assert_eq!(sim.bridge.stats().interruptions, 2);
    assert_eq!(sim.bridge.stats().interruptions_stale, 2);
}

#[test]
fn a_repeated_interruption_spares_the_next_reply() {
    let mut sim = Sim::talking();
    sim.agent_says(3, ms(400));
    sim.interrupted(3);
    let mut out = sim.agent_says(4, ms(1_000));
    out.extend(sim.interrupted(3));
    out.extend(sim.run_for(ms(2_000)));
    assert_eq!(played(&out), speech(4, ms(1_000)));
}

#[test]
fn an_interruption_of_silence_kills_nothing() {
    let mut sim = Sim::talking();
    assert_eq!(sim.interrupted(1), []);
    sim.agent_says(2, ms(400));
    sim.run_for(ms(800));
    assert_eq!(sim.interrupted(2), [], "heard 400 ms ago");
}

#[test]
fn a_reply_that_should_just_have_ended_is_still_killed() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(400));
    sim.run_for(ms(600));
    assert_eq!(
        sim.interrupted(1),
        [Output::KillAudio],
        "the carrier may be late"
    );
}

#[test]
fn playout_starts_afresh_after_a_barge_in() {
    let mut sim = Sim::talking();
    sim.agent_says(1, ms(400));
    sim.interrupted(1);
    assert_eq!(
        sim.agent_says(2, ms(600)).len(),
        2,
        "the whole lead is free"
    );
}

#[test]
fn unnumbered_audio_after_an_interruption_is_played() {
    let mut sim = Sim::talking();
    sim.agent_says(7, ms(400));
    assert_eq!(
        sim.feed(Input::AgentInterrupted { event_id: None }),
        [Output::KillAudio]
    );
    let pcm = speech(8, ms(200));
    let out = sim.feed(Input::AgentAudio {
        event_id: None,
        audio: pcm.clone(),
    });
    assert_eq!(out, [Output::Play(pcm)]);
}

#[test]
fn a_new_conversation_counts_from_the_start() {
    let mut sim = Sim::talking();
    sim.agent_says(9, ms(400));
    sim.interrupted(9);
    assert_eq!(sim.feed(Input::AgentLost), [Output::AgentLost]);
    sim.agent_ready();
    assert_eq!(
        sim.agent_says(1, ms(200)),
        [Output::Play(speech(1, ms(200)))]
    );
    assert_eq!(sim.interrupted(1), [Output::KillAudio]);
}

#[test]
fn a_correction_replaces_the_turn_it_corrects() {
    let mut sim = Sim::talking();
    let turn = |seq, text: &str, event_id, interrupted| {
        Output::Transcript(Turn {
            seq,
            speaker: Speaker::Agent,
            text: text.into(),
            event_id: Some(event_id),
            interrupted,
        })
    };
    let said = |text: &str, event_id| Input::AgentSaid {
        text: text.into(),
        event_id: Some(event_id),
    };
    assert_eq!(
        sim.feed(said("how old are you", 3)),
        [turn(1, "how old are you", 3, false)]
    );
    let callee = Input::CalleeSaid {
        text: "wait".into(),
        event_id: Some(4),
    };
    assert!(matches!(
        &sim.feed(callee)[..],
        [Output::Transcript(Turn { seq: 2, .. })]
    ));
    assert_eq!(sim.feed(said("yes", 5)), [turn(3, "yes", 5, false)]);

    let corrected = Input::AgentCorrected {
        text: "how old".into(),
        event_id: Some(3),
    };
    assert_eq!(sim.feed(corrected), [turn(1, "how old", 3, true)]);
    let unknown = Input::AgentCorrected {
        text: "hm".into(),
        event_id: Some(8),
    };
    assert_eq!(sim.feed(unknown), [turn(4, "hm", 8, true)]);
}

#[test]
fn an_interruption_of_the_agent_before_is_none_of_its_successor() {
    let mut sim = Sim::talking();
    sim.agent_says(7, ms(200));
    sim.interrupted(7);
    sim.feed(Input::AgentLost);
    sim.agent_ready();
    let unnumbered = |audio| Input::AgentAudio {
        event_id: None,
        audio,
    };
    sim.feed(unnumbered(speech(1, ms(200))));
    sim.feed(Input::AgentInterrupted { event_id: None });
    let said = sim.agent_says(1, ms(200));
    assert_eq!(played(&said), speech(1, ms(200)), "it is new speech");
}
