//! What either side hears.

use super::*;

/// Most speech that the relay has sent before its time: its lead of 400 ms and a chunk of 200 ms.
const SENT_AHEAD_MAX: usize = 16 * 600;

#[track_caller]
fn assert_heard(heard: &[i16], said: &[i16]) {
    let same = heard.iter().zip(said).take_while(|(a, b)| a == b).count();
    let (heard, said) = (heard.len(), said.len());
    assert!(
        (same, same) == (heard, said),
        "{heard} samples were heard and {said} said, the first {same} of them alike"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn both_voices_arrive_sample_for_sample() {
    let world = World::start(short_call()).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();

    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    let agent_said = conversation.agent_pcm();
    assert!(
        agent_said.len() > 32_000,
        "the agent said {} samples",
        agent_said.len()
    );
    assert_heard(&call.heard, &agent_said);
    assert_eq!((call.kills, call.disconnects, call.streams), (0, 1, 1));

    let callee_pcm = &conversation.callee_pcm;
    assert!(!callee_pcm.is_empty() && call.uplink.starts_with(callee_pcm));
    for said in &call.said {
        assert!(
            find(callee_pcm, said).is_some(),
            "the agent missed what the callee said"
        );
    }
    let turns = record["transcript"].as_array().unwrap();
    let roles: Vec<_> = turns
        .iter()
        .map(|turn| turn["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["agent", "callee", "agent"]);
    assert_eq!(turns[1]["text"], line("callee_age_hi").text);
    world.finish().await;
}

/// The callee talks over the greeting after 800 ms, and hears the goodbye.
fn interrupted_call() -> Options {
    let barge_in = knowlarity::Step::BargeIn(Duration::from_millis(800), pcm("callee_barge_in_hi"));
    let mut script = Script::new([
        say("agent_greeting_hi"),
        listen("callee_barge_in_hi"),
        say("agent_goodbye_hi"),
        elevenlabs::Step::EndCall,
    ]);
    // So slow that speech is still on its way when it is interrupted.
    script.delivery.burst_factor = 2;
    options(script, Callee::speaking(vec![barge_in]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_who_talks_over_the_agent_silences_it_at_once() {
    let world = World::start(interrupted_call()).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();

    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    let [interruption] = conversation.interruptions[..] else {
        panic!("{:?}", conversation.interruptions)
    };
    assert_eq!(call.kills, 1);
    let greeting = line("agent_greeting_hi").pcm;
    let goodbye = line("agent_goodbye_hi").pcm;
    let cut = find(&call.heard, &goodbye).expect("the goodbye was not heard whole");
    assert!(
        greeting.starts_with(&call.heard[..cut]),
        "more than the greeting's start was heard"
    );
    assert!(cut < greeting.len(), "the greeting was heard to its end");
    assert_eq!(call.heard.len(), cut + goodbye.len());
    let stale = conversation.stale_pcm();
    assert!(!stale.is_empty() && find(&call.heard, &stale).is_none());
    let spoken = conversation.said_by(Speaker::Agent)[0];
    let turn = &record["transcript"][0];
    assert_eq!(
        (&turn["text"], &turn["interrupted"]),
        (&json!(spoken), &json!(true))
    );
    assert!(interruption.callee_samples > 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_plays_on_after_a_kill_plays_little_and_the_rest_is_heard() {
    let mut options = interrupted_call();
    options.knowlarity.kill_spares_queue = true;
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();

    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    assert_eq!(call.kills, 1);
    assert!(call.spared <= SENT_AHEAD_MAX, "{} played on", call.spared);
    let (greeting, goodbye) = (line("agent_greeting_hi").pcm, line("agent_goodbye_hi").pcm);
    let cut = find(&call.heard, &goodbye).expect("the goodbye was not heard whole");
    assert!(cut < greeting.len() && greeting.starts_with(&call.heard[..cut]));
    assert_eq!(call.heard, call.received);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_at_once_are_not_mixed() {
    let world = World::start(short_call()).await;
    let other = Script::new([
        say("agent_greeting_en"),
        listen("callee_age_en"),
        say("agent_goodbye_en"),
        elevenlabs::Step::EndCall,
    ]);
    world.agent().play([short_script(), other]);
    let (first, second) = (
        world.trigger(NUMBER).await,
        world.trigger("+911234567891").await,
    );
    let records = [world.ended(&first).await, world.ended(&second).await];

    let conversations = [
        world.agent().wait_conversation(1, WAIT).await.unwrap(),
        world.agent().wait_conversation(2, WAIT).await.unwrap(),
    ];
    for record in &records {
        assert_ended(record, "completed", "agent_ended", &["answered"]);
        let (id, attempt) = (&record["sessionId"], &record["attempts"][0]);
        let own = conversations
            .iter()
            .find(|c| c.dynamic_variables["call_id"] == *id)
            .unwrap();
        assert_eq!(attempt["conversationId"], own.conversation_id.as_str());
        let calls = world.carrier().calls();
        let call = calls
            .iter()
            .find(|call| attempt["carrierCallId"] == call.call_id.as_str());
        let call = call.unwrap();
        assert!(
            call.heard == own.agent_pcm(),
            "a callee heard another call's agent"
        );
        assert!(
            call.uplink.starts_with(&own.callee_pcm),
            "an agent heard another callee"
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_every_shape_carry_every_sample() {
    let shapes = [Framing::Coalesced, Framing::Odd, Framing::Uneven].map(|framing| async move {
        let mut options = short_call();
        options.knowlarity.framing = framing;
        options.knowlarity.repeats_metadata = true;
        let world = World::start(options).await;
        let id = world.trigger(NUMBER).await;
        let record = world.ended(&id).await;
        assert_ended(&record, "completed", "agent_ended", &["answered"]);
        let call = world.carrier().wait_call(1, WAIT).await.unwrap();
        let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();
        assert_heard(&call.heard, &conversation.agent_pcm());
        assert!(
            call.uplink.starts_with(&conversation.callee_pcm),
            "{framing:?}"
        );
        assert!(
            find(&conversation.callee_pcm, &call.said[0]).is_some(),
            "{framing:?}"
        );
        assert_eq!((call.streams, world.agent().conversations().len()), (1, 1));
        world.finish().await;
    });
    for call in shapes.map(tokio::spawn) {
        call.await.unwrap();
    }
}
